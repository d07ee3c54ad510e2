package kernels

import (
	"encoding/binary"
	"math"
)

// PutFloats encodes src as little-endian elements of dt into dst and returns the bytes written.
// F32 and BF16 round to nearest even, I32 and U8 toward zero.
func PutFloats[T float32 | float64](dst []byte, src []T, dt DType) int {
	for i, x := range src {
		switch dt {
		case F32:
			binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(float32(x)))
		case F64:
			binary.LittleEndian.PutUint64(dst[8*i:], math.Float64bits(float64(x)))
		case I32:
			binary.LittleEndian.PutUint32(dst[4*i:], uint32(int32(x)))
		case U8:
			dst[i] = uint8(int32(x))
		case BF16:
			binary.LittleEndian.PutUint16(dst[2*i:], BFloat16(float64(x)))
		}
	}
	return len(src) * dt.Size()
}

// GetFloats decodes little-endian elements of dt from src into dst.
func GetFloats[T float32 | float64](dst []T, src []byte, dt DType) {
	for i := range dst {
		switch dt {
		case F32:
			dst[i] = T(math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:])))
		case F64:
			dst[i] = T(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		case I32:
			dst[i] = T(int32(binary.LittleEndian.Uint32(src[4*i:])))
		case U8:
			dst[i] = T(src[i])
		case BF16:
			dst[i] = T(BFloat16Value(binary.LittleEndian.Uint16(src[2*i:])))
		}
	}
}
