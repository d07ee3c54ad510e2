package nn

import (
	"slices"

	"elbo/graph"
)

// Flatten makes a vector of each item, in row-major order.
type Flatten struct{}

// Out returns the one extent.
func (Flatten) Out(in []int) ([]int, error) { return []int{graph.Shape(in).Size()}, nil }

// Apply reshapes.
func (l Flatten) Apply(_ *Context, name string, x *graph.Node) *graph.Node {
	batch, _, out := enter(l, name, x)
	return graph.Reshape(x, batch, out[0])
}

// Reshape reads each item, in row-major order, as one of another shape.
type Reshape struct {
	Shape []int // without the batch axis
}

// Out returns the shape, if items have as many elements.
func (l Reshape) Out(in []int) ([]int, error) {
	for _, d := range l.Shape {
		if d < 1 {
			return nil, shapeError("reshape", in, "extents of %v must be positive", l.Shape)
		}
	}
	if have, want := graph.Shape(in).Size(), graph.Shape(l.Shape).Size(); have != want {
		return nil, shapeError("reshape", in, "they have %d elements, shape %v has %d", have, graph.Shape(l.Shape), want)
	}
	return slices.Clone(l.Shape), nil
}

// Apply reshapes.
func (l Reshape) Apply(_ *Context, name string, x *graph.Node) *graph.Node {
	batch, _, out := enter(l, name, x)
	return graph.Reshape(x, append([]int{batch}, out...)...)
}
