package dist

import (
	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// MultivariateNormalDist is the Normal distribution over vectors; see MultivariateNormal.
type MultivariateNormalDist struct {
	draw
	continuous
	Mu, L *graph.Node
}

// MultivariateNormal has mean mu (…, D) and covariance L Lᵀ, L (D, D) lower triangular with
// positive diagonal, shared by the batch:
//
//	log p(x) = −½‖L⁻¹(x−μ)‖² − Σ log L_dd − (D/2) log 2π
//
// L is solved against, never inverted or multiplied out.
func MultivariateNormal(mu, l *graph.Node) MultivariateNormalDist {
	s, t := graph.ShapeOf(mu), graph.ShapeOf(l)
	if len(s) == 0 || len(t) != 2 || t[0] != t[1] || t[0] != s[len(s)-1] {
		graph.Fail("dist.MultivariateNormal", []*graph.Node{mu, l}, "needs mu (…, D) and L (D, D)")
	}
	return MultivariateNormalDist{draw: draw{g: graph.GraphOf(mu), shape: s.Clone()}, Mu: mu, L: l}
}

func (d MultivariateNormalDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// EventRank is 1.
func (MultivariateNormalDist) EventRank() int { return 1 }

// Support is real vectors.
func (MultivariateNormalDist) Support() transform.Support {
	return transform.Support{Kind: transform.Real}
}

// dim returns D.
func (d MultivariateNormalDist) dim() int { return d.shape[len(d.shape)-1] }

// LogProb returns the log density of each vector.
func (d MultivariateNormalDist) LogProb(x *graph.Node) *graph.Node {
	quad := sumSquares(solveRows(d.L, graph.Sub(x, d.Mu)))
	lp := graph.Affine(quad, -0.5, -float64(d.dim())*log2Pi/2)
	return d.over(graph.Sub(lp, logDiag(d.L)), 1)
}

// Sample draws mu + L ε.
func (d MultivariateNormalDist) Sample(g *graph.Graph, site string) *graph.Node {
	rows := d.shape.Size() / d.dim()
	e := g.Normal01(site, rows, d.dim())
	return graph.Add(d.Mu, graph.Reshape(graph.MatMulT(e, d.L, false, true), d.shape...))
}

// Mean returns mu.
func (d MultivariateNormalDist) Mean() *graph.Node { return d.over(d.Mu, 0) }

// Variance returns the diagonal of L Lᵀ.
func (d MultivariateNormalDist) Variance() *graph.Node { return d.over(sumSquares(d.L), 0) }

// Entropy returns Σ log L_dd + (D/2) log 2πe.
func (d MultivariateNormalDist) Entropy() *graph.Node {
	return d.over(graph.AddC(logDiag(d.L), float64(d.dim())*(1+log2Pi)/2), 1)
}

// solveRows returns L⁻¹ applied to every vector x (…, D).
func solveRows(l, x *graph.Node) *graph.Node {
	s := graph.ShapeOf(x)
	if len(s) == 1 {
		return graph.TriSolve(l, x, false)
	}
	d := s[len(s)-1]
	cols := graph.Transpose(graph.Reshape(x, s.Size()/d, d))
	return graph.Reshape(graph.Transpose(graph.TriSolve(l, cols, false)), s...)
}

// sumSquares sums squares over the last axis.
func sumSquares(x *graph.Node) *graph.Node { return graph.Sum(graph.Square(x), -1) }

// logDiag returns Σ log L_dd.
func logDiag(l *graph.Node) *graph.Node { return graph.Sum(graph.Log(graph.Diag(l))) }
