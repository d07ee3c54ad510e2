package dist

import (
	"math"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// InverseGammaDist is the inverse Gamma distribution; see InverseGamma.
type InverseGammaDist struct {
	draw
	continuous
	Alpha, Beta *graph.Node
}

// InverseGamma is 1/x of a Gamma(alpha, rate beta), so beta > 0 is a scale:
//
//	log p(x) = α log β − log Γ(α) − (α+1) log x − β/x,  x > 0
func InverseGamma(alpha, beta *graph.Node) InverseGammaDist {
	return InverseGammaDist{draw: newDraw("InverseGamma", alpha, beta), Alpha: alpha, Beta: beta}
}

func (d InverseGammaDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is (0, ∞).
func (InverseGammaDist) Support() transform.Support {
	return transform.Support{Kind: transform.Positive}
}

// LogProb returns the log density, −Inf for x ≤ 0.
func (d InverseGammaDist) LogProb(x *graph.Node) *graph.Node {
	ok := graph.Gt(x, d.g.Const(0))
	x = guarded(ok, x, 1)
	norm := graph.Sub(graph.Mul(d.Alpha, graph.Log(d.Beta)), graph.Lgamma(d.Alpha))
	kernel := graph.Add(graph.Mul(graph.AddC(d.Alpha, 1), graph.Log(x)), graph.Div(d.Beta, x))
	return d.over(within(ok, graph.Sub(norm, kernel)), 0)
}

// Sample draws β/Gamma(α, 1).
func (d InverseGammaDist) Sample(g *graph.Graph, site string) *graph.Node {
	return graph.Div(d.Beta, standardGamma(g, site, d.Alpha, d.shape))
}

// Mean returns β/(α−1), +Inf where α ≤ 1.
func (d InverseGammaDist) Mean() *graph.Node {
	m := graph.Div(d.Beta, graph.AddC(d.Alpha, -1))
	return d.over(graph.Where(graph.Gt(d.Alpha, d.g.Const(1)), m, d.g.Const(math.Inf(1))), 0)
}

// Variance returns β²/((α−1)²(α−2)), +Inf where α ≤ 2.
func (d InverseGammaDist) Variance() *graph.Node {
	m := graph.Div(d.Beta, graph.AddC(d.Alpha, -1))
	v := graph.Div(graph.Square(m), graph.AddC(d.Alpha, -2))
	return d.over(graph.Where(graph.Gt(d.Alpha, d.g.Const(2)), v, d.g.Const(math.Inf(1))), 0)
}

// Entropy returns α + log β + log Γ(α) − (1+α)ψ(α).
func (d InverseGammaDist) Entropy() *graph.Node {
	a := graph.Add(graph.Add(d.Alpha, graph.Log(d.Beta)), graph.Lgamma(d.Alpha))
	return d.over(graph.Sub(a, graph.Mul(graph.AddC(d.Alpha, 1), graph.Digamma(d.Alpha))), 0)
}
