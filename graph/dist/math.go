package dist

import (
	"math"

	"elbo/graph"
	"elbo/kernels"
)

const (
	log2Pi = 1.8378770664093454835606594728112352797 // log 2π
	logPi  = 1.1447298858494001741434273513530587116 // log π
)

// asFloat converts integer values to the graph's float type.
func asFloat(x *graph.Node) *graph.Node {
	if graph.GraphOf(x).DTypeOf(x) == kernels.I32 {
		return graph.ToFloat(x)
	}
	return x
}

// within returns lp where ok holds and −Inf elsewhere.
func within(ok, lp *graph.Node) *graph.Node {
	return graph.Where(ok, lp, graph.GraphOf(lp).Const(math.Inf(-1)))
}

// guarded returns x where ok holds and a harmless interior value elsewhere, so that what
// within discards has finite gradients.
func guarded(ok, x *graph.Node, interior float64) *graph.Node {
	return graph.Where(ok, x, graph.GraphOf(x).Const(interior))
}

// xlogy is a·log x with 0·log 0 = 0.
func xlogy(a, x *graph.Node) *graph.Node {
	return graph.Mul(a, graph.Log(oneIfBothZero(a, x)))
}

// oneIfBothZero returns 1 where a and x are both 0, else x.
func oneIfBothZero(a, x *graph.Node) *graph.Node {
	zero := graph.GraphOf(a).Const(0)
	both := graph.Mul(graph.Eq(a, zero), graph.Eq(x, zero))
	return graph.Where(both, graph.GraphOf(a).Const(1), x)
}

// horner evaluates c[0] + c[1] x + c[2] x² + …
func horner(x *graph.Node, c ...float64) *graph.Node {
	n := len(c)
	p := graph.Affine(x, c[n-1], c[n-2])
	for i := n - 3; i >= 0; i-- {
		p = graph.AddC(graph.Mul(p, x), c[i])
	}
	return p
}

// large is where the asymptotic series below take over from differences of lgamma; their
// first omitted terms are under 3e-14 there.
const large = 16

// stirling returns δ(z) = log Γ(z) − (z−½) log z + z − ½ log 2π for z ≥ large
// (Abramowitz & Stegun 6.1.41).
func stirling(z *graph.Node) *graph.Node {
	r := graph.Recip(z)
	return graph.Mul(r, horner(graph.Square(r), 1./12, -1./360, 1./1260, -1./1680))
}

// lgammaHalf returns log Γ(x+½) − log Γ(x) − ½ log x, which tends to 0 as −1/(8x): a plain
// difference would lose all digits for large x.
func lgammaHalf(x *graph.Node) *graph.Node {
	g := graph.GraphOf(x)
	limit := g.Const(large)
	small, big := graph.Min(x, limit), graph.Max(x, limit)
	direct := graph.Sub(graph.Sub(graph.Lgamma(graph.AddC(small, 0.5)), graph.Lgamma(small)),
		graph.MulC(graph.Log(small), 0.5))
	r := graph.Recip(big)
	series := graph.Mul(r, horner(graph.Square(r), -1./8, 1./192, -1./640, 17./14336, -31./18432))
	return graph.Where(graph.Gt(x, limit), series, direct)
}

// lgammaRise returns log Γ(a+y) − log Γ(a) − y log a for y ≥ 0, which tends to 0 as
// y(y−1)/(2a).
func lgammaRise(a, y *graph.Node) *graph.Node {
	limit := graph.GraphOf(a).Const(large)
	small, big := graph.Min(a, limit), graph.Max(a, limit)
	direct := graph.Sub(graph.Sub(graph.Lgamma(graph.Add(y, small)), graph.Lgamma(small)),
		graph.Mul(y, graph.Log(small)))
	sum := graph.Add(y, big)
	series := graph.Sub(graph.Mul(graph.AddC(sum, -0.5), graph.Log1p(graph.Div(y, big))), y)
	series = graph.Add(series, graph.Sub(stirling(sum), stirling(big)))
	return graph.Where(graph.Gt(a, limit), series, direct)
}

// lbeta returns log B(a, b).
func lbeta(a, b *graph.Node) *graph.Node {
	return graph.Sub(graph.Add(graph.Lgamma(a), graph.Lgamma(b)), graph.Lgamma(graph.Add(a, b)))
}

// logFactorial returns log x!.
func logFactorial(x *graph.Node) *graph.Node { return graph.Lgamma(graph.AddC(x, 1)) }

// zscore returns (x − mu)/sigma.
func zscore(x, mu, sigma *graph.Node) *graph.Node { return graph.Div(graph.Sub(x, mu), sigma) }

// tiny returns the smallest normal number of the graph's float type.
func tiny(g *graph.Graph) float64 {
	if g.DType() == kernels.F32 {
		return 0x1p-126
	}
	return 0x1p-1022
}
