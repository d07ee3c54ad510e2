package kernelstest

import (
	"math"
	"sync"

	"elbo/kernels"
)

// point evaluates one elementwise op in float64: operands x, immediates m.
type point func(x [3]float64, m [2]float64) float64

// oracle holds the definition of every elementwise op, by formulas other than the devices'
// where the standard library has none.
var oracle = map[kernels.Op]point{
	kernels.Neg:        unary(func(x float64) float64 { return 0 - x }),
	kernels.Abs:        unary(func(x float64) float64 { return math.Copysign(x, 1) }),
	kernels.Sign:       unary(func(x float64) float64 { return holds(x > 0) - holds(x < 0) + 0*keepNaN(x) }),
	kernels.Floor:      unary(math.Floor),
	kernels.Recip:      unary(func(x float64) float64 { return 1 / x }),
	kernels.Square:     unary(func(x float64) float64 { return x * x }),
	kernels.Sqrt:       unary(math.Sqrt),
	kernels.Rsqrt:      unary(func(x float64) float64 { return 1 / math.Sqrt(x) }),
	kernels.Exp:        unary(math.Exp),
	kernels.Expm1:      unary(math.Expm1),
	kernels.Log:        unary(logarithm),
	kernels.Log1p:      unary(math.Log1p),
	kernels.Sigmoid:    unary(func(x float64) float64 { return 0.5 + 0.5*math.Tanh(x/2) }),
	kernels.LogSigmoid: unary(func(x float64) float64 { return -softplus(-x) }),
	kernels.Softplus:   unary(softplus),
	kernels.Tanh:       unary(math.Tanh),
	kernels.Sin:        unary(math.Sin),
	kernels.Cos:        unary(math.Cos),
	kernels.Atan:       unary(math.Atan),
	kernels.Erf:        unary(math.Erf),
	kernels.Erfc:       unary(math.Erfc),
	kernels.NormCDF:    unary(func(x float64) float64 { return 0.5 + 0.5*math.Erf(x/math.Sqrt2) }),
	kernels.LogNormCDF: unary(remember(logNormCDF)),
	kernels.NormInv:    unary(remember(normInv)),
	kernels.Lgamma:     unary(lgamma),
	kernels.Digamma:    unary(digamma),
	kernels.Trigamma:   unary(trigamma),
	kernels.Tetragamma: unary(tetragamma),
	kernels.IsFinite:   unary(func(x float64) float64 { return holds(!math.IsNaN(x) && !math.IsInf(x, 0)) }),
	kernels.Affine:     func(x [3]float64, m [2]float64) float64 { return math.FMA(m[0], x[0], m[1]) },
	kernels.Clamp: func(x [3]float64, m [2]float64) float64 {
		return math.Min(math.Max(x[0], m[0]), m[1])
	},
	kernels.PowImm: func(x [3]float64, m [2]float64) float64 { return math.Pow(x[0], m[0]) },

	kernels.Add: binary(func(a, b float64) float64 { return a + b }),
	kernels.Sub: binary(func(a, b float64) float64 { return a - b }),
	kernels.Mul: binary(func(a, b float64) float64 { return a * b }),
	kernels.Div: binary(func(a, b float64) float64 { return a / b }),
	kernels.Max: binary(func(a, b float64) float64 { return keepNaN(a, b) + math.Max(a, b) }),
	kernels.Min: binary(func(a, b float64) float64 { return keepNaN(a, b) + math.Min(a, b) }),
	kernels.Pow: binary(math.Pow),
	kernels.Lt:  binary(func(a, b float64) float64 { return holds(a < b) }),
	kernels.Le:  binary(func(a, b float64) float64 { return holds(a <= b) }),
	kernels.Gt:  binary(func(a, b float64) float64 { return holds(a > b) }),
	kernels.Ge:  binary(func(a, b float64) float64 { return holds(a >= b) }),
	kernels.Eq:  binary(func(a, b float64) float64 { return holds(a == b) }),
	kernels.Ne:  binary(func(a, b float64) float64 { return holds(a != b) }),

	kernels.GammaGrad: binary(func(a, x float64) float64 { return gammaGrad([2]float64{a, x}) }),
	kernels.Axpy:      func(x [3]float64, m [2]float64) float64 { return math.FMA(m[0], x[0], x[1]) },
	kernels.Where: func(x [3]float64, _ [2]float64) float64 {
		if x[0] == 0 {
			return x[2]
		}
		return x[1]
	},
	kernels.FMA: func(x [3]float64, _ [2]float64) float64 { return math.FMA(x[0], x[1], x[2]) },
}

func unary(f func(float64) float64) point {
	return func(x [3]float64, _ [2]float64) float64 { return f(x[0]) }
}

func binary(f func(a, b float64) float64) point {
	return func(x [3]float64, _ [2]float64) float64 { return f(x[0], x[1]) }
}

// remember keeps results: the suite repeats a few hundred arguments in long tensors.
func remember[A comparable](f func(A) float64) func(A) float64 {
	var known sync.Map
	return func(x A) float64 {
		if y, ok := known.Load(x); ok {
			return y.(float64)
		}
		y := f(x)
		known.Store(x, y)
		return y
	}
}

func holds(c bool) float64 {
	if c {
		return 1
	}
	return 0
}

// keepNaN returns NaN when an argument is NaN, else 0: math.Max(+Inf, NaN) is +Inf, ours is NaN.
func keepNaN(xs ...float64) float64 {
	for _, x := range xs {
		if math.IsNaN(x) {
			return x
		}
	}
	return 0
}

func softplus(x float64) float64 {
	if x > 100 {
		return x
	}
	return math.Log1p(math.Exp(x))
}

// logarithm is right for subnormal numbers too: math.Log of go1.26 on amd64 is not.
func logarithm(x float64) float64 {
	if f, e := math.Frexp(x); e < -1000 {
		return math.Log(f) + float64(e)*math.Ln2
	}
	return math.Log(x)
}

func lgamma(x float64) float64 {
	if math.Abs(x) < 1e-300 {
		return -logarithm(math.Abs(x))
	}
	y, _ := math.Lgamma(x)
	return y
}
