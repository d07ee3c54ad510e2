package dist

import (
	"fmt"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// GammaDist is the Gamma distribution; see Gamma.
type GammaDist struct {
	draw
	continuous
	Alpha, Beta *graph.Node
}

// Gamma has shape alpha > 0 and rate beta > 0, mean α/β:
//
//	log p(x) = α log β − log Γ(α) + (α−1) log x − βx,  x ≥ 0
//
// 0·log 0 counts as 0, so the density at x = 0 is right for α < 1, = 1 and > 1. The absolute
// error grows as ε·α log α: shapes above 10⁴ want float64.
//
// Draws come from Gammas(α, 1) by Marsaglia & Tsang (2000) and carry implicit gradients in alpha.
func Gamma(alpha, beta *graph.Node) GammaDist {
	return GammaDist{draw: newDraw("Gamma", alpha, beta), Alpha: alpha, Beta: beta}
}

func (d GammaDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is (0, ∞).
func (GammaDist) Support() transform.Support { return transform.Support{Kind: transform.Positive} }

// LogProb returns the log density, −Inf for x < 0.
func (d GammaDist) LogProb(x *graph.Node) *graph.Node {
	ok := graph.Ge(x, d.g.Const(0))
	x = guarded(ok, x, 1)
	norm := graph.Sub(graph.Mul(d.Alpha, graph.Log(d.Beta)), graph.Lgamma(d.Alpha))
	kernel := graph.Sub(xlogy(graph.AddC(d.Alpha, -1), x), graph.Mul(x, d.Beta))
	return d.over(within(ok, graph.Add(kernel, norm)), 0)
}

// Sample draws Gamma(α, 1)/β.
func (d GammaDist) Sample(g *graph.Graph, site string) *graph.Node {
	return graph.Div(standardGamma(g, site, d.Alpha, d.shape), d.Beta)
}

// Mean returns α/β.
func (d GammaDist) Mean() *graph.Node { return d.over(graph.Div(d.Alpha, d.Beta), 0) }

// Variance returns α/β².
func (d GammaDist) Variance() *graph.Node {
	return d.over(graph.Div(d.Alpha, graph.Square(d.Beta)), 0)
}

// Entropy returns α − log β + log Γ(α) + (1−α)ψ(α).
func (d GammaDist) Entropy() *graph.Node {
	a := graph.Sub(graph.Add(d.Alpha, graph.Lgamma(d.Alpha)), graph.Log(d.Beta))
	return d.over(graph.Sub(a, graph.Mul(graph.AddC(d.Alpha, -1), graph.Digamma(d.Alpha))), 0)
}

// gammaAttempts proposals are made for every draw; each is accepted with probability above
// 0.95, so all fail once in 10⁷ draws at worst and the proposal's centre is taken.
const gammaAttempts = 5

// standardGamma draws Gamma(alpha, 1) of the given shape, differentiable in alpha.
//
// Marsaglia & Tsang's proposal for shapes ≥ 1 with d = α − ⅓, c = 1/√(9d) is d(1+cε)³,
// accepted when log u < ½ε² + d − dv + d log v; a shape below 1 draws at α+1 and multiplies by
// u^(1/α). Draws below the smallest normal float are raised to it, so they stay in the support.
// The gradient is implicit: x(α) = x + (α − stop α)·∂x/∂α at fixed quantile.
func standardGamma(g *graph.Graph, site string, alpha *graph.Node, s kernels.Shape) *graph.Node {
	a, one := graph.StopGrad(alpha), g.Const(1)
	less := graph.Lt(a, one)
	dd := graph.AddC(graph.Add(a, less), -1./3)
	c := graph.Rsqrt(graph.MulC(dd, 9))
	v := firstAccepted(gammaAttempts, graph.BroadcastTo(one, s...), func(k int) (v, ok *graph.Node) {
		e := g.Normal01(fmt.Sprintf("%s/n%d", site, k), s...)
		u := g.Uniform01(fmt.Sprintf("%s/u%d", site, k), s...)
		t := graph.FMA(e, c, one)
		pos := graph.Gt(t, g.Const(0))
		t = guarded(pos, t, 1)
		v = graph.Mul(t, graph.Square(t))
		slack := graph.MulC(graph.Square(e), 0.5)
		slack = graph.Add(slack, graph.Mul(dd, graph.AddC(graph.Sub(graph.MulC(graph.Log(t), 3), v), 1)))
		return v, graph.Mul(pos, graph.Lt(graph.Log(u), slack))
	})
	boost := graph.Exp(graph.Mul(less, graph.Div(graph.Log(g.Uniform01(site+"/b", s...)), a)))
	x := graph.StopGrad(graph.Max(graph.Mul(graph.Mul(v, dd), boost), g.Const(tiny(g))))
	return graph.FMA(graph.Sub(alpha, a), graph.GammaGrad(a, x), x)
}

// firstAccepted returns the value of the first of n attempts that is accepted, else fallback.
func firstAccepted(n int, fallback *graph.Node, attempt func(k int) (v, ok *graph.Node)) *graph.Node {
	out := fallback
	for k := n - 1; k >= 0; k-- {
		v, ok := attempt(k)
		out = graph.Where(ok, v, out)
	}
	return out
}
