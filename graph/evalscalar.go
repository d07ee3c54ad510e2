package graph

import (
	"math"

	"elbo/kernels"
)

// scalarFunc is an elementwise op at one point.
type scalarFunc func(x [3]float64, imm [2]float64) float64

func scalar1(f func(float64) float64) scalarFunc {
	return func(x [3]float64, _ [2]float64) float64 { return f(x[0]) }
}

func scalar2(f func(a, b float64) float64) scalarFunc {
	return func(x [3]float64, _ [2]float64) float64 { return f(x[0], x[1]) }
}

func compare(f func(a, b float64) bool) scalarFunc {
	return scalar2(func(a, b float64) float64 { return truth(f(a, b)) })
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// scalarEval holds every elementwise op.
var scalarEval = map[kernels.Op]scalarFunc{
	kernels.Neg:        scalar1(func(x float64) float64 { return -x }),
	kernels.Abs:        scalar1(math.Abs),
	kernels.Sign:       scalar1(sign),
	kernels.Floor:      scalar1(math.Floor),
	kernels.Recip:      scalar1(func(x float64) float64 { return 1 / x }),
	kernels.Square:     scalar1(func(x float64) float64 { return x * x }),
	kernels.Sqrt:       scalar1(math.Sqrt),
	kernels.Rsqrt:      scalar1(func(x float64) float64 { return 1 / math.Sqrt(x) }),
	kernels.Exp:        scalar1(math.Exp),
	kernels.Expm1:      scalar1(math.Expm1),
	kernels.Log:        scalar1(math.Log),
	kernels.Log1p:      scalar1(math.Log1p),
	kernels.Sigmoid:    scalar1(sigmoid),
	kernels.LogSigmoid: scalar1(func(x float64) float64 { return -softplus(-x) }),
	kernels.Softplus:   scalar1(softplus),
	kernels.Tanh:       scalar1(math.Tanh),
	kernels.Sin:        scalar1(math.Sin),
	kernels.Cos:        scalar1(math.Cos),
	kernels.Atan:       scalar1(math.Atan),
	kernels.Erf:        scalar1(math.Erf),
	kernels.Erfc:       scalar1(math.Erfc),
	kernels.NormCDF:    scalar1(normCDF),
	kernels.LogNormCDF: scalar1(logNormCDF),
	kernels.NormInv:    scalar1(normInv),
	kernels.Lgamma:     scalar1(lgamma),
	kernels.Digamma:    scalar1(func(x float64) float64 { return polygamma(0, x) }),
	kernels.Trigamma:   scalar1(func(x float64) float64 { return polygamma(1, x) }),
	kernels.Tetragamma: scalar1(func(x float64) float64 { return polygamma(2, x) }),
	kernels.IsFinite:   scalar1(func(x float64) float64 { return truth(x-x == 0) }),
	kernels.Affine:     func(x [3]float64, imm [2]float64) float64 { return math.FMA(imm[0], x[0], imm[1]) },
	kernels.Clamp:      func(x [3]float64, imm [2]float64) float64 { return min(max(x[0], imm[0]), imm[1]) },
	kernels.PowImm:     func(x [3]float64, imm [2]float64) float64 { return math.Pow(x[0], imm[0]) },
	kernels.Add:        scalar2(func(a, b float64) float64 { return a + b }),
	kernels.Sub:        scalar2(func(a, b float64) float64 { return a - b }),
	kernels.Mul:        scalar2(func(a, b float64) float64 { return a * b }),
	kernels.Div:        scalar2(func(a, b float64) float64 { return a / b }),
	kernels.Max:        scalar2(func(a, b float64) float64 { return max(a, b) }),
	kernels.Min:        scalar2(func(a, b float64) float64 { return min(a, b) }),
	kernels.Pow:        scalar2(math.Pow),
	kernels.Lt:         compare(func(a, b float64) bool { return a < b }),
	kernels.Le:         compare(func(a, b float64) bool { return a <= b }),
	kernels.Gt:         compare(func(a, b float64) bool { return a > b }),
	kernels.Ge:         compare(func(a, b float64) bool { return a >= b }),
	kernels.Eq:         compare(func(a, b float64) bool { return a == b }),
	kernels.Ne:         compare(func(a, b float64) bool { return a != b }),
	kernels.GammaGrad:  scalar2(gammaGrad),
	kernels.Axpy:       func(x [3]float64, imm [2]float64) float64 { return math.FMA(imm[0], x[0], x[1]) },
	kernels.FMA:        func(x [3]float64, _ [2]float64) float64 { return math.FMA(x[0], x[1], x[2]) },
	kernels.Where: func(x [3]float64, _ [2]float64) float64 {
		if x[0] != 0 {
			return x[1]
		}
		return x[2]
	},
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // 0 or NaN
}

func sigmoid(x float64) float64 {
	if e := math.Exp(-math.Abs(x)); x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func lgamma(x float64) float64 {
	y, _ := math.Lgamma(x)
	return y
}

func normCDF(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// logNormCDF uses the complement for x > 0 and, where erfc underflows, the asymptotic series
// Φ(x) ≈ φ(x)/|x| (1 − 1/x² + 3/x⁴ − 15/x⁶).
func logNormCDF(x float64) float64 {
	switch {
	case x > 0:
		return math.Log1p(-normCDF(-x))
	case x > -35:
		return math.Log(normCDF(x))
	}
	r := 1 / (x * x)
	return -x*x/2 - math.Log(-x*math.Sqrt(2*math.Pi)) + math.Log1p(-r*(1-r*(3-15*r)))
}

// normInv refines the library's inverse by Newton steps in the nearer tail, where p is exact.
func normInv(p float64) float64 {
	switch {
	case p > 0.5 && p < 1:
		return -normInv(1 - p)
	case !(p > 0 && p < 1):
		return -math.Sqrt2 * math.Erfcinv(2*p)
	}
	x := -math.Sqrt2 * math.Erfcinv(2*p)
	if math.IsInf(x, 0) {
		x = -8
	}
	for range 60 {
		// Newton on log Φ, which is concave, converges from any start.
		d := (logNormCDF(x) - math.Log(p)) / math.Exp(-x*x/2-0.5*math.Log(2*math.Pi)-logNormCDF(x))
		x -= d
		if math.Abs(d) <= 1e-16*math.Abs(x) {
			break
		}
	}
	return x
}

// polygamma returns ψ (n = 0), ψ′ or ψ″ for x > 0: the recurrence
// ψₙ(x) = ψₙ(x+1) − (−1)ⁿ n! x⁻ⁿ⁻¹ up to x ≥ 16, then the asymptotic series in Bernoulli numbers (Abramowitz–Stegun 6.3.18, 6.4.11).
func polygamma(n int, x float64) float64 {
	sum := 0.0
	for ; x < 16; x++ {
		sum += [...]float64{-1 / x, 1 / (x * x), -2 / (x * x * x)}[n]
	}
	bernoulli := [...]float64{1. / 6, -1. / 30, 1. / 42, -1. / 30, 5. / 66, -691. / 2730, 7. / 6}
	tail := [...]float64{math.Log(x) - 0.5/x, 1/x + 0.5/(x*x), -1/(x*x) - 1/(x*x*x)}[n]
	for i, b := range bernoulli {
		k := float64(2 * (i + 1))
		p := math.Pow(x, -k)
		tail += [...]float64{-b * p / k, b * p / x, -b * (k + 1) * p / (x * x)}[n]
	}
	return sum + tail
}

// gammaGrad returns −∂P/∂a / ∂P/∂x for the regularised incomplete gamma function P(a, x), from
// the series P = x^a e⁻ˣ / Γ(a+1) Σ xⁿ / ((a+1)…(a+n)) and its derivative term by term.
func gammaGrad(a, x float64) float64 {
	sum, dsum, term, harmonic := 1.0, 0.0, 1.0, 0.0
	for n := 1.0; n < 10000; n++ {
		term *= x / (a + n)
		harmonic += 1 / (a + n)
		sum += term
		dsum -= term * harmonic
		if n > x && term*harmonic < 1e-18*sum {
			break
		}
	}
	// With P = c sum: dP/da = c ((log x − ψ(a+1)) sum + dsum) and dP/dx = c a/x.
	return -((math.Log(x)-polygamma(0, a+1))*sum + dsum) * x / a
}
