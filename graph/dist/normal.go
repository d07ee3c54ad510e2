package dist

import (
	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// NormalDist is the Normal distribution; see Normal.
type NormalDist struct {
	draw
	continuous
	Mu, Sigma *graph.Node
}

// Normal has mean mu and standard deviation sigma > 0:
//
//	log p(x) = −½((x−μ)/σ)² − log σ − ½ log 2π
//
// Draws are mu + sigma·ε.
func Normal(mu, sigma *graph.Node) NormalDist {
	return NormalDist{draw: newDraw("Normal", mu, sigma), Mu: mu, Sigma: sigma}
}

func (d NormalDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is the real line.
func (NormalDist) Support() transform.Support { return transform.Support{Kind: transform.Real} }

// LogProb returns the log density.
func (d NormalDist) LogProb(x *graph.Node) *graph.Node {
	quad := graph.Affine(graph.Square(zscore(x, d.Mu, d.Sigma)), -0.5, -log2Pi/2)
	return d.over(graph.Sub(quad, graph.Log(d.Sigma)), 0)
}

// Sample draws mu + sigma·ε.
func (d NormalDist) Sample(g *graph.Graph, site string) *graph.Node {
	return graph.FMA(d.normal(g, site), d.Sigma, d.Mu)
}

// Mean returns mu.
func (d NormalDist) Mean() *graph.Node { return d.over(d.Mu, 0) }

// Variance returns sigma².
func (d NormalDist) Variance() *graph.Node { return d.over(graph.Square(d.Sigma), 0) }

// Entropy returns log σ + ½ log 2πe.
func (d NormalDist) Entropy() *graph.Node {
	return d.over(graph.AddC(graph.Log(d.Sigma), (1+log2Pi)/2), 0)
}
