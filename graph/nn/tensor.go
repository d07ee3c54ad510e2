package nn

import (
	"fmt"

	"elbo/graph"
)

// Tensor is a named tensor's content as files hold it. Data are the elements in row-major
// order, whatever DType is, so that they come from and go to programs without conversion;
// files are encoded and decoded in pieces and add no second copy.
type Tensor struct {
	Shape []int // empty for a scalar; extents are positive
	DType graph.DType
	Data  []float64
}

// check says what is wrong with the tensor's shape, type or number of elements.
func (t *Tensor) check() error {
	if t.DType != graph.F32 && t.DType != graph.F64 {
		return fmt.Errorf("its type is %v; F32 and F64 are supported", t.DType)
	}
	for _, d := range t.Shape {
		if d < 1 {
			return fmt.Errorf("its shape %v has an extent below 1", t.Shape)
		}
	}
	if n := graph.Shape(t.Shape).Size(); n != len(t.Data) {
		return fmt.Errorf("it has %d elements, shape %v wants %d", len(t.Data), t.Shape, n)
	}
	return nil
}

// FileError says that a tensor file cannot be used.
type FileError struct {
	Path   string
	Field  string // the tensor or the part of the file that is wrong, such as "header"
	Reason string
}

// Error names the file, the field and the reason.
func (e *FileError) Error() string {
	return fmt.Sprintf("nn: tensor file %s: %s: %s", e.Path, e.Field, e.Reason)
}
