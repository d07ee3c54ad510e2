package array

import (
	"encoding/binary"
)

const (
	npyMagic = "\x93NUMPY"
	// npyHeaderBytes bounds the text of a header. NumPy itself refuses more than 10,000 bytes.
	npyHeaderBytes = 1 << 16
)

// readNPY reads versions 1 to 3 of NumPy's format: magic, version, length and text of the header, values.
func readNPY(s *stream, format string, opt *Options) (*Array, error) {
	head, err := readNPYHeader(s)
	if err != nil {
		return nil, err
	}
	shape, bytes, err := checkShape(s.name, head.shape, head.dtype.Size(), opt)
	if err != nil {
		return nil, err
	}
	raw, err := s.body(bytes)
	if err != nil {
		return nil, err
	}
	if head.bigEndian {
		swapBytes(raw, head.dtype.Size())
	}
	if head.fortran {
		raw = rowMajor(raw, shape, head.dtype.Size())
	}
	return newArray(s.name, format, head.dtype, shape, raw), nil
}

// readNPYHeader reads all that comes before the values.
func readNPYHeader(s *stream) (*npyHeader, error) {
	var start [8]byte
	if err := s.full(start[:], "magic number"); err != nil {
		return nil, err
	}
	if string(start[:6]) != npyMagic {
		return nil, malformed(s.name, "magic number", "is this an NPY file?", "%q, an NPY file begins with %q", start[:6],
			npyMagic)
	}
	if start[6] < 1 || start[6] > 3 {
		return nil, malformed(s.name, "version", "save it with numpy.save", "%d.%d, versions 1 to 3 are read", start[6],
			start[7])
	}
	length := make([]byte, 4)
	if start[6] == 1 {
		length = length[:2]
	}
	if err := s.full(length, "header length"); err != nil {
		return nil, err
	}
	n := uint32(binary.LittleEndian.Uint16(length))
	if len(length) == 4 {
		n = binary.LittleEndian.Uint32(length)
	}
	if n > npyHeaderBytes || int64(n) > s.most-s.read {
		return nil, malformed(s.name, "header length", "the header is damaged", "%d bytes, at most %d are expected", n,
			min(npyHeaderBytes, max(0, s.most-s.read)))
	}
	text := make([]byte, n)
	if err := s.full(text, "header"); err != nil {
		return nil, err
	}
	head, fault := parseNPYHeader(string(text))
	if fault != nil {
		return nil, malformed(s.name, fault.field, fault.hint, "%s", fault.msg)
	}
	return head, nil
}

// rowMajor reorders values stored with the first index running fastest (Fortran order). It needs the memory twice.
func rowMajor(raw []byte, shape []int, size int) []byte {
	strides, step := make([]int, len(shape)), size
	for i, n := range shape {
		strides[i], step = step, step*n
	}
	out, index, from := make([]byte, len(raw)), make([]int, len(shape)), 0
	for to := 0; to < len(out); to += size {
		copy(out[to:to+size], raw[from:from+size])
		for i := len(shape) - 1; i >= 0; i-- {
			from += strides[i]
			if index[i]++; index[i] < shape[i] {
				break
			}
			from, index[i] = from-strides[i]*shape[i], 0
		}
	}
	return out
}
