package dist

import (
	"math"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// LaplaceDist is the Laplace (double exponential) distribution; see Laplace.
type LaplaceDist struct {
	draw
	continuous
	Mu, B *graph.Node
}

// Laplace has location mu and scale b > 0:
//
//	log p(x) = −|x−μ|/b − log 2b
//
// Draws are mu + b·(log u₁ − log u₂), a difference of exponentials, exact in both tails.
func Laplace(mu, b *graph.Node) LaplaceDist {
	return LaplaceDist{draw: newDraw("Laplace", mu, b), Mu: mu, B: b}
}

func (d LaplaceDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is the real line.
func (LaplaceDist) Support() transform.Support { return transform.Support{Kind: transform.Real} }

// LogProb returns the log density.
func (d LaplaceDist) LogProb(x *graph.Node) *graph.Node {
	lp := graph.Affine(graph.Abs(zscore(x, d.Mu, d.B)), -1, -math.Ln2)
	return d.over(graph.Sub(lp, graph.Log(d.B)), 0)
}

// Sample draws mu + b·(log u₁ − log u₂).
func (d LaplaceDist) Sample(g *graph.Graph, site string) *graph.Node {
	u, v := d.uniform(g, site), d.uniform(g, site+"/v")
	return graph.FMA(graph.Sub(graph.Log(u), graph.Log(v)), d.B, d.Mu)
}

// Mean returns mu.
func (d LaplaceDist) Mean() *graph.Node { return d.over(d.Mu, 0) }

// Variance returns 2b².
func (d LaplaceDist) Variance() *graph.Node { return d.over(graph.MulC(graph.Square(d.B), 2), 0) }

// Entropy returns 1 + log 2b.
func (d LaplaceDist) Entropy() *graph.Node {
	return d.over(graph.AddC(graph.Log(d.B), 1+math.Ln2), 0)
}
