package nn

import (
	"errors"
	"fmt"
	"strconv"

	"elbo/graph"
)

// Layer is a function with parameters from items of one shape to items of another.
type Layer interface {
	// Out returns the shape of the items the layer makes of items of shape in, both without
	// the batch axis, or a *ShapeError.
	Out(in []int) ([]int, error)
	// Apply adds the layer to the graph: x (B, in...) → (B, out...). Its parameters are named
	// name/weight, name/bias and so on. Items the layer does not take panic with a
	// *graph.BuildError whose cause is a *ShapeError.
	Apply(c *Context, name string, x *graph.Node) *graph.Node
}

// ShapeError says that a layer does not take items of a shape, or cannot be made as described.
type ShapeError struct {
	Layer  string // kind of the layer, e.g. "conv2d"
	Path   string // its place in nested stacks, e.g. "2" or "1/0"; empty outside a Stack
	In     []int  // shape of the items it was given
	Reason string
}

// Error names the layer, its place, the shape and the reason.
func (e *ShapeError) Error() string {
	at := ""
	if e.Path != "" {
		at = " " + e.Path
	}
	return fmt.Sprintf("nn: layer%s (%s) given items of shape %v: %s", at, e.Layer, graph.Shape(e.In), e.Reason)
}

func shapeError(layer string, in []int, format string, args ...any) error {
	return &ShapeError{Layer: layer, In: in, Reason: fmt.Sprintf(format, args...)}
}

// enter checks x against the layer and returns the batch size, and the shapes of the items in
// and out.
func enter(l Layer, name string, x *graph.Node) (batch int, in, out []int) {
	s := graph.ShapeOf(x)
	if len(s) == 0 {
		graph.Fail("nn.Apply", []*graph.Node{x}, "layer %q: a batch axis is wanted, got a scalar", name)
	}
	out, err := l.Out(s[1:])
	if err != nil {
		graph.Fail("nn.Apply", []*graph.Node{x}, "layer %q: %w", name, err)
	}
	return s[0], s[1:], out
}

// Stack applies its layers one after another; layer i is named name/i. An empty Stack is the
// identity.
type Stack []Layer

// Out chains the layers' shapes; a *ShapeError says in Path which layer did not fit.
func (s Stack) Out(in []int) ([]int, error) {
	for i, l := range s {
		out, err := l.Out(in)
		var e *ShapeError
		if errors.As(err, &e) {
			path := strconv.Itoa(i)
			if e.Path != "" {
				path += "/" + e.Path
			}
			return nil, &ShapeError{Layer: e.Layer, Path: path, In: e.In, Reason: e.Reason}
		}
		if err != nil {
			return nil, fmt.Errorf("nn: layer %d: %w", i, err)
		}
		in = out
	}
	return in, nil
}

// Apply chains the layers' nodes.
func (s Stack) Apply(c *Context, name string, x *graph.Node) *graph.Node {
	enter(s, name, x)
	for i, l := range s {
		x = l.Apply(c, fmt.Sprintf("%s/%d", name, i), x)
	}
	return x
}

// MLP returns a linear layer and an activation per width; no widths are the identity. The
// layers are named 0 (linear), 1 (activation), 2 (linear), and so on.
func MLP(widths []int, activation string) Stack {
	s := make(Stack, 0, 2*len(widths))
	for _, w := range widths {
		s = append(s, Linear{Units: w, Init: DefaultInit(activation)}, Activation{Name: activation})
	}
	return s
}
