package dist

import (
	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// BetaDist is the Beta distribution; see Beta.
type BetaDist struct {
	draw
	continuous
	Alpha, Beta *graph.Node
}

// Beta has shapes alpha, beta > 0:
//
//	log p(x) = (α−1) log x + (β−1) log1p(−x) − log B(α, β),  0 ≤ x ≤ 1
//
// 0·log 0 counts as 0, so the edges are right for shapes below, at and above 1. Draws are
// X/(X+Y) of Gammas, kept strictly inside (0, 1); shapes below 0.05 want float64.
func Beta(alpha, beta *graph.Node) BetaDist {
	return BetaDist{draw: newDraw("Beta", alpha, beta), Alpha: alpha, Beta: beta}
}

func (d BetaDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is (0, 1).
func (BetaDist) Support() transform.Support {
	return transform.Support{Kind: transform.Interval, Lo: 0, Hi: 1}
}

// LogProb returns the log density, −Inf outside [0, 1].
func (d BetaDist) LogProb(x *graph.Node) *graph.Node {
	one := d.g.Const(1)
	ok := graph.Mul(graph.Ge(x, d.g.Const(0)), graph.Le(x, one))
	x = guarded(ok, x, 0.5)
	left := xlogy(graph.AddC(d.Alpha, -1), x)
	b1, rest := graph.AddC(d.Beta, -1), graph.Sub(one, x)
	// Where β = 1 and x = 1 the exponent is 0 and log1p must not see −1.
	atOne := graph.Mul(graph.Eq(b1, d.g.Const(0)), graph.Eq(rest, d.g.Const(0)))
	right := graph.Mul(b1, graph.Log1p(graph.Neg(graph.Where(atOne, d.g.Const(0), x))))
	return d.over(within(ok, graph.Sub(graph.Add(left, right), lbeta(d.Alpha, d.Beta))), 0)
}

// Sample draws X/(X+Y), X ~ Gamma(α, 1), Y ~ Gamma(β, 1).
func (d BetaDist) Sample(g *graph.Graph, site string) *graph.Node {
	return standardBeta(g, site, d.Alpha, d.Beta, d.shape)
}

func standardBeta(g *graph.Graph, site string, a, b *graph.Node, s kernels.Shape) *graph.Node {
	x := standardGamma(g, site+"/a", a, s)
	y := standardGamma(g, site+"/b", b, s)
	below := 1 - 0x1p-53
	if g.DType() == kernels.F32 {
		below = 1 - 0x1p-24
	}
	return graph.Clamp(graph.Div(x, graph.Add(x, y)), tiny(g), below)
}

// Mean returns α/(α+β).
func (d BetaDist) Mean() *graph.Node {
	return d.over(graph.Div(d.Alpha, graph.Add(d.Alpha, d.Beta)), 0)
}

// Variance returns αβ/((α+β)²(α+β+1)).
func (d BetaDist) Variance() *graph.Node {
	s := graph.Add(d.Alpha, d.Beta)
	return d.over(graph.Div(graph.Mul(d.Alpha, d.Beta), graph.Mul(graph.Square(s), graph.AddC(s, 1))), 0)
}

// Entropy returns log B(α,β) − (α−1)ψ(α) − (β−1)ψ(β) + (α+β−2)ψ(α+β).
func (d BetaDist) Entropy() *graph.Node {
	s := graph.Add(d.Alpha, d.Beta)
	h := graph.Add(lbeta(d.Alpha, d.Beta), graph.Mul(graph.AddC(s, -2), graph.Digamma(s)))
	h = graph.Sub(h, graph.Mul(graph.AddC(d.Alpha, -1), graph.Digamma(d.Alpha)))
	return d.over(graph.Sub(h, graph.Mul(graph.AddC(d.Beta, -1), graph.Digamma(d.Beta))), 0)
}
