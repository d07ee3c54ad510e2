package dist

import (
	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// DirichletDist is the Dirichlet distribution; see Dirichlet.
type DirichletDist struct {
	draw
	continuous
	Alpha *graph.Node
}

// Dirichlet has concentrations alpha (…, K) > 0 over the simplex of K pieces:
//
//	log p(x) = Σ (α_k−1) log x_k + log Γ(Σα) − Σ log Γ(α_k)
//
// 0·log 0 counts as 0. Draws are normalised Gammas, each at least the smallest normal float.
func Dirichlet(alpha *graph.Node) DirichletDist {
	d := DirichletDist{draw: newDraw("Dirichlet", alpha), Alpha: alpha}
	if len(d.shape) == 0 {
		graph.Fail("dist.Dirichlet", []*graph.Node{alpha}, "concentrations need a last axis")
	}
	return d
}

func (d DirichletDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is the simplex.
func (DirichletDist) Support() transform.Support { return transform.Support{Kind: transform.Simplex} }

// LogProb returns the log density with respect to the first K−1 pieces.
func (d DirichletDist) LogProb(x *graph.Node) *graph.Node {
	kernel := graph.Sum(xlogy(graph.AddC(d.Alpha, -1), x), -1)
	return d.over(graph.Sub(kernel, d.logNorm()), 1)
}

// logNorm returns Σ log Γ(α_k) − log Γ(Σα).
func (d DirichletDist) logNorm() *graph.Node {
	return graph.Sub(graph.Sum(graph.Lgamma(d.Alpha), -1), graph.Lgamma(graph.Sum(d.Alpha, -1)))
}

// Sample draws normalised Gammas.
func (d DirichletDist) Sample(g *graph.Graph, site string) *graph.Node {
	x := standardGamma(g, site, d.Alpha, d.shape)
	x = graph.Div(x, graph.SumKeep(x, -1))
	return graph.Max(x, g.Const(tiny(g)))
}

func (d DirichletDist) total() *graph.Node { return graph.SumKeep(d.Alpha, -1) }

// Mean returns α/Σα.
func (d DirichletDist) Mean() *graph.Node { return d.over(graph.Div(d.Alpha, d.total()), 0) }

// Variance returns m(1−m)/(Σα+1) for each piece.
func (d DirichletDist) Variance() *graph.Node {
	m := graph.Div(d.Alpha, d.total())
	return d.over(graph.Div(graph.Mul(m, graph.Affine(m, -1, 1)), graph.AddC(d.total(), 1)), 0)
}

// Entropy returns log B(α) + (Σα − K)ψ(Σα) − Σ (α_k−1)ψ(α_k).
func (d DirichletDist) Entropy() *graph.Node {
	a0 := graph.Sum(d.Alpha, -1)
	k := float64(d.shape[len(d.shape)-1])
	h := graph.Add(d.logNorm(), graph.Mul(graph.AddC(a0, -k), graph.Digamma(a0)))
	return d.over(graph.Sub(h, graph.Sum(graph.Mul(graph.AddC(d.Alpha, -1), graph.Digamma(d.Alpha)), -1)), 1)
}
