package vae

import (
	"math"

	"elbo/graph"
)

// continuousBernoulli is Σ_d log p of values in [0, 1] with density C(η) e^{xη}/(1+e^η),
// C(η) = η/tanh(η/2) (Loaiza-Ganem & Cunningham 2019).
func continuousBernoulli(_ *net, x *graph.Node, heads []*graph.Node) *graph.Node {
	eta := heads[0]
	lp := graph.Sub(graph.Mul(x, eta), graph.Softplus(eta))
	return graph.Sum(graph.Add(lp, logNormaliser(eta)), -1)
}

// continuousBernoulliMean is E[x] = sigmoid(η) − d log C/dη, because scores have mean zero.
func continuousBernoulliMean(_ *net, heads []*graph.Node) *graph.Node {
	eta := heads[0]
	return graph.Sub(graph.Sigmoid(eta), graph.Grad(logNormaliser(eta), eta)[0])
}

// logNormaliser returns log(η/tanh(η/2)), an even function. With a = |η| it is
// log(a/(1−e⁻ᵃ)) + log(1+e⁻ᵃ), whose derivative loses digits as a → 0: below 0.2 it is the series
// log 2 + h²/3 − 7h⁴/90 + 62h⁶/2835 − 127h⁸/18900, h = η/2, whose next term is below 10⁻¹².
func logNormaliser(eta *graph.Node) *graph.Node {
	const near = 0.2
	a := graph.Max(graph.Abs(eta), graph.GraphOf(eta).Const(near))
	e := graph.Exp(graph.Neg(a))
	far := graph.Add(graph.Log(graph.Div(a, graph.Neg(graph.Expm1(graph.Neg(a))))), graph.Log1p(e))

	h2 := graph.MulC(graph.Square(eta), 0.25)
	series := graph.Affine(h2, -127.0/18900, 62.0/2835)
	for _, c := range []float64{-7.0 / 90, 1.0 / 3, math.Ln2} {
		series = graph.AddC(graph.Mul(series, h2), c)
	}
	return graph.Where(graph.Lt(graph.Abs(eta), graph.GraphOf(eta).Const(near)), series, far)
}
