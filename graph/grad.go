package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"elbo/kernels"
)

// Grad returns the derivatives of Σ cost with respect to the nodes wrt, as new nodes of their
// shapes. They are ordinary nodes: a loss may contain them and they may be differentiated
// again. A wrt that cost does not depend on gets zeros. wrt may be any float nodes, inputs or
// not; one that depends on another is not held fixed.
func Grad(cost *Node, wrt ...*Node) []*Node {
	b := builderOf(cost)
	for _, w := range append([]*Node{cost}, wrt...) {
		if w == nil || GraphOf(w) != b.Graph {
			fail("Grad", nil, "cost and wrt must be nodes of one graph")
		}
		if b.DType(w) != b.dt {
			fail("Grad", []kernels.Shape{b.Shape(w)}, "a value of type %v has no gradient", b.DType(w))
		}
	}
	var order []Application[*Node]
	for _, n := range topological(cost) {
		if app, ok := applicationOf(b.Graph, n); ok {
			order = append(order, app)
		}
	}
	one := BroadcastToB[*Node](b, b.Const(1), b.Shape(cost)...)
	return reverse[*Node](b, order, cost, one, wrt)
}

// applicationOf describes the op of a node; leaves have none. The step child of ops without
// operands is left out.
func applicationOf(g *Graph, n *Node) (Application[*Node], bool) {
	op, ok := n.Op().(*Op)
	if !ok {
		return Application[*Node]{}, false
	}
	app := Application[*Node]{Op: op.kind, Imm: op.imm, Attr: op.attr, Args: children(n), Out: n, Site: g.Site(n)}
	if kernels.Info(op.kind).Arity == 0 {
		app.Args = nil
	}
	return app, true
}

// DiffWRT says to which children a gradient flows; always one entry a child.
func (op *Op) DiffWRT(inputs int) []bool {
	out := make([]bool, inputs)
	if kernels.Info(op.kind).Arity == 0 {
		return out
	}
	r := ruleOf(nodeRules(), op.kind)
	app := Application[*Node]{Op: op.kind, Attr: op.attr}
	for i := range out {
		out[i] = r.arg(&app, i) != nil
	}
	return out
}

// SymDiff returns the gradients of the children for gorgonia.Grad, by the same rules as Grad.
func (op *Op) SymDiff(inputs gorgonia.Nodes, output, grad *Node) (out gorgonia.Nodes, err error) {
	defer catch(&err)
	b := nodeBuilder{op.g}
	app := Application[*Node]{Op: op.kind, Imm: op.imm, Attr: op.attr, Args: inputs, Out: output}
	if s := b.Shape(grad); !s.Equal(op.out.shape) {
		return nil, fmt.Errorf("graph: %v: gradient has shape %v, the result %v", op, s, op.out.shape)
	}
	out = make(gorgonia.Nodes, len(inputs))
	if kernels.Info(op.kind).Arity == 0 {
		return out, nil
	}
	for i, c := range vjp[*Node](nodeRules(), b, app, grad) {
		if !c.OK {
			continue
		}
		if out[i] = c.Value; !b.Shape(c.Value).Equal(b.Shape(inputs[i])) {
			return nil, fmt.Errorf("graph: %v: gradient of operand %d has shape %v, wanted %v",
				op, i, b.Shape(c.Value), b.Shape(inputs[i]))
		}
	}
	return out, nil
}
