package nn

import (
	"fmt"

	"elbo/graph"
)

// MADE is an autoregressive network (Germain et al. 2015): each of its outputs is a vector as
// long as its input whose element i depends on the input's elements before i only, so that the
// Jacobian of an output by the input is strictly lower triangular. A context vector may reach
// all elements. With Reverse the order of the elements is turned round and the Jacobian is
// strictly upper triangular; flows alternate it.
type MADE struct {
	Hidden     []int  // widths of the hidden layers; none makes the outputs linear
	Outputs    int    // how many vectors; 0 means 1
	Activation string // between layers; empty means relu
	Reverse    bool
	// OutInit is the rule of the last layer's weights; empty means normal(0.01), which lets a
	// flow start near the identity.
	OutInit Init
}

// Apply adds the network: x (B,D), and context (B,H) or nil, to Outputs nodes (B,D). The
// parameters of hidden layer l are name/l/weight, name/l/bias, and name/l/context/weight for
// the context's way into it; the last layer is name/out, its columns output after output.
//
// Hidden unit u of degree d hears input elements 1…d and, like every output, the context.
// Degrees go round through 1…D−1 (0…D−1 with a context), so that no order is favoured.
func (m MADE) Apply(c *Context, name string, x, context *graph.Node) []*graph.Node {
	m.check(name, x, context)
	d, outputs := graph.ShapeOf(x)[1], max(m.Outputs, 1)
	degrees := m.order(d)

	h, activation := x, m.Activation
	if activation == "" {
		activation = "relu"
	}
	for l, width := range m.Hidden {
		next := hiddenDegrees(width, d, context != nil)
		h = m.layer(c, fmt.Sprintf("%s/%d", name, l), h, context, MaskedLinear{
			InDegree: degrees, OutDegree: next, Init: DefaultInit(activation),
		})
		h, degrees = Activate(activation, h), next
	}

	last := MaskedLinear{InDegree: degrees, Strict: true, Init: m.OutInit.or("normal(0.01)")}
	for range outputs {
		last.OutDegree = append(last.OutDegree, m.order(d)...)
	}
	y := m.layer(c, name+"/out", h, context, last)
	out := make([]*graph.Node, outputs)
	for i := range out {
		out[i] = graph.Slice(y, 1, i*d, (i+1)*d)
	}
	return out
}

// layer adds a masked layer and the context's unmasked way into it, which needs no second bias.
func (m MADE) layer(c *Context, name string, x, context *graph.Node, l MaskedLinear) *graph.Node {
	y := l.Apply(c, name, x)
	if context == nil {
		return y
	}
	into := Linear{Units: len(l.OutDegree), NoBias: true, Init: l.Init}
	return graph.Add(y, into.Apply(c, name+"/context", context))
}

func (m MADE) check(name string, x, context *graph.Node) {
	nodes := []*graph.Node{x}
	if context != nil {
		nodes = append(nodes, context)
	}
	s := graph.ShapeOf(x)
	if len(s) != 2 {
		graph.Fail("nn.MADE", nodes, "%q: the input must be (B, D)", name)
	}
	if context != nil {
		if t := graph.ShapeOf(context); len(t) != 2 || t[0] != s[0] {
			graph.Fail("nn.MADE", nodes, "%q: the context must be (B, H) with the input's B", name)
		}
	}
	for _, w := range m.Hidden {
		if w < 1 {
			graph.Fail("nn.MADE", nodes, "%q: hidden widths %v must be positive", name, m.Hidden)
		}
	}
}

// order returns the degrees of the D elements, 1 for the first in order.
func (m MADE) order(d int) []int {
	out := make([]int, d)
	for i := range out {
		if out[i] = i + 1; m.Reverse {
			out[i] = d - i
		}
	}
	return out
}

// hiddenDegrees goes round through the degrees that can be of use: a unit of degree D would be
// heard by no output, one of degree 0 hears the context alone. With D = 1 and no context there
// is no input to hear, and units of degree 0 are constants.
func hiddenDegrees(width, d int, context bool) []int {
	least := 1
	if context || d == 1 {
		least = 0
	}
	out := make([]int, width)
	for u := range out {
		out[u] = least + u%(d-least)
	}
	return out
}
