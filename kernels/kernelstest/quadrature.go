package kernelstest

import "math"

// node is a point of the tanh-sinh rule on (0, 1): its distance to the nearer end and its weight.
type node struct{ near, weight float64 }

// nodes are the rule's points in the lower half, ends first; the upper half mirrors them.
var nodes = func() []node {
	const h = 1. / 32
	var out []node
	for k := 112; k >= 0; k-- {
		u := math.Pi / 2 * math.Sinh(h*float64(k))
		w := h * math.Pi / 4 * math.Cosh(h*float64(k)) / (math.Cosh(u) * math.Cosh(u))
		if k == 0 {
			w /= 2 // its own mirror
		}
		out = append(out, node{1 / (1 + math.Exp(2*u)), w})
	}
	return out
}()

// integral returns ∫ f over (a, b) by the tanh-sinh rule, which bears singular ends.
func integral(f func(float64) float64, a, b float64) float64 {
	sum := 0.0
	for _, n := range nodes {
		if lo := a + (b-a)*n.near; lo > a {
			sum += n.weight * f(lo)
		}
		if hi := b - (b-a)*n.near; hi < b {
			sum += n.weight * f(hi)
		}
	}
	return sum * (b - a)
}

// logNormCDF: Φ(x) = φ(x) ∫ exp(-s²/2 + x s) ds over s > 0 for negative x.
func logNormCDF(x float64) float64 {
	switch {
	case math.IsNaN(x), math.IsInf(x, -1):
		return x
	case x > -1:
		return math.Log1p(-0.5 * math.Erfc(x/math.Sqrt2))
	}
	tail := integral(func(v float64) float64 { return math.Exp(-v*v/(2*x*x) - v) }, 0, 45) / -x
	return -x*x/2 - 0.5*math.Log(2*math.Pi) + math.Log(tail)
}

// normInv bisects the smaller tail; Φ to 1e-16 relative settles x to the last digits.
func normInv(p float64) float64 {
	switch {
	case !(p >= 0 && p <= 1):
		return math.NaN()
	case p > 0.5:
		return -normInv(1 - p)
	case p == 0:
		return math.Inf(-1)
	}
	lo, hi := -40.0, 0.0
	for range 80 {
		if mid := (lo + hi) / 2; 0.5*math.Erfc(-mid/math.Sqrt2) < p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// digamma, trigamma and tetragamma climb to 60, where three terms of Stirling's series do.

func digamma(x float64) float64 {
	sum := 0.0
	for ; x < 60; x++ {
		sum -= 1 / x
	}
	z := 1 / (x * x)
	return sum + math.Log(x) - 1/(2*x) - z*(1./12-z*(1./120-z/252))
}

func trigamma(x float64) float64 {
	sum := 0.0
	for ; x < 60; x++ {
		sum += 1 / (x * x)
	}
	z := 1 / (x * x)
	return sum + 1/x + z/2 + z/x*(1./6-z*(1./30-z/42))
}

func tetragamma(x float64) float64 {
	sum := 0.0
	for ; x < 60; x++ {
		sum -= 2 / (x * x * x)
	}
	z := 1 / (x * x)
	return sum - z*(1+1/x+z*(1./2-z*(1./6-z/6)))
}

// gammaGrad returns the derivative of a Gamma(a,1) quantile x in a as an integral of
// ∂/∂a log density = log t - ψ(a) over the tail that does not cancel.
var gammaGrad = remember(func(ax [2]float64) float64 {
	a, x := ax[0], ax[1]
	if math.IsNaN(a) || math.IsNaN(x) {
		return math.NaN()
	}
	psi := digamma(a)
	if x < a {
		// t = x v^(1/a) takes the power t^(a-1) into the measure.
		return -x / a * integral(func(v float64) float64 {
			return math.Exp(x*(1-math.Pow(v, 1/a))) * (math.Log(x) + math.Log(v)/a - psi)
		}, 0, 1)
	}
	return integral(func(s float64) float64 {
		return math.Exp((a-1)*math.Log1p(s/x)-s) * (math.Log(x+s) - psi)
	}, 0, 60+4*a)
})
