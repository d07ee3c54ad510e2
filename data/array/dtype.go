package array

import (
	"encoding/binary"
	"fmt"
	"math"
)

// DType is the type of the values of an array, as the file has it.
type DType uint8

// The types. The zero value is none of them.
const (
	Bool DType = iota + 1
	Uint8
	Int8
	Uint16
	Int16
	Uint32
	Int32
	Uint64
	Int64
	Float32
	Float64
)

// types lists name, bytes per value, the spelling in NPY headers (kind and size) and the type code of IDX, 0 for none.
var types = [...]struct {
	name string
	size int
	npy  string
	idx  byte
}{
	Bool: {"bool", 1, "b1", 0}, Uint8: {"uint8", 1, "u1", 0x08}, Int8: {"int8", 1, "i1", 0x09},
	Uint16: {"uint16", 2, "u2", 0}, Int16: {"int16", 2, "i2", 0x0b},
	Uint32: {"uint32", 4, "u4", 0}, Int32: {"int32", 4, "i4", 0x0c},
	Uint64: {"uint64", 8, "u8", 0}, Int64: {"int64", 8, "i8", 0},
	Float32: {"float32", 4, "f4", 0x0d}, Float64: {"float64", 8, "f8", 0x0e},
}

// String returns NumPy's name of the type.
func (d DType) String() string {
	if int(d) >= len(types) || d == 0 {
		return fmt.Sprintf("DType(%d)", uint8(d))
	}
	return types[d].name
}

// Size returns the bytes of one value.
func (d DType) Size() int { return types[d].size }

// Integer says whether the type holds whole numbers only.
func (d DType) Integer() bool { return d != Float32 && d != Float64 }

// decode converts len(dst) little-endian values of type d. Whole numbers beyond 2²⁴ (float32) or 2⁵³ (float64)
// round.
func decode[T float32 | float64](d DType, dst []T, src []byte) {
	src = src[:len(dst)*d.Size()]
	switch d {
	case Bool, Uint8:
		for i := range dst {
			dst[i] = T(src[i])
		}
	case Int8:
		for i := range dst {
			dst[i] = T(int8(src[i]))
		}
	case Uint16:
		for i := range dst {
			dst[i] = T(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case Int16:
		for i := range dst {
			dst[i] = T(int16(binary.LittleEndian.Uint16(src[2*i:])))
		}
	case Uint32:
		for i := range dst {
			dst[i] = T(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case Int32:
		for i := range dst {
			dst[i] = T(int32(binary.LittleEndian.Uint32(src[4*i:])))
		}
	case Uint64:
		for i := range dst {
			dst[i] = T(binary.LittleEndian.Uint64(src[8*i:]))
		}
	case Int64:
		for i := range dst {
			dst[i] = T(int64(binary.LittleEndian.Uint64(src[8*i:])))
		}
	case Float32:
		for i := range dst {
			dst[i] = T(math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:])))
		}
	case Float64:
		for i := range dst {
			dst[i] = T(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	}
}

// swapBytes turns values of size bytes from big-endian to little-endian in place.
func swapBytes(raw []byte, size int) {
	switch size {
	case 2:
		for ; len(raw) >= 2; raw = raw[2:] {
			binary.LittleEndian.PutUint16(raw, binary.BigEndian.Uint16(raw))
		}
	case 4:
		for ; len(raw) >= 4; raw = raw[4:] {
			binary.LittleEndian.PutUint32(raw, binary.BigEndian.Uint32(raw))
		}
	case 8:
		for ; len(raw) >= 8; raw = raw[8:] {
			binary.LittleEndian.PutUint64(raw, binary.BigEndian.Uint64(raw))
		}
	}
}
