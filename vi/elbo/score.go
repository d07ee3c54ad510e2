package elbo

import (
	"elbo/graph"
	"elbo/vi"
)

// Score is the score-function estimator with the leave-one-out baseline (Kool, van Hoof &
// Welling 2019): it needs no derivative of the model, only S ≥ 2 particles.
type Score struct{}

// Name returns "score".
func (Score) Name() string { return "score" }

// Bound returns a surrogate whose value is mean_s f_s, f = log p − log q, and whose gradient is
// mean_s (f_s − mean of the others) ∇ log q(ζ_s), plus that of log p by its own parameters.
func (Score) Bound(g *graph.Graph, t vi.Target, q *vi.Guide) *graph.Node {
	score := need("elbo.Score", q.LogQScore, "log q as a function of its parameters alone")
	joint := t.LogJoint(g, graph.StopGrad(q.Zeta))
	f := graph.StopGrad(graph.Sub(joint, q.LogQ))
	s := graph.ShapeOf(f)[0]
	if s < 2 {
		panic(&graph.BuildError{Op: "elbo.Score", Cause: errParticles})
	}
	// f_s − mean of the others = (f_s − mean of all) S/(S−1).
	centred := graph.MulC(graph.Sub(f, graph.Mean(f, 0)), float64(s)/float64(s-1))
	move := graph.Mul(centred, still(score))
	return total(q, graph.Mean(graph.Add(graph.Add(f, move), still(joint)), 0))
}

// still has the gradient of x and the value zero.
func still(x *graph.Node) *graph.Node { return graph.Sub(x, graph.StopGrad(x)) }
