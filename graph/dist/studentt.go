package dist

import (
	"math"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// StudentTDist is Student's t distribution; see StudentT.
type StudentTDist struct {
	draw
	continuous
	Nu, Mu, Sigma *graph.Node
}

// StudentT has nu > 0 degrees of freedom, location mu and scale sigma > 0:
//
//	log p(x) = c(ν) − ½ log 2π − log σ − ½(ν+1) log1p(z²/ν),  z = (x−μ)/σ
//	c(ν) = log Γ((ν+1)/2) − log Γ(ν/2) − ½ log(ν/2)
//
// c is summed as a series for large ν, where the difference of lgammas would lose its
// digits, and log1p keeps the tail term, so ν → 10¹² reaches the Normal smoothly. ν must be
// finite and |z| below the square root of the largest float.
func StudentT(nu, mu, sigma *graph.Node) StudentTDist {
	return StudentTDist{draw: newDraw("StudentT", nu, mu, sigma), Nu: nu, Mu: mu, Sigma: sigma}
}

func (d StudentTDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is the real line.
func (StudentTDist) Support() transform.Support { return transform.Support{Kind: transform.Real} }

// LogProb returns the log density.
func (d StudentTDist) LogProb(x *graph.Node) *graph.Node {
	return d.over(studentLogProb(d.Nu, d.Sigma, zscore(x, d.Mu, d.Sigma)), 0)
}

func studentLogProb(nu, sigma, z *graph.Node) *graph.Node {
	half := graph.MulC(nu, 0.5)
	norm := graph.Sub(graph.AddC(lgammaHalf(half), -log2Pi/2), graph.Log(sigma))
	tail := graph.Log1p(graph.Div(graph.Square(z), nu))
	return graph.Sub(norm, graph.Mul(graph.AddC(half, 0.5), tail))
}

// Sample draws mu + sigma·ε/√(G/(ν/2)), G ~ Gamma(ν/2, 1).
func (d StudentTDist) Sample(g *graph.Graph, site string) *graph.Node {
	return graph.FMA(standardT(g, site, d.Nu, d.shape), d.Sigma, d.Mu)
}

func standardT(g *graph.Graph, site string, nu *graph.Node, s kernels.Shape) *graph.Node {
	half := graph.MulC(nu, 0.5)
	mix := graph.Div(standardGamma(g, site+"/g", half, s), half)
	return graph.Mul(g.Normal01(site, s...), graph.Rsqrt(mix))
}

// Mean returns mu where ν > 1, else NaN.
func (d StudentTDist) Mean() *graph.Node {
	return d.over(graph.Where(graph.Gt(d.Nu, d.g.Const(1)), d.Mu, d.g.Const(math.NaN())), 0)
}

// Variance returns σ²ν/(ν−2) where ν > 2, +Inf where 1 < ν ≤ 2, else NaN.
func (d StudentTDist) Variance() *graph.Node {
	return d.over(graph.Mul(graph.Square(d.Sigma), studentVariance(d.Nu)), 0)
}

// studentVariance returns the variance of the standard t.
func studentVariance(nu *graph.Node) *graph.Node {
	g := graph.GraphOf(nu)
	none := graph.Where(graph.Gt(nu, g.Const(1)), g.Const(math.Inf(1)), g.Const(math.NaN()))
	return graph.Where(graph.Gt(nu, g.Const(2)), graph.Div(nu, graph.AddC(nu, -2)), none)
}
