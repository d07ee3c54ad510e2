package ref

import (
	"math"

	"elbo/kernels"
)

// tile applies one elementwise op to len(dst) elements; unused operands are nil.
type tile[T float] func(dst, a, b, c []T, imm0, imm1 float64)

// Every op has its row; float32 and float64 share the code.
var (
	tiles32 = newTiles[float32]()
	tiles64 = newTiles[float64]()
)

// tilesOf returns the table of T.
func tilesOf[T float]() *[kernels.NumElementwise]tile[T] {
	if t, ok := any(&tiles32).(*[kernels.NumElementwise]tile[T]); ok {
		return t
	}
	return any(&tiles64).(*[kernels.NumElementwise]tile[T])
}

// scalarFuncs are the unary ops that are evaluated in float64, one call an element.
var scalarFuncs = map[kernels.Op]func(float64) float64{
	kernels.Sign: sign, kernels.Floor: math.Floor, kernels.Exp: math.Exp, kernels.Expm1: math.Expm1,
	kernels.Log: logOf, kernels.Log1p: math.Log1p, kernels.Sigmoid: sigmoid, kernels.LogSigmoid: logSigmoid,
	kernels.Softplus: softplus, kernels.Tanh: math.Tanh, kernels.Sin: math.Sin, kernels.Cos: math.Cos,
	kernels.Atan: math.Atan, kernels.Erf: math.Erf, kernels.Erfc: math.Erfc, kernels.NormCDF: normCDF,
	kernels.LogNormCDF: logNormCDF, kernels.NormInv: normInv, kernels.Lgamma: lgamma, kernels.Digamma: digamma,
	kernels.Trigamma: trigamma, kernels.Tetragamma: tetragamma, kernels.IsFinite: isFinite,
}

func newTiles[T float]() (t [kernels.NumElementwise]tile[T]) {
	for op, f := range scalarFuncs {
		t[op] = mapped[T](f)
	}
	t[kernels.Neg], t[kernels.Abs], t[kernels.Square] = negTile[T], absTile[T], squareTile[T]
	t[kernels.Recip], t[kernels.Sqrt], t[kernels.Rsqrt] = recipTile[T], sqrtTile[T], rsqrtTile[T]
	t[kernels.Affine], t[kernels.Clamp], t[kernels.PowImm] = affineTile[T], clampTile[T], powImmTile[T]
	t[kernels.Add], t[kernels.Sub], t[kernels.Mul], t[kernels.Div] = addTile[T], subTile[T], mulTile[T], divTile[T]
	t[kernels.Max], t[kernels.Min], t[kernels.Pow] = maxTile[T], minTile[T], powTile[T]
	t[kernels.Lt] = compared(func(a, b T) bool { return a < b })
	t[kernels.Le] = compared(func(a, b T) bool { return a <= b })
	t[kernels.Gt] = compared(func(a, b T) bool { return a > b })
	t[kernels.Ge] = compared(func(a, b T) bool { return a >= b })
	t[kernels.Eq] = compared(func(a, b T) bool { return a == b })
	t[kernels.Ne] = compared(func(a, b T) bool { return a != b })
	t[kernels.GammaGrad], t[kernels.Axpy] = gammaGradTile[T], axpyTile[T]
	t[kernels.Where], t[kernels.FMA] = whereTile[T], fmaTile[T]
	return t
}

func mapped[T float](f func(float64) float64) tile[T] {
	return func(dst, a, _, _ []T, _, _ float64) {
		a = a[:len(dst)]
		for i, x := range a {
			dst[i] = T(f(float64(x)))
		}
	}
}

func compared[T float](f func(a, b T) bool) tile[T] {
	return func(dst, a, b, _ []T, _, _ float64) {
		a, b = a[:len(dst)], b[:len(dst)]
		for i := range dst {
			dst[i] = 0
			if f(a[i], b[i]) {
				dst[i] = 1
			}
		}
	}
}
