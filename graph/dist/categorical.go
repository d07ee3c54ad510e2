package dist

import (
	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// CategoricalDist is the categorical distribution by logits; see Categorical.
type CategoricalDist struct {
	draw
	discrete
	Logits *graph.Node
	K      int
}

// Categorical takes class k of K with probability softmax(logits)_k, logits (…, K):
//
//	log p(y) = η_y − log Σ_k exp η_k
//
// The log-softmax subtracts the largest logit first. A logit may be −Inf (an impossible
// class). Values are class numbers 0 … K−1.
func Categorical(logits *graph.Node) CategoricalDist {
	s := graph.ShapeOf(logits)
	if len(s) == 0 {
		graph.Fail("dist.Categorical", []*graph.Node{logits}, "logits need a last axis of classes")
	}
	n := len(s) - 1
	return CategoricalDist{
		draw: draw{g: graph.GraphOf(logits), shape: s[:n].Clone()}, Logits: logits, K: s[n],
	}
}

func (d CategoricalDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is {0, …, K−1}.
func (d CategoricalDist) Support() transform.Support {
	return transform.Support{Kind: transform.IntegerRange, Lo: 0, Hi: float64(d.K - 1)}
}

// LogProb returns the log mass of class numbers.
func (d CategoricalDist) LogProb(y *graph.Node) *graph.Node {
	s := graph.ShapeOf(y)
	hot := graph.Reshape(graph.OneHot(graph.Reshape(y, s.Size()), d.K), append(s.Clone(), d.K)...)
	// Selecting rather than multiplying keeps impossible classes from making NaN.
	picked := graph.Where(hot, d.logProbs(), d.g.Const(0))
	return d.over(graph.Sum(picked, -1), 0)
}

func (d CategoricalDist) logProbs() *graph.Node {
	return graph.LogSoftmax(d.Logits, len(graph.ShapeOf(d.Logits))-1)
}

// Sample counts how many partial sums of the probabilities a uniform exceeds; its resolution
// (2⁻²⁴ in float32, 2⁻³² in float64) bounds how rare a drawn class can be.
func (d CategoricalDist) Sample(g *graph.Graph, site string) *graph.Node {
	u := d.uniform(g, site)
	if d.K == 1 {
		return graph.MulC(u, 0)
	}
	axis := len(graph.ShapeOf(d.Logits)) - 1
	cdf := graph.CumSum(graph.Exp(graph.Slice(d.logProbs(), axis, 0, d.K-1)), axis, false)
	return graph.Sum(graph.Gt(column(u), cdf), -1)
}

// Entropy returns −Σ p log p.
func (d CategoricalDist) Entropy() *graph.Node {
	lp := d.logProbs()
	return d.over(graph.Neg(graph.Sum(plogx(graph.Exp(lp), lp), -1)), 0)
}

// plogx is p·x where p > 0, else 0.
func plogx(p, x *graph.Node) *graph.Node {
	zero := graph.GraphOf(p).Const(0)
	some := graph.Gt(p, zero)
	return graph.Mul(p, graph.Where(some, x, zero))
}
