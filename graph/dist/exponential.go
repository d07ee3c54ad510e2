package dist

import (
	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// ExponentialDist is the exponential distribution; see Exponential.
type ExponentialDist struct {
	draw
	continuous
	Rate *graph.Node
}

// Exponential has mean 1/rate, rate > 0:
//
//	log p(x) = log λ − λx,  x ≥ 0
//
// Draws are −log(u)/rate.
func Exponential(rate *graph.Node) ExponentialDist {
	return ExponentialDist{draw: newDraw("Exponential", rate), Rate: rate}
}

func (d ExponentialDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is (0, ∞).
func (ExponentialDist) Support() transform.Support {
	return transform.Support{Kind: transform.Positive}
}

// LogProb returns the log density, −Inf for x < 0.
func (d ExponentialDist) LogProb(x *graph.Node) *graph.Node {
	ok := graph.Ge(x, d.g.Const(0))
	lp := graph.Sub(graph.Log(d.Rate), graph.Mul(guarded(ok, x, 1), d.Rate))
	return d.over(within(ok, lp), 0)
}

// Sample draws by the inverse distribution function.
func (d ExponentialDist) Sample(g *graph.Graph, site string) *graph.Node {
	return graph.Div(graph.Neg(graph.Log(d.uniform(g, site))), d.Rate)
}

// Mean returns 1/λ.
func (d ExponentialDist) Mean() *graph.Node { return d.over(graph.Recip(d.Rate), 0) }

// Variance returns 1/λ².
func (d ExponentialDist) Variance() *graph.Node { return d.over(graph.Recip(graph.Square(d.Rate)), 0) }

// Entropy returns 1 − log λ.
func (d ExponentialDist) Entropy() *graph.Node {
	return d.over(graph.Affine(graph.Log(d.Rate), -1, 1), 0)
}
