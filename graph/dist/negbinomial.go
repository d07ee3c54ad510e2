package dist

import (
	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// NegativeBinomialDist is the negative binomial distribution; see NegativeBinomial.
type NegativeBinomialDist struct {
	draw
	discrete
	LogMean, Phi *graph.Node
}

// NegativeBinomial has mean μ = exp(logMean) and dispersion phi > 0, variance μ + μ²/φ:
//
//	log p(y) = r(φ, y) − log y! + y·η − (φ+y)·softplus(η − log φ)
//	r(φ, y) = log Γ(φ+y) − log Γ(φ) − y log φ
//
// softplus(η − log φ) is log(1 + μ/φ) without overflow, and r is summed by Stirling's series
// for large φ, so the Poisson limit φ → ∞ keeps its digits.
func NegativeBinomial(logMean, phi *graph.Node) NegativeBinomialDist {
	return NegativeBinomialDist{draw: newDraw("NegativeBinomial", logMean, phi), LogMean: logMean, Phi: phi}
}

func (d NegativeBinomialDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is {0, 1, 2, …}.
func (NegativeBinomialDist) Support() transform.Support {
	return transform.Support{Kind: transform.NonNegativeInteger}
}

// LogProb returns the log mass.
func (d NegativeBinomialDist) LogProb(y *graph.Node) *graph.Node {
	y = asFloat(y)
	shrink := graph.Softplus(graph.Sub(d.LogMean, graph.Log(d.Phi)))
	lp := graph.Sub(graph.Mul(y, d.LogMean), graph.Mul(graph.Add(y, d.Phi), shrink))
	return d.over(graph.Add(lp, graph.Sub(lgammaRise(d.Phi, y), logFactorial(y))), 0)
}

// Sample draws a Poisson whose rate is μ times Gamma(φ, φ).
func (d NegativeBinomialDist) Sample(g *graph.Graph, site string) *graph.Node {
	mix := graph.Log(graph.Div(graph.StopGrad(standardGamma(g, site+"/g", d.Phi, d.shape)), d.Phi))
	return drawPoisson(g, site, graph.Add(d.LogMean, mix), d.shape)
}

// Mean returns exp(η).
func (d NegativeBinomialDist) Mean() *graph.Node { return d.over(graph.Exp(d.LogMean), 0) }

// Variance returns μ + μ²/φ.
func (d NegativeBinomialDist) Variance() *graph.Node {
	mu := graph.Exp(d.LogMean)
	return d.over(graph.Add(mu, graph.Div(graph.Square(mu), d.Phi)), 0)
}
