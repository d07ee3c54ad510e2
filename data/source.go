package data

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// source is an input that can be read from its start any number of times. Standard input is copied to an unlinked
// temporary file first: a late change of a column's type needs a second reading, and memory stays bounded.
type source struct {
	name string   // as the user wrote it
	file *os.File // the bytes as stored
	size int64    // of file, in bytes
	gzip bool     // the stored bytes are a gzip stream
}

// openSource opens path, or spools standard input when path is "-".
func openSource(path string) (*source, error) {
	if path == "-" {
		return spool(os.Stdin, "<stdin>")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, noInput(path, err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, noInput(path, err)
	}
	if info.IsDir() {
		f.Close()
		return nil, &Error{File: path, Msg: "is a directory", Hint: "name a file", Err: ErrNoInput}
	}
	if !info.Mode().IsRegular() { // a pipe, as in <(zcat x.gz)
		defer f.Close()
		return spool(f, path)
	}
	return newSource(path, f, info.Size())
}

func noInput(path string, err error) error {
	msg, hint := "cannot open", "check the path and its permissions"
	if errors.Is(err, fs.ErrNotExist) {
		msg = "no such file"
		if dir := filepath.Dir(path); dir != "." {
			hint = "looked in " + dir
		}
	}
	return &Error{File: path, Msg: msg, Hint: hint, Err: fmt.Errorf("%w: %w", ErrNoInput, err)}
}

// spool copies r to a temporary file that disappears with its handle.
func spool(r io.Reader, name string) (*source, error) {
	f, err := os.CreateTemp("", "elbo-stdin-*")
	if err != nil {
		return nil, fmt.Errorf("data: %s: create temporary file (set TMPDIR): %w", name, err)
	}
	os.Remove(f.Name()) // best effort: on systems that refuse, the file stays in the temporary folder
	n, err := io.Copy(f, r)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("data: %s: copy to temporary file (set TMPDIR): %w", name, err)
	}
	return newSource(name, f, n)
}

func newSource(name string, f *os.File, size int64) (*source, error) {
	s := &source{name: name, file: f, size: size}
	var magic [2]byte
	if n, _ := f.ReadAt(magic[:], 0); n == 2 && magic == [2]byte{0x1f, 0x8b} {
		s.gzip = true
	}
	return s, nil
}

// reader starts reading the text from its beginning, decompressed.
func (s *source) reader() (io.ReadCloser, error) {
	section := io.NewSectionReader(s.file, 0, s.size)
	if !s.gzip {
		return io.NopCloser(section), nil
	}
	return newGunzip(section)
}

// bufferBytes returns the size of a buffer that holds most bytes, or the whole text and a little more if that is less.
func (s *source) bufferBytes(most int) int {
	if s.gzip || s.size > int64(most-64) {
		return most
	}
	return int(s.size) + 64
}

// head returns up to n bytes of the decompressed text.
func (s *source) head(n int) ([]byte, error) {
	r, err := s.reader()
	if err != nil {
		return nil, s.readError(err, 0)
	}
	defer r.Close()
	buf := make([]byte, n)
	got, err := io.ReadFull(bufio.NewReaderSize(r, 1<<12), buf)
	if err != nil && err != io.EOF && (got == 0 || !errors.Is(err, io.ErrUnexpectedEOF)) {
		return nil, s.readError(err, 0)
	}
	return buf[:got], nil
}

// readError classifies a failure of the reader; line is the last line that was read whole.
func (s *source) readError(err error, line int64) error {
	if !s.gzip || errors.As(err, new(*fs.PathError)) {
		return fmt.Errorf("data: read %s: %w", s.name, err)
	}
	msg := "gzip stream is damaged"
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		msg = "gzip stream ends early"
	}
	return &Error{File: s.name, Line: line, Msg: msg, Hint: "test it with gzip -t; fetch the file again",
		Err: fmt.Errorf("%w: %w", ErrFormat, err)}
}

// baseExt returns the lower-case extension of the name without a trailing .gz.
func (s *source) baseExt() string {
	return filepath.Ext(strings.TrimSuffix(strings.ToLower(s.name), ".gz"))
}

func (s *source) close() error { return s.file.Close() }
