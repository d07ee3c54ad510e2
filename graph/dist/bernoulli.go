package dist

import (
	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// BernoulliDist is the Bernoulli distribution by logits; see Bernoulli.
type BernoulliDist struct {
	draw
	discrete
	Logits *graph.Node
}

// Bernoulli is 1 with probability sigmoid(logits), else 0:
//
//	log p(y) = y·η − softplus(η)
//
// One softplus serves both outcomes and never overflows; the absolute error is below ε|η|.
func Bernoulli(logits *graph.Node) BernoulliDist {
	return BernoulliDist{draw: newDraw("Bernoulli", logits), Logits: logits}
}

func (d BernoulliDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is {0, 1}.
func (BernoulliDist) Support() transform.Support { return transform.Support{Kind: transform.Binary} }

// LogProb returns the log mass.
func (d BernoulliDist) LogProb(y *graph.Node) *graph.Node {
	return d.over(graph.Sub(graph.Mul(asFloat(y), d.Logits), graph.Softplus(d.Logits)), 0)
}

// Sample draws 1 where u < sigmoid(η).
func (d BernoulliDist) Sample(g *graph.Graph, site string) *graph.Node {
	return graph.Lt(d.uniform(g, site), graph.Sigmoid(d.Logits))
}

// Mean returns sigmoid(η).
func (d BernoulliDist) Mean() *graph.Node { return d.over(graph.Sigmoid(d.Logits), 0) }

// Variance returns sigmoid(η)·sigmoid(−η).
func (d BernoulliDist) Variance() *graph.Node {
	return d.over(graph.Mul(graph.Sigmoid(d.Logits), graph.Sigmoid(graph.Neg(d.Logits))), 0)
}

// Entropy returns softplus(η) − η·sigmoid(η).
func (d BernoulliDist) Entropy() *graph.Node {
	return d.over(graph.Sub(graph.Softplus(d.Logits), graph.Mul(d.Logits, graph.Sigmoid(d.Logits))), 0)
}
