package elbo

import (
	"elbo/graph"
	"elbo/vi"
)

// Reparam is the reparameterised ELBO: the gradient passes through the draws, and through
// the closed-form entropy where the family has one (Kingma & Welling 2014).
type Reparam struct{}

// Name returns "reparam".
func (Reparam) Name() string { return "reparam" }

// Bound returns mean_s log p(x, ζ_s) + H(q), or − mean_s log q(ζ_s) where H is unknown.
func (Reparam) Bound(g *graph.Graph, t vi.Target, q *vi.Guide) *graph.Node {
	joint := t.LogJoint(g, q.Zeta)
	if q.Entropy != nil {
		return graph.Add(graph.Mean(joint), q.Entropy)
	}
	return graph.Mean(graph.Sub(joint, q.LogQ))
}
