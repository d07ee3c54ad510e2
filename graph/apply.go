package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"elbo/kernels"
)

// Shape returns the shape of n; it must not be changed.
func (g *Graph) Shape(n *Node) kernels.Shape {
	if op, ok := n.Op().(*Op); ok {
		return op.out.shape
	}
	if in := g.inputs[n]; in != nil {
		return in.Shape
	}
	return kernels.Shape(n.Shape())
}

// DTypeOf returns the element type of n.
func (g *Graph) DTypeOf(n *Node) kernels.DType {
	if op, ok := n.Op().(*Op); ok {
		return op.out.dt
	}
	if in := g.inputs[n]; in != nil {
		return in.DType
	}
	switch n.Dtype() {
	case gorgonia.Float32:
		return kernels.F32
	case gorgonia.Float64:
		return kernels.F64
	}
	return kernels.I32
}

// Elem applies an elementwise op to float operands that broadcast.
func (g *Graph) Elem(op kernels.Op, imm [2]float64, args ...*Node) *Node {
	if !op.IsElementwise() {
		fail(op.String(), nil, "not an elementwise op")
	}
	return g.apply(op, imm, kernels.Attr{}, args)
}

// Apply applies a structural op. Where shape is not nil it becomes attr.Shape. The ops that
// take no operands (Iota, RandUniform, RandNormal, BatchIndex) become nodes with the step
// number as their one child, because Gorgonia mistreats nodes without children.
func (g *Graph) Apply(op kernels.Op, attr kernels.Attr, shape kernels.Shape, args ...*Node) *Node {
	switch {
	case op == kernels.Step:
		return g.Step()
	case op.IsElementwise() || op == kernels.OpFused || op == kernels.Assign:
		fail(op.String(), nil, "not an op for Apply")
	}
	if shape != nil {
		attr.Shape = shape.Clone()
	}
	return g.apply(op, [2]float64{}, attr, args)
}

func (g *Graph) apply(kind kernels.Op, imm [2]float64, attr kernels.Attr, args []*Node) *Node {
	op := &Op{g: g, kind: kind, imm: imm, attr: attr, in: make([]valueType, len(args))}
	shapes := make([]kernels.Shape, len(args))
	for i, a := range args {
		if a == nil {
			fail(kind.String(), shapes[:i], "operand %d is nil", i)
		}
		shapes[i] = g.Shape(a)
		op.in[i] = valueType{g.DTypeOf(a), shapes[i]}
	}

	// Result type, refused where the table's rules refuse it.
	out, err := kernels.InferShape(kind, attr, shapes)
	if err != nil {
		fail(kind.String(), shapes, "%w", err)
	}
	for _, d := range out {
		if d < 1 {
			fail(kind.String(), shapes, "the result %v is empty", out)
		}
	}
	dt, err := resultType(kind, g.dt, op.in)
	if err != nil {
		fail(kind.String(), shapes, "%w", err)
	}
	op.out = valueType{dt, out}

	if len(args) == 0 {
		args = []*Node{g.Step()}
		op.in = []valueType{{g.dt, nil}}
	}
	return g.node(op, args, shapes)
}

// node adds the op's node to the Gorgonia graph and makes sure it is a new one.
func (g *Graph) node(op *Op, args []*Node, shapes []kernels.Shape) (n *Node) {
	if g.serial++; g.serial > MaxNodes {
		fail(op.kind.String(), shapes, "the graph has more than %d nodes; use batched ops instead of loops", MaxNodes)
	}
	op.serial = g.serial

	// Whatever Gorgonia panics with is a misuse of this op.
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *BuildError:
			panic(r)
		default:
			fail(op.kind.String(), shapes, "gorgonia panicked: %v", r)
		}
	}()
	n, err := gorgonia.ApplyOp(op, args...)
	if err != nil {
		fail(op.kind.String(), shapes, "gorgonia refused the op: %w", err)
	}
	kids := children(n)
	if n.Op() != gorgonia.Op(op) || len(kids) != len(args) {
		fail(op.kind.String(), shapes, "gorgonia merged the node with another")
	}
	for i, k := range kids {
		if k != args[i] {
			fail(op.kind.String(), shapes, "gorgonia replaced operand %d", i)
		}
	}
	return n
}

// resultType returns the element type of an op's result: ops that only move elements keep
// their operand's, conversions change it, all others work on floats.
func resultType(kind kernels.Op, float kernels.DType, in []valueType) (kernels.DType, error) {
	switch kind {
	case kernels.Copy, kernels.View, kernels.Transpose, kernels.Slice, kernels.Pad, kernels.Concat:
		if in[0].dt.Stored() && kind != kernels.View {
			return 0, fmt.Errorf("%v values of shape %v; they are gathered and reshaped only (see ToFloat)",
				in[0].dt, in[0].shape)
		}
		for i := range in {
			if in[i].dt != in[0].dt {
				return 0, fmt.Errorf("operand %d is %v, operand 0 %v", i, in[i].dt, in[0].dt)
			}
		}
		return in[0].dt, nil
	case kernels.Gather:
		return in[0].dt, wantTypes(in[1:], kernels.I32)
	case kernels.ScatterAdd:
		if err := wantTypes(in[1:], float); err != nil {
			return 0, err
		}
		return float, wantTypes(in[:1], kernels.I32)
	case kernels.ToFloat:
		if in[0].dt.Stored() {
			return float, nil
		}
		return float, wantTypes(in, kernels.I32)
	case kernels.UniformRows:
		return float, wantTypes(in, kernels.I32)
	case kernels.ToInt:
		return kernels.I32, wantTypes(in, float)
	case kernels.BatchIndex:
		return kernels.I32, nil
	}
	return float, wantTypes(in, float)
}

func wantTypes(in []valueType, want kernels.DType) error {
	for _, t := range in {
		if t.dt != want {
			return fmt.Errorf("an operand of type %v and shape %v; %v wanted (see ToFloat and ToInt)", t.dt, t.shape, want)
		}
	}
	return nil
}
