package dist

import (
	"math"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// LKJCholeskyDist is the LKJ distribution over Cholesky factors of correlation matrices;
// see LKJCholesky.
type LKJCholeskyDist struct {
	draw
	continuous
	K   int
	Eta *graph.Node
}

// LKJCholesky has density det(R)^(eta−1) over K × K correlation matrices R = L Lᵀ, written for
// L (Lewandowski, Kurowicka & Joe 2009); eta > 0 is a scalar, 1 is uniform over R:
//
//	log p(L) = Σ_{i=1}^{K−1} (K − 1 − i + 2(η−1)) log L_ii − log c   (rows i from 0)
//	log c = Σ_{m=1}^{K−1} (2η−2+m)·m·log 2 + m·log B(η+(m−1)/2, η+(m−1)/2)
func LKJCholesky(k int, eta *graph.Node) LKJCholeskyDist {
	if k < 1 || len(graph.ShapeOf(eta)) != 0 {
		graph.Fail("dist.LKJCholesky", []*graph.Node{eta}, "needs K ≥ 1 and a scalar eta, got K = %d", k)
	}
	return LKJCholeskyDist{draw: draw{g: graph.GraphOf(eta), shape: kernels.Shape{k, k}}, K: k, Eta: eta}
}

func (d LKJCholeskyDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is Cholesky factors of correlation matrices.
func (LKJCholeskyDist) Support() transform.Support {
	return transform.Support{Kind: transform.CorrCholesky}
}

// LogProb returns the log density with respect to the entries of L below the diagonal.
func (d LKJCholeskyDist) LogProb(l *graph.Node) *graph.Node {
	if d.K == 1 {
		return d.over(d.g.Const(0), 2)
	}
	// Row 0 has L_00 = 1 and no part in the density; its exponent is 0 whatever eta is.
	slope, fixed := make([]float64, d.K), make([]float64, d.K)
	for i := 1; i < d.K; i++ {
		slope[i], fixed[i] = 2, float64(d.K-1-i)-2
	}
	power := graph.Add(graph.Mul(d.g.ConstTensor(slope, d.K), d.Eta), d.g.ConstTensor(fixed, d.K))
	lp := graph.Sum(graph.Mul(power, graph.Log(graph.Diag(l))), -1)
	return d.over(graph.Sub(lp, d.logNorm()), 2)
}

// logNorm returns log c.
func (d LKJCholeskyDist) logNorm() *graph.Node {
	m, half, fixed := make([]float64, d.K-1), make([]float64, d.K-1), 0.0
	for i := range m {
		m[i], half[i] = float64(i+1), float64(i)/2
		fixed += (m[i] - 2) * m[i] * math.Ln2
	}
	b := graph.Add(d.Eta, d.g.ConstTensor(half, d.K-1))
	betas := graph.Sum(graph.Mul(d.g.ConstTensor(m, d.K-1), lbeta(b, b)))
	return graph.Add(betas, graph.Affine(d.Eta, math.Ln2*float64(d.K*(d.K-1)), fixed))
}

// Sample draws the canonical partial correlations: that of row i and column j is
// 2·Beta(b, b) − 1 with b = η + (K − 2 − j)/2.
func (d LKJCholeskyDist) Sample(g *graph.Graph, site string) *graph.Node {
	if d.K == 1 {
		return graph.BroadcastTo(g.Const(1), d.shape...)
	}
	var half []float64
	for i := range d.K {
		for j := range i {
			half = append(half, float64(d.K-2-j)/2)
		}
	}
	s := append(d.shape[:len(d.shape)-2].Clone(), len(half))
	b := graph.Add(d.Eta, g.ConstTensor(half, len(half)))
	return transform.FromPartials(graph.Affine(standardBeta(g, site, b, b, s), 2, -1))
}
