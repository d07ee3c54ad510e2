package vae

import (
	"fmt"

	"elbo/graph"
	"elbo/graph/nn"
	"elbo/vi"
)

// gateStart is added to the gates of iaf, so that they start nearly open and the flow near the
// identity (Kingma et al. 2016, section 4, recommend one or two).
const gateStart = 2

// iaf is inverse autoregressive flow on top of the diagonal Normal (Kingma et al. 2016,
// algorithm 1). Step t maps z to
//
//	z' = g ∘ z + (1−g) ∘ m,  g = sigmoid(s + 2),  log q' = log q − Σ log g
//
// where element i of m and s depends on the elements of z before i, and on the datum through the
// context. The order of the elements is turned round from step to step.
func (n *net) iaf(c code, eps *graph.Node) *vi.Guide {
	cfg := n.m.cfg
	base := diagonal(c.mean, c.logSD, eps)
	s := graph.ShapeOf(eps)
	// Every particle of a row is told the same.
	context := graph.BroadcastTo(c.context, s[0], s[1], cfg.FlowHidden)
	context = graph.Reshape(context, s[0]*s[1], cfg.FlowHidden)

	z, logq := base.Zeta, graph.Reshape(base.LogQ, s[0]*s[1])
	for t := range cfg.Flows {
		made := nn.MADE{Hidden: []int{cfg.FlowHidden}, Outputs: 2, Activation: "elu", Reverse: t%2 == 1}
		out := made.Apply(n.c, fmt.Sprintf("encoder/iaf/%d", t), z, context)
		gate := graph.AddC(out[1], gateStart)
		open := graph.Sigmoid(gate)
		z = graph.Add(out[0], graph.Mul(open, graph.Sub(z, out[0])))
		logq = graph.Sub(logq, graph.Sum(graph.LogSigmoid(gate), 1))
	}
	return &vi.Guide{Rows: s[1], Zeta: z, LogQ: graph.Reshape(logq, s[0], s[1])}
}
