package elbo

import (
	"elbo/graph"
	"elbo/vi"
)

// STL is sticking-the-landing (Roeder, Wu & Duvenaud 2017): the score of q, whose
// expectation is zero, is left out of the gradient, so that the gradient's variance is zero
// where q equals the posterior.
type STL struct{}

// Name returns "stl".
func (STL) Name() string { return "stl" }

// Bound returns mean_s log p(x, ζ_s) − log q(ζ_s) with gradients through ζ alone.
func (STL) Bound(g *graph.Graph, t vi.Target, q *vi.Guide) *graph.Node {
	path := need("elbo.STL", q.LogQPath, "log q along the path of its draws")
	return total(q, graph.Mean(graph.Sub(t.LogJoint(g, q.Zeta), path), 0))
}
