package graph

import (
	"fmt"

	"elbo/kernels"
)

// lowering maps the nodes of a Graph to values of a Code.
type lowering struct {
	g  *Graph
	c  *Code
	vs map[*Node]V
}

// lower writes everything the roots depend on into c, children first.
func lower(g *Graph, c *Code, roots ...*Node) (*lowering, error) {
	l := &lowering{g: g, c: c, vs: map[*Node]V{}}
	for _, n := range topological(roots...) {
		if err := l.node(n); err != nil {
			return nil, err
		}
	}
	c.SetSite("")
	return l, nil
}

// node writes one node whose children have been written.
func (l *lowering) node(n *Node) error {
	if in := l.g.Input(n); in != nil {
		l.vs[n] = l.input(in)
		return nil
	}
	op, ok := n.Op().(*Op)
	if !ok || op.g != l.g {
		return fmt.Errorf("graph: node %q (%v) was not built by this graph's functions; see FromGorgonia", n.Name(), n)
	}
	kids := children(n)
	if kernels.Info(op.kind).Arity == 0 {
		kids = nil // the step number, there for Gorgonia's sake
	}
	args := make([]V, len(kids))
	for i, k := range kids {
		args[i] = l.vs[k]
	}
	l.c.SetSite(l.g.Site(n))
	if op.kind.IsElementwise() {
		l.vs[n] = l.c.Elem(op.kind, op.imm, args...)
	} else {
		l.vs[n] = l.c.Apply(op.kind, op.attr, op.attr.Shape, args...)
	}
	return nil
}

// input declares the slot of a leaf, or makes its constant.
func (l *lowering) input(in *Input) V {
	c := l.c
	switch in.Kind {
	case InputConst:
		if len(in.Shape) == 0 {
			return c.Const(in.Init[0])
		}
		return c.ConstTensor(in.Init, in.Shape...)
	case InputStep:
		return c.StepV()
	case InputParam, InputState:
		return c.declare(kernels.SlotState, in.DType, in.Name, in.Init, in.Shape)
	case InputResident:
		return c.declare(kernels.SlotData, in.DType, in.Name, nil, in.Shape)
	}
	return c.declare(kernels.SlotInput, in.DType, in.Name, nil, in.Shape)
}

// params returns the parameters the loss depends on, in order of declaration.
func (l *lowering) params(loss *Node) []*Node {
	seen := map[*Node]bool{}
	for _, n := range topological(loss) {
		seen[n] = true
	}
	var out []*Node
	for _, n := range l.g.Inputs() {
		if seen[n] && l.g.Input(n).Kind == InputParam {
			out = append(out, n)
		}
	}
	return out
}
