package array

import (
	"encoding/binary"
	"fmt"
)

// idxType returns the type of an IDX type code, 0 for an unknown one.
func idxType(code byte) DType {
	for d := range types {
		if types[d].idx == code && code != 0 {
			return DType(d)
		}
	}
	return 0
}

// readIDX reads the format of LeCun's MNIST page: two zero bytes, a type code, the number of dimensions, the dimensions
// as big-endian uint32, then the values, big-endian and row-major.
func readIDX(s *stream, opt *Options) (*Array, error) {
	var magic [4]byte
	if err := s.full(magic[:], "magic number"); err != nil {
		return nil, err
	}
	if magic[0] != 0 || magic[1] != 0 {
		return nil, malformed(s.name, "magic number", "is this an IDX file?", "% x, an IDX file begins with 00 00", magic[:])
	}
	d := idxType(magic[2])
	if d == 0 {
		return nil, malformed(s.name, "type code", "known: 08 uint8, 09 int8, 0b int16, 0c int32, 0d float32, 0e float64",
			"unknown code %02x", magic[2])
	}
	if magic[3] == 0 || magic[3] > maxDims {
		return nil, malformed(s.name, "dimensions", "", "%d of them, 1 to %d are read", magic[3], maxDims)
	}
	dims := make([]int64, magic[3])
	for i := range dims {
		var word [4]byte
		if err := s.full(word[:], fmt.Sprintf("dimension %d", i+1)); err != nil {
			return nil, err
		}
		dims[i] = int64(binary.BigEndian.Uint32(word[:]))
	}
	shape, bytes, err := checkShape(s.name, dims, d.Size(), opt)
	if err != nil {
		return nil, err
	}
	raw, err := s.body(bytes)
	if err != nil {
		return nil, err
	}
	swapBytes(raw, d.Size())
	return newArray(s.name, formatIDX, d, shape, raw), nil
}
