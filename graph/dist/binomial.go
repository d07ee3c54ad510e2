package dist

import (
	"math"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// BinomialDist is the binomial distribution by logits; see Binomial.
type BinomialDist struct {
	draw
	discrete
	N, Logits *graph.Node
}

// Binomial counts successes of n trials, each with probability sigmoid(logits):
//
//	log p(y) = log C(n, y) + y·η − n·softplus(η)
//
// Draws are exact up to n of 2²⁴ in float32 and 10¹⁰ in float64; batches have at most three axes.
func Binomial(n, logits *graph.Node) BinomialDist {
	n = asFloat(n)
	return BinomialDist{draw: newDraw("Binomial", n, logits), N: n, Logits: logits}
}

func (d BinomialDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is the integers from 0 to n; n is a node, so the bound stated is +Inf.
func (BinomialDist) Support() transform.Support {
	return transform.Support{Kind: transform.IntegerRange, Hi: math.Inf(1)}
}

// LogProb returns the log mass.
func (d BinomialDist) LogProb(y *graph.Node) *graph.Node {
	return d.over(binomialLogMass(d.N, d.Logits, asFloat(y)), 0)
}

func binomialLogMass(n, eta, y *graph.Node) *graph.Node {
	choose := graph.Sub(graph.Sub(logFactorial(n), logFactorial(y)), logFactorial(graph.Sub(n, y)))
	return graph.Add(choose, graph.Sub(graph.Mul(y, eta), graph.Mul(n, graph.Softplus(eta))))
}

// Sample draws the rarer outcome's count by inversion or rejection and reflects it.
func (d BinomialDist) Sample(g *graph.Graph, site string) *graph.Node {
	n, eta := d.N, graph.Neg(graph.Abs(d.Logits))
	mean := graph.Mul(n, graph.Sigmoid(eta))
	isSmall := graph.Lt(mean, g.Const(smallMean))

	low := drawSmallBinomial(g, site, n, eta, d.shape)
	// Rejection needs a mean of at least 10: where inversion serves, give it a harmless n.
	high := binomialRejection(guarded(graph.Sub(g.Const(1), isSmall), n, 4*smallMean),
		graph.Where(isSmall, g.Const(0), eta)).draw(g, site, d.shape)
	rare := graph.Where(isSmall, low, high)
	return graph.Where(graph.Gt(d.Logits, g.Const(0)), graph.Sub(n, rare), rare)
}

// drawSmallBinomial keeps n and eta unexpanded, so that repetitions share one table.
func drawSmallBinomial(g *graph.Graph, site string, n, eta *graph.Node, s kernels.Shape) *graph.Node {
	n1, eta1 := column(n), column(eta)
	draw := invert(g.Uniform01(site, s...), inversionTerms, func(k *graph.Node) *graph.Node {
		ok := graph.Le(k, n1)
		return within(ok, binomialLogMass(n1, eta1, graph.Min(k, n1)))
	})
	return graph.Min(draw, n)
}

// binomialRejection holds the constants of Hörmann's BTRS for p ≤ ½ and np ≥ 10.
func binomialRejection(n, eta *graph.Node) rejection {
	p := graph.Sigmoid(eta)
	mean := graph.Mul(n, p)
	sd := graph.Sqrt(graph.Mul(mean, graph.Sigmoid(graph.Neg(eta))))
	b := graph.Affine(sd, 2.53, 1.15)
	mode := graph.Floor(graph.Add(mean, p))
	top := binomialLogMass(n, eta, mode)
	return rejection{
		a: graph.Add(graph.Affine(b, 0.0248, -0.0873), graph.MulC(p, 0.01)), b: b,
		centre: graph.AddC(mean, 0.5), most: n, fallback: mode,
		scale:   graph.Mul(graph.Affine(graph.Recip(b), 5.1, 2.83), sd),
		logMass: func(k *graph.Node) *graph.Node { return graph.Sub(binomialLogMass(n, eta, k), top) },
	}
}

// Mean returns n·sigmoid(η).
func (d BinomialDist) Mean() *graph.Node { return d.over(graph.Mul(d.N, graph.Sigmoid(d.Logits)), 0) }

// Variance returns n·sigmoid(η)·sigmoid(−η).
func (d BinomialDist) Variance() *graph.Node {
	v := graph.Mul(graph.Sigmoid(d.Logits), graph.Sigmoid(graph.Neg(d.Logits)))
	return d.over(graph.Mul(d.N, v), 0)
}
