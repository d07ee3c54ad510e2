package elbo

import (
	"elbo/graph"
	"elbo/vi"
)

// total sums the rows' terms x (B) with their weights; x of global latents is the scalar itself.
func total(q *vi.Guide, x *graph.Node) *graph.Node {
	if q.Rows == 0 {
		return x
	}
	if q.Weight != nil {
		x = graph.Mul(x, q.Weight)
	}
	return graph.Sum(x)
}

// logWeights returns log p(x, ζ_s) − log q(ζ_s), (S) or (S,B).
func logWeights(g *graph.Graph, t vi.Target, q *vi.Guide) *graph.Node {
	return graph.Sub(t.LogJoint(g, q.Zeta), q.LogQ)
}

// closedForm reports whether the divergence of q from the prior is known, as q.KL.
func closedForm(t vi.Target, q *vi.Guide) (vi.Local, bool) {
	local, ok := t.(vi.Local)
	return local, ok && q.KL != nil && local.StandardPrior()
}

// need panics with a *graph.BuildError where a density the objective needs is unknown.
func need(op string, density *graph.Node, what string) *graph.Node {
	if density == nil {
		panic(&graph.BuildError{Op: op, Cause: &DensityError{Density: what}})
	}
	return density
}
