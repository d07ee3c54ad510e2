package array

import (
	"fmt"
	"math"
	"strings"
)

// Array is N items of D values each in memory, in the type of the file. It is read-only and safe for concurrent use.
type Array struct {
	File   string  // as the user wrote it
	Format string  // "idx", "npy", "npz" or "csv"
	DType  DType   // of the values
	Shape  []int   // N, then the shape of an item; nothing more when items are single numbers
	Labels []int32 // (N), or nil when there are none
	// LabelNames are the texts of labels that were text, indexed by label; nil when labels are numbers.
	LabelNames []string
	// LabelFile says where the labels came from, "" when there are none.
	LabelFile string

	raw   []byte // row-major, little-endian
	width int    // D
}

// newArray wraps raw, whose length has been checked against the shape.
func newArray(file, format string, d DType, shape []int, raw []byte) *Array {
	a := &Array{File: file, Format: format, DType: d, Shape: shape, raw: raw, width: 1}
	for _, n := range shape[1:] {
		a.width *= n
	}
	return a
}

// Items returns N.
func (a *Array) Items() int64 { return int64(a.Shape[0]) }

// Item returns the shape of one item; it is empty when items are single numbers.
func (a *Array) Item() []int { return a.Shape[1:] }

// Width returns D, the values of one item.
func (a *Array) Width() int { return a.width }

// ItemBytes returns the bytes of one item.
func (a *Array) ItemBytes() int { return a.width * a.DType.Size() }

// Raw returns all values (N,D), little-endian and row-major. The slice is the array's own: read it only.
func (a *Array) Raw() []byte { return a.raw }

// String says what the array holds, such as "train-images-idx3-ubyte.gz: idx, 60000 items of 28×28 uint8".
func (a *Array) String() string {
	item := "single"
	if len(a.Shape) > 1 {
		item = ShapeText(a.Item())
	}
	return fmt.Sprintf("%s: %s, %d items of %s %v", a.File, a.Format, a.Shape[0], item, a.DType)
}

// ShapeText prints a shape as "28×28"; a single number is "1".
func ShapeText(shape []int) string {
	if len(shape) == 0 {
		return "1"
	}
	var b strings.Builder
	for i, n := range shape {
		if i > 0 {
			b.WriteString("×")
		}
		fmt.Fprint(&b, n)
	}
	return b.String()
}

// maxDims bounds the dimensions of an array; NumPy's own bound is 64.
const maxDims = 32

// checkShape returns the shape as ints and the bytes that it takes. It refuses shapes without items, with a dimension
// below zero, or whose size does not fit an int64.
func checkShape(file string, dims []int64, size int, opt *Options) ([]int, int64, error) {
	if len(dims) == 0 {
		return nil, 0, malformed(file, "shape", "save an array whose first dimension counts the items",
			"a single number, not an array of items")
	}
	if len(dims) > maxDims {
		return nil, 0, malformed(file, "shape", "", "%d dimensions, at most %d are read", len(dims), maxDims)
	}
	shape, total, empty := make([]int, len(dims)), int64(size), false
	for i, n := range dims {
		if n < 0 {
			return nil, 0, malformed(file, "shape", "", "dimension %d is %d", i+1, n)
		}
		if empty = empty || n == 0; empty {
			continue
		}
		if n > math.MaxInt64/total || n > math.MaxInt {
			return nil, 0, malformed(file, "shape", "the header is damaged", "%v has more values than memory can address", dims)
		}
		shape[i], total = int(n), total*n
	}
	if empty {
		return nil, 0, emptyShape(file, dims)
	}
	if total > opt.MaxBytes {
		return nil, 0, tooLarge(file, dims, total, opt.MaxBytes)
	}
	return shape, total, nil
}
