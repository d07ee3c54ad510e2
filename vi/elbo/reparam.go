package elbo

import (
	"elbo/graph"
	"elbo/vi"
)

// Reparam is the reparameterised ELBO: the gradient passes through the draws, and through
// the closed-form entropy or divergence from the prior where there is one (Kingma & Welling
// 2014).
type Reparam struct{}

// Name returns "reparam".
func (Reparam) Name() string { return "reparam" }

// Bound returns mean_s log p(x, ζ_s) + H(q), or − mean_s log q(ζ_s) where H is unknown. With
// local latents, a standard Normal prior and a Normal q it is the sum over rows of
// mean_s log p(x | z_s) − KL(q ‖ prior).
func (Reparam) Bound(g *graph.Graph, t vi.Target, q *vi.Guide) *graph.Node {
	if local, ok := closedForm(t, q); ok {
		fit := graph.Mean(local.LogLik(g, q.Zeta), 0)
		return total(q, graph.Sub(fit, graph.Sum(q.KL, 1)))
	}
	if q.Entropy != nil {
		return graph.Add(graph.Mean(t.LogJoint(g, q.Zeta)), q.Entropy)
	}
	return total(q, graph.Mean(logWeights(g, t, q), 0))
}
