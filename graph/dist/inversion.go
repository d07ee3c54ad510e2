package dist

import (
	"fmt"

	"elbo/graph"
	"elbo/kernels"
)

// Counts are drawn without branches. Where the mean is below smallMean, by inversion: the
// number of terms of the distribution function that a uniform exceeds, over a table of
// inversionTerms (the mass beyond is under 1e-18). Elsewhere by transformed rejection
// (Hörmann 1993) with a fixed number of attempts, all of which fail once in 10⁶ draws at worst;
// the mean rounded down is taken then. Uniforms have 24 bits in float32 and 32 in float64, so
// outcomes rarer than that are never drawn.
const (
	smallMean         = 32
	inversionTerms    = 112
	rejectionAttempts = 8
)

// invert draws by inversion: logMass is called with k = 0 … terms−1 on a new last axis.
func invert(u *graph.Node, terms int, logMass func(k *graph.Node) *graph.Node) *graph.Node {
	rank := len(graph.ShapeOf(u))
	cdf := graph.CumSum(graph.Exp(logMass(graph.Iota(graph.GraphOf(u), terms))), -1, false)
	return graph.Sum(graph.Gt(graph.ExpandDims(u, rank), cdf), -1)
}

// column gives a parameter a last axis of extent 1.
func column(p *graph.Node) *graph.Node { return graph.ExpandDims(p, len(graph.ShapeOf(p))) }

// rejection is one sampler by transformed rejection with Hörmann's constants: proposal
// k = floor((2a/s + b)(u−½) + centre), s = ½ − |u−½|, accepted when
// log(v·scale/(a/s² + b)) is at most logMass(k) within 0 ≤ k ≤ most (nil: no upper bound).
type rejection struct {
	a, b, centre, scale, most, fallback *graph.Node
	logMass                             func(k *graph.Node) *graph.Node
}

func (r rejection) draw(g *graph.Graph, site string, s kernels.Shape) *graph.Node {
	zero := g.Const(0)
	return firstAccepted(rejectionAttempts, r.fallback, func(i int) (k, ok *graph.Node) {
		u := graph.AddC(g.Uniform01(fmt.Sprintf("%s/u%d", site, i), s...), -0.5)
		v := g.Uniform01(fmt.Sprintf("%s/v%d", site, i), s...)
		edge := graph.Affine(graph.Abs(u), -1, 0.5)
		slope := graph.FMA(graph.MulC(r.a, 2), graph.Recip(edge), r.b)
		k = graph.Floor(graph.FMA(slope, u, r.centre))
		ok = graph.Ge(k, zero)
		if r.most != nil {
			ok = graph.Mul(ok, graph.Le(k, r.most))
		}
		k = guarded(ok, k, 0)
		hat := graph.Div(graph.Mul(v, r.scale), graph.FMA(r.a, graph.Recip(graph.Square(edge)), r.b))
		return k, graph.Mul(ok, graph.Le(graph.Log(hat), r.logMass(k)))
	})
}
