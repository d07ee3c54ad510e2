package elbo

import (
	"elbo/graph"
	"elbo/vi"
)

// Tempered weighs the divergence of q from the prior by β (Higgins et al. 2017): every
// importance weight of the objective inside becomes p(x|z) (p(z)/q(z))^β. It is a bound of the
// evidence only where β ≥ 1.
type Tempered struct {
	vi.Objective
	Beta Anneal
}

// Bound returns the bound of the objective inside over the tempered densities.
func (o Tempered) Bound(g *graph.Graph, t vi.Target, q *vi.Guide) *graph.Node {
	local, ok := t.(vi.Local)
	if !ok {
		panic(&graph.BuildError{Op: "elbo.Tempered", Cause: errLocal})
	}
	beta := o.Beta(g)
	scaled := *q
	scaled.Entropy = nil
	for _, n := range []**graph.Node{&scaled.LogQ, &scaled.LogQPath, &scaled.LogQScore, &scaled.KL} {
		if *n != nil {
			*n = graph.Mul(*n, beta)
		}
	}
	inside := o.Objective
	if _, ok := inside.(DReG); ok {
		inside = DReG{beta}
	}
	return inside.Bound(g, temperedTarget{local, beta}, &scaled)
}

// temperedTarget has p(z)^β for p(z).
type temperedTarget struct {
	vi.Local
	beta *graph.Node
}

// LogPrior returns β log p(z).
func (t temperedTarget) LogPrior(g *graph.Graph, zeta *graph.Node) *graph.Node {
	return graph.Mul(t.Local.LogPrior(g, zeta), t.beta)
}

// LogJoint returns log p(x|z) + β log p(z).
func (t temperedTarget) LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node {
	return graph.Add(t.LogLik(g, zeta), t.LogPrior(g, zeta))
}
