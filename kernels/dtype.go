package kernels

import "fmt"

// DType is the element type of a value.
type DType uint8

// The element types. I32 is for indices only; U8 and BF16 (bfloat16, the upper half of a float32)
// are for data stored small, that is gathered and converted. A program has one float type.
const (
	F32 DType = iota
	F64
	I32
	U8
	BF16
)

// Size returns the bytes of one element.
func (d DType) Size() int {
	switch d {
	case F64:
		return 8
	case U8:
		return 1
	case BF16:
		return 2
	}
	return 4
}

// String returns "float32", "float64", "int32", "uint8" or "bfloat16".
func (d DType) String() string {
	switch d {
	case F32:
		return "float32"
	case F64:
		return "float64"
	case I32:
		return "int32"
	case U8:
		return "uint8"
	case BF16:
		return "bfloat16"
	}
	return fmt.Sprintf("DType(%d)", uint8(d))
}

// Stored reports whether values of the type can only be stored: they are gathered, viewed and
// converted to the program's float type, and take part in no arithmetic.
func (d DType) Stored() bool { return d == U8 || d == BF16 }

// Shape lists the extents of a dense row-major tensor; a nil or empty Shape is a scalar.
type Shape []int

// Size returns the number of elements, 1 for a scalar.
func (s Shape) Size() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Equal reports whether both shapes have the same rank and extents.
func (s Shape) Equal(t Shape) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range s {
		if s[i] != t[i] {
			return false
		}
	}
	return true
}

// Clone returns a copy that shares nothing with s.
func (s Shape) Clone() Shape { return append(Shape(nil), s...) }

// String prints the shape as (2, 3), a scalar as ().
func (s Shape) String() string {
	b := []byte{'('}
	for i, d := range s {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = fmt.Appendf(b, "%d", d)
	}
	return string(append(b, ')'))
}

// Broadcast returns the shape two operands broadcast to under NumPy's rules: shapes are
// aligned at their last axis and each pair of extents must be equal or contain a 1.
func Broadcast(a, b Shape) (Shape, error) {
	n := max(len(a), len(b))
	out := make(Shape, n)
	for i := 1; i <= n; i++ {
		da, db := 1, 1
		if i <= len(a) {
			da = a[len(a)-i]
		}
		if i <= len(b) {
			db = b[len(b)-i]
		}
		switch {
		case da == db || db == 1:
			out[n-i] = da
		case da == 1:
			out[n-i] = db
		default:
			return nil, fmt.Errorf("kernels: shapes %v and %v do not broadcast", a, b)
		}
	}
	return out, nil
}
