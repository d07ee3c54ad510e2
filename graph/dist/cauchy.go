package dist

import (
	"math"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// CauchyDist is the Cauchy distribution; see Cauchy.
type CauchyDist struct {
	draw
	continuous
	Mu, Sigma *graph.Node
}

// Cauchy has location mu and scale sigma > 0, and no moments:
//
//	log p(x) = −log π − log σ − log1p(z²),  z = (x−μ)/σ
//
// Draws are mu + sigma·tan(π(u−½)) = mu − sigma·cos(πu)/sin(πu), which keeps small u exact.
func Cauchy(mu, sigma *graph.Node) CauchyDist {
	return CauchyDist{draw: newDraw("Cauchy", mu, sigma), Mu: mu, Sigma: sigma}
}

func (d CauchyDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is the real line.
func (CauchyDist) Support() transform.Support { return transform.Support{Kind: transform.Real} }

// LogProb returns the log density.
func (d CauchyDist) LogProb(x *graph.Node) *graph.Node {
	return d.over(cauchyLogProb(zscore(x, d.Mu, d.Sigma), d.Sigma, -logPi), 0)
}

func cauchyLogProb(z, sigma *graph.Node, c float64) *graph.Node {
	return graph.Sub(graph.Affine(graph.Log1p(graph.Square(z)), -1, c), graph.Log(sigma))
}

// Sample draws by the inverse distribution function.
func (d CauchyDist) Sample(g *graph.Graph, site string) *graph.Node {
	angle := graph.MulC(d.uniform(g, site), math.Pi)
	return graph.Sub(d.Mu, graph.Mul(d.Sigma, graph.Div(graph.Cos(angle), graph.Sin(angle))))
}

// Entropy returns log 4πσ.
func (d CauchyDist) Entropy() *graph.Node {
	return d.over(graph.AddC(graph.Log(d.Sigma), math.Log(4*math.Pi)), 0)
}

// HalfCauchyDist is the half-Cauchy distribution; see HalfCauchy.
type HalfCauchyDist struct {
	draw
	continuous
	Sigma *graph.Node
}

// HalfCauchy is |x| of a Cauchy(0, sigma); its log density adds log 2 for x ≥ 0.
func HalfCauchy(sigma *graph.Node) HalfCauchyDist {
	return HalfCauchyDist{draw: newDraw("HalfCauchy", sigma), Sigma: sigma}
}

func (d HalfCauchyDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is (0, ∞).
func (HalfCauchyDist) Support() transform.Support { return transform.Support{Kind: transform.Positive} }

// LogProb returns the log density, −Inf for x < 0.
func (d HalfCauchyDist) LogProb(x *graph.Node) *graph.Node {
	ok := graph.Ge(x, d.g.Const(0))
	z := graph.Div(guarded(ok, x, 1), d.Sigma)
	return d.over(within(ok, cauchyLogProb(z, d.Sigma, math.Ln2-logPi)), 0)
}

// Sample draws sigma·tan(πu/2).
func (d HalfCauchyDist) Sample(g *graph.Graph, site string) *graph.Node {
	angle := graph.MulC(d.uniform(g, site), math.Pi/2)
	return graph.Mul(d.Sigma, graph.Div(graph.Sin(angle), graph.Cos(angle)))
}

// Entropy returns log 2πσ.
func (d HalfCauchyDist) Entropy() *graph.Node {
	return d.over(graph.AddC(graph.Log(d.Sigma), math.Log(2*math.Pi)), 0)
}
