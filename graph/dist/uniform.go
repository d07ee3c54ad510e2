package dist

import (
	"math"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// UniformDist is the uniform distribution on an interval; see Uniform.
type UniformDist struct {
	draw
	continuous
	Lo, Hi float64
}

// Uniform has density 1/(hi − lo) on [lo, hi]. The ends are numbers, not nodes: the
// transform of a latent site needs them while the model is built.
func Uniform(g *graph.Graph, lo, hi float64) UniformDist {
	if !(lo < hi) || math.IsInf(hi-lo, 0) {
		graph.Fail("dist.Uniform", nil, "needs finite ends with lo < hi, got %g and %g", lo, hi)
	}
	return UniformDist{draw: draw{g: g}, Lo: lo, Hi: hi}
}

func (d UniformDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is (lo, hi).
func (d UniformDist) Support() transform.Support {
	return transform.Support{Kind: transform.Interval, Lo: d.Lo, Hi: d.Hi}
}

// LogProb returns −log(hi − lo) inside [lo, hi], else −Inf.
func (d UniformDist) LogProb(x *graph.Node) *graph.Node {
	ok := graph.Mul(graph.Ge(x, d.g.Const(d.Lo)), graph.Le(x, d.g.Const(d.Hi)))
	return d.over(within(ok, d.g.Const(-math.Log(d.Hi-d.Lo))), 0)
}

// Sample draws lo + (hi − lo)·u.
func (d UniformDist) Sample(g *graph.Graph, site string) *graph.Node {
	return graph.Affine(d.uniform(g, site), d.Hi-d.Lo, d.Lo)
}

// Mean returns (lo + hi)/2.
func (d UniformDist) Mean() *graph.Node { return d.over(d.g.Const(d.Lo+(d.Hi-d.Lo)/2), 0) }

// Variance returns (hi − lo)²/12.
func (d UniformDist) Variance() *graph.Node {
	return d.over(d.g.Const((d.Hi-d.Lo)*(d.Hi-d.Lo)/12), 0)
}

// Entropy returns log(hi − lo).
func (d UniformDist) Entropy() *graph.Node { return d.over(d.g.Const(math.Log(d.Hi-d.Lo)), 0) }
