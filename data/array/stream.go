package array

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"

	"elbo/data"
)

// stream is the content of a file or of a member of an archive, read once from its beginning.
type stream struct {
	name string // for messages
	r    io.Reader
	read int64                  // bytes so far
	size int64                  // bytes in all; -1 when compression hides it
	most int64                  // bound of size
	sure func(total int64) bool // whether something besides the header confirms the size; may be nil
	file *os.File               // to close; nil for members
}

// deflateRatio bounds by how much inflating grows data: a match of 258 bytes takes at least two bits.
const deflateRatio = 1032

// inflatedAtMost bounds the inflated size of stored compressed bytes.
func inflatedAtMost(stored int64) int64 {
	if stored > (math.MaxInt64-1024)/deflateRatio {
		return math.MaxInt64
	}
	return stored*deflateRatio + 1024
}

// openRegular opens a regular file.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, noInput(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, located(data.ErrNoInput, path, "", "name a file; save what comes from a pipe to one",
			"is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, noInput(path, err)
	}
	return f, info.Size(), nil
}

// openStream opens a file, inflating it when it is a gzip stream.
func openStream(path string) (*stream, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	s := &stream{name: path, r: f, size: size, most: size, file: f}
	var magic [2]byte
	if n, _ := f.ReadAt(magic[:], 0); n < 2 || magic != [2]byte{0x1f, 0x8b} {
		return s, nil
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<16))
	if err != nil {
		f.Close()
		return nil, readFault(path, "gzip header", err)
	}
	s.r, s.size, s.most = z, -1, inflatedAtMost(size)
	// The trailer holds the inflated size of the last part mod 2³²; where it confirms the header, memory is taken once.
	var trailer [4]byte
	if n, _ := f.ReadAt(trailer[:], size-4); n == 4 {
		s.sure = func(total int64) bool { return uint32(total) == binary.LittleEndian.Uint32(trailer[:]) }
	}
	return s, nil
}

func (s *stream) close() {
	if s.file != nil {
		s.file.Close()
	}
}

// full reads exactly len(p) bytes of the header.
func (s *stream) full(p []byte, field string) error {
	n, err := io.ReadFull(s.r, p)
	s.read += int64(n)
	if err != nil {
		return readFault(s.name, field, err)
	}
	return nil
}

// body reads the rest of the stream, which must be want bytes. What the stream can hold is compared with want before
// memory is taken.
func (s *stream) body(want int64) ([]byte, error) {
	total := s.read + want
	if total > s.most {
		return nil, malformed(s.name, "data", "the file was cut short, or its header is damaged",
			"the header promises %d bytes, the file has at most %d", want, max(0, s.most-s.read))
	}
	if s.size > total {
		return nil, malformed(s.name, "data", "the header is damaged, or something was appended",
			"%d bytes follow the %d that the header promises", s.size-total, want)
	}
	buf, err := s.fill(want)
	if err != nil {
		return nil, err
	}
	return buf, s.end()
}

// fill reads want bytes, into memory that grows with what arrives unless the size is sure.
func (s *stream) fill(want int64) ([]byte, error) {
	first := want
	if s.size < 0 && (s.sure == nil || !s.sure(s.read+want)) {
		first = min(want, 1<<20)
	}
	buf := make([]byte, first)
	for n := int64(0); ; {
		got, err := io.ReadFull(s.r, buf[n:])
		s.read += int64(got)
		if n += int64(got); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil, malformed(s.name, "data", "fetch the file again",
					"the file ends early: the header promises %d bytes, there are %d", want, n)
			}
			return nil, readFault(s.name, "data", err)
		}
		if n == want {
			return buf, nil
		}
		buf = append(buf, make([]byte, min(n, want-n))...)
	}
}

// end makes sure that nothing follows, which also makes decompressors compare their checksums.
func (s *stream) end() error {
	var more [1]byte
	for {
		n, err := s.r.Read(more[:])
		switch {
		case n > 0:
			return malformed(s.name, "data", "the header is damaged, or something was appended",
				"bytes follow those that the header promises")
		case err == io.EOF:
			return nil
		case err != nil:
			return readFault(s.name, "data", err)
		}
	}
}
