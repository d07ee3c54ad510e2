package dist

import (
	"math"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// HalfNormalDist is the half-Normal distribution; see HalfNormal.
type HalfNormalDist struct {
	draw
	continuous
	Sigma *graph.Node
}

// HalfNormal is |x| of a Normal(0, sigma), sigma > 0:
//
//	log p(x) = −½(x/σ)² − log σ − ½ log(π/2),  x ≥ 0
func HalfNormal(sigma *graph.Node) HalfNormalDist {
	return HalfNormalDist{draw: newDraw("HalfNormal", sigma), Sigma: sigma}
}

func (d HalfNormalDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is (0, ∞).
func (HalfNormalDist) Support() transform.Support { return transform.Support{Kind: transform.Positive} }

// LogProb returns the log density, −Inf for x < 0.
func (d HalfNormalDist) LogProb(x *graph.Node) *graph.Node {
	ok := graph.Ge(x, d.g.Const(0))
	z := graph.Div(guarded(ok, x, 1), d.Sigma)
	quad := graph.Affine(graph.Square(z), -0.5, -(logPi-math.Ln2)/2)
	return d.over(within(ok, graph.Sub(quad, graph.Log(d.Sigma))), 0)
}

// Sample draws sigma·|ε|.
func (d HalfNormalDist) Sample(g *graph.Graph, site string) *graph.Node {
	return graph.Mul(graph.Abs(d.normal(g, site)), d.Sigma)
}

// Mean returns σ√(2/π).
func (d HalfNormalDist) Mean() *graph.Node {
	return d.over(graph.MulC(d.Sigma, math.Sqrt(2/math.Pi)), 0)
}

// Variance returns σ²(1 − 2/π).
func (d HalfNormalDist) Variance() *graph.Node {
	return d.over(graph.MulC(graph.Square(d.Sigma), 1-2/math.Pi), 0)
}

// Entropy returns log σ + ½ log(πe/2).
func (d HalfNormalDist) Entropy() *graph.Node {
	return d.over(graph.AddC(graph.Log(d.Sigma), (1+logPi-math.Ln2)/2), 0)
}
