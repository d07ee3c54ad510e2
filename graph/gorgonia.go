package graph

import (
	"fmt"
	"reflect"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"elbo/kernels"
)

// ForeignOpError says that a plain Gorgonia graph holds an op that cannot be compiled.
type ForeignOpError struct {
	Type   string // Go type of the op, e.g. "gorgonia.maxPoolOp"
	Node   string // name of the node
	Reason string
}

// Error names type, node and reason.
func (e *ForeignOpError) Error() string {
	return fmt.Sprintf("gorgonia op %s at node %q: %s", e.Type, e.Node, e.Reason)
}

// FromGorgonia compiles a plain graph of Gorgonia's own ops. Its inputs named in wrt become
// parameters that start at the values bound to them (zeros where none is), inputs assigned in
// s become states, all others data of the same name; unnamed or doubly named inputs are
// refused. Nodes in s.Outputs and s.Assign belong to the foreign graph; s.Loss and s.Wrt are
// taken from cost and wrt. An op without counterpart is refused with *ForeignOpError.
//
// The cost is differentiated by this package's rules, which are right where Gorgonia v0.9.18
// is not (OuterProd, Log2, InverseSqrt). Nodes Gorgonia has merged by mistake stay merged.
func FromGorgonia(cost *Node, wrt []*Node, s Spec) (*Program, error) {
	roots := append([]*Node{cost}, wrt...)
	states := map[*Node]bool{}
	for _, o := range s.Outputs {
		roots = append(roots, o.Node)
	}
	for _, a := range s.Assign {
		roots = append(roots, a.State, a.Value)
		states[a.State] = true
	}
	g, to, err := translate(roots, wrt, states)
	if err != nil {
		return nil, fmt.Errorf("graph: compile %q from gorgonia: %w", s.Name, err)
	}

	// The spec over the translated nodes.
	s.Loss, s.Wrt = to[cost], make([]*Node, len(wrt))
	for i, w := range wrt {
		s.Wrt[i] = to[w]
	}
	s.Outputs = append([]Output(nil), s.Outputs...)
	for i := range s.Outputs {
		s.Outputs[i].Node = to[s.Outputs[i].Node]
	}
	s.Assign = append([]Assign(nil), s.Assign...)
	for i, a := range s.Assign {
		s.Assign[i] = Assign{State: to[a.State], Value: to[a.Value]}
	}
	return Compile(g, s)
}

// translate rebuilds a foreign graph with our ops and returns the counterpart of each node.
func translate(roots, params []*Node, states map[*Node]bool) (*Graph, map[*Node]*Node, error) {
	if roots[0] == nil {
		return nil, nil, fmt.Errorf("no cost given")
	}
	dt, ok := floatType(roots[0].Dtype())
	if !ok {
		return nil, nil, fmt.Errorf("cost of type %v; float32 or float64 wanted", roots[0].Dtype())
	}
	t := &translation{to: map[*Node]*Node{}, kinds: map[*Node]InputKind{}}
	for s := range states {
		t.kinds[s] = InputState
	}
	for _, p := range params {
		t.kinds[p] = InputParam
	}
	g, err := Build(dt, func(g *Graph) {
		t.g = g
		for _, n := range topological(roots...) {
			t.to[n] = t.node(n)
		}
	})
	return g, t.to, err
}

func floatType(dt tensor.Dtype) (kernels.DType, bool) {
	switch dt {
	case gorgonia.Float32:
		return kernels.F32, true
	case gorgonia.Float64:
		return kernels.F64, true
	}
	return kernels.I32, false
}

// translation maps the nodes of a foreign graph to ours.
type translation struct {
	g     *Graph
	to    map[*Node]*Node
	kinds map[*Node]InputKind
	draws int
}

// foreign is a foreign op node at work, its operands translated.
type foreign struct {
	t     *translation
	n     *Node
	in    []*Node
	shape kernels.Shape // of the result
}

func (t *translation) node(n *Node) *Node {
	if n.Op() == nil {
		return t.input(n)
	}
	f := &foreign{t: t, n: n, shape: kernels.Shape(n.Shape())}
	typ := reflect.TypeOf(n.Op())
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	tr := foreignOps[typ.Name()]
	if typ.PkgPath() != reflect.TypeFor[gorgonia.Node]().PkgPath() || tr == nil {
		f.refuse("no counterpart")
	}
	for _, k := range children(n) {
		f.in = append(f.in, t.to[k])
	}
	return f.reshaped(tr(f))
}

// input translates a leaf; its name is the slot's name.
func (t *translation) input(n *Node) *Node {
	g, shape := t.g, kernels.Shape(n.Shape())
	dt, isFloat := floatType(n.Dtype())
	if isFloat && dt != g.dt {
		fail("FromGorgonia", []kernels.Shape{shape}, "input %q is %v in a graph of %v; one float type is allowed",
			n.Name(), dt, g.dt)
	}
	kind, named := t.kinds[n]
	switch {
	case named && !isFloat:
		fail("FromGorgonia", []kernels.Shape{shape}, "parameter or state %q is %v, not a float", n.Name(), n.Dtype())
	case named:
		var init []float64
		if v := n.Value(); v != nil {
			init = valueOrFail(n, v)
		}
		if kind == InputParam {
			return g.Param(n.Name(), init, shape...)
		}
		return g.State(n.Name(), init, shape...)
	case isFloat:
		return g.Data(n.Name(), shape...)
	}
	return g.DataInt(n.Name(), shape...)
}

func valueOrFail(n *Node, v gorgonia.Value) []float64 {
	x, err := fromValue(v)
	if err != nil {
		fail("FromGorgonia", nil, "value of node %q: %w", n.Name(), err)
	}
	return x
}

// refuse stops the translation.
func (f *foreign) refuse(format string, args ...any) {
	err := &ForeignOpError{Type: fmt.Sprintf("%T", f.n.Op()), Node: f.n.Name(), Reason: fmt.Sprintf(format, args...)}
	fail("FromGorgonia", nil, "%w", err)
}

// reshaped gives x the shape of the foreign result, which may lack or have axes of extent 1.
func (f *foreign) reshaped(x *Node) *Node {
	if ShapeOf(x).Size() != f.shape.Size() {
		f.refuse("counterpart has shape %v, the node %v", ShapeOf(x), f.shape)
	}
	return Reshape(x, f.shape...)
}

// field reads a field of the op, exported or not.
func (f *foreign) field(name string) reflect.Value {
	v := reflect.ValueOf(f.n.Op())
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v = v.FieldByName(name); !v.IsValid() {
		f.refuse("it has no field %q: gorgonia is not v0.9.18", name)
	}
	return v
}

func (f *foreign) int(name string) int { return int(f.field(name).Int()) }

// ints reads a field that is a slice of int.
func (f *foreign) ints(name string) []int {
	v := f.field(name)
	out := make([]int, v.Len())
	for i := range out {
		out[i] = int(v.Index(i).Int())
	}
	return out
}
