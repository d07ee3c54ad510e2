package vae

import (
	"math"

	"elbo/graph"
	"elbo/graph/dist"
)

// likelihood is p(x|z) of one datum whose values are independent given z.
type likelihood struct {
	name string
	// heads counts linear outputs of the decoder per value, and classes the logits of each head.
	heads, classes int
	// lo, hi bound the values; equal where there is no bound.
	lo, hi float32
	// logProb adds up over the values of a datum: x (B,D), heads (S,B,D) or (S,B,D,classes) → (S,B).
	logProb func(n *net, x *graph.Node, heads []*graph.Node) *graph.Node
	// mean returns E[x|z] from heads (R,D) or (R,D,classes).
	mean func(n *net, heads []*graph.Node) *graph.Node
	// bias returns the first head's bias at which every value has the given mean.
	bias func(mean float64) float64
}

// likelihoods are the rows of Config.Likelihood.
var likelihoods = []likelihood{
	{"bernoulli", 1, 1, 0, 1, bernoulli, sigmoidMean, logit},
	{"continuous-bernoulli", 1, 1, 0, 1, continuousBernoulli, continuousBernoulliMean, logit},
	{"gaussian", 1, 1, 0, 0, gaussian, firstHead, same},
	{"gaussian-pixel", 2, 1, 0, 0, gaussianPixel, firstHead, same},
	{"categorical", 1, levels, 0, 1, categorical, categoricalMean, func(float64) float64 { return 0 }},
}

// Likelihoods lists the names of Config.Likelihood.
func Likelihoods() []string {
	var names []string
	for _, l := range likelihoods {
		names = append(names, l.name)
	}
	return names
}

func likelihoodOf(name string) likelihood {
	for _, l := range likelihoods {
		if l.name == name {
			return l
		}
	}
	return likelihoods[0] // Check has refused other names
}

// outputs is the decoder's numbers per value of a datum.
func (l likelihood) outputs() int { return l.heads * l.classes }

func (l likelihood) support() (lo, hi float32, bounded bool) { return l.lo, l.hi, l.lo != l.hi }

// bernoulli is Σ_d x η − softplus(η), η the logits: the sum over the values of a datum of
// dist.Bernoulli. Values x between 0 and 1 make it the cross-entropy.
func bernoulli(_ *net, x *graph.Node, heads []*graph.Node) *graph.Node {
	return graph.Sum(dist.Bernoulli(heads[0]).LogProb(x), -1)
}

func sigmoidMean(_ *net, heads []*graph.Node) *graph.Node { return graph.Sigmoid(heads[0]) }

// logit limits means to [0.001, 0.999]: constant pixels start with a finite bias.
func logit(mean float64) float64 {
	p := math.Min(math.Max(mean, 1e-3), 1-1e-3)
	return math.Log(p) - math.Log1p(-p)
}

func same(mean float64) float64 { return mean }

func firstHead(_ *net, heads []*graph.Node) *graph.Node { return heads[0] }

// gaussian is Σ_d log N(x; η, σ²) with one log σ for all values, a parameter of the decoder.
func gaussian(n *net, x *graph.Node, heads []*graph.Node) *graph.Node {
	logSD := n.sharedLogSD()
	z := graph.Mul(graph.Sub(x, heads[0]), graph.Exp(graph.Neg(logSD)))
	d := float64(n.m.width)
	sum := graph.MulC(graph.Sum(graph.Square(z), -1), -0.5)
	return graph.Sub(sum, graph.Affine(logSD, d, d/2*log2Pi))
}

// minSD keeps gaussian-pixel away from the infinite density at values that never vary.
const minSD = 1e-2

// gaussianPixel is Σ_d log N(x; η, σ²) with σ = 0.01 + softplus of the second head.
func gaussianPixel(_ *net, x *graph.Node, heads []*graph.Node) *graph.Node {
	sd := graph.AddC(graph.Softplus(heads[1]), minSD)
	return graph.Sum(dist.Normal(heads[0], sd).LogProb(x), -1)
}

// levels is the number of classes of the categorical likelihood: the values of a byte.
const levels = 256

// categorical is Σ_d log softmax(η)[255 x], x in [0, 1] standing for a byte.
func categorical(n *net, x *graph.Node, heads []*graph.Node) *graph.Node {
	class := graph.Floor(graph.Affine(x, levels-1, 0.5))
	hit := graph.Eq(graph.ExpandDims(class, -1), graph.Iota(n.c.G, levels))
	chosen := graph.Sum(graph.Mul(hit, heads[0]), -1)
	return graph.Sum(graph.Sub(chosen, graph.LogSumExp(heads[0], -1)), -1)
}

// categoricalMean is E[byte]/255.
func categoricalMean(n *net, heads []*graph.Node) *graph.Node {
	value := graph.MulC(graph.Iota(n.c.G, levels), 1.0/(levels-1))
	return graph.Sum(graph.Mul(graph.Softmax(heads[0], -1), value), -1)
}
