//go:build cgo

package cpu

import (
	"math"
	"testing"

	"elbo/kernels"
)

var inf, nan, negZero = math.Inf(1), math.NaN(), math.Copysign(0, -1)

// special rows hold in float32 and float64, to 2 ulp of the type, signs of zeros included.
var special = []struct {
	op         kernels.Op
	a, b, want float64
}{
	{kernels.Exp, inf, 0, inf}, {kernels.Exp, -inf, 0, 0}, {kernels.Exp, negZero, 0, 1}, {kernels.Exp, 1e9, 0, inf},
	{kernels.Expm1, inf, 0, inf}, {kernels.Expm1, -inf, 0, -1}, {kernels.Expm1, negZero, 0, negZero},
	{kernels.Expm1, 1e-40, 0, 1e-40},
	{kernels.Log, 0, 0, -inf}, {kernels.Log, negZero, 0, -inf}, {kernels.Log, inf, 0, inf},
	{kernels.Log, -1, 0, nan}, {kernels.Log, -inf, 0, nan}, {kernels.Log, 1, 0, 0},
	{kernels.Log1p, -1, 0, -inf}, {kernels.Log1p, inf, 0, inf}, {kernels.Log1p, -2, 0, nan},
	{kernels.Log1p, negZero, 0, negZero}, {kernels.Log1p, 1e-40, 0, 1e-40},
	{kernels.Log1p, 1e30, 0, math.Log(1e30)},
	{kernels.Sqrt, -1, 0, nan}, {kernels.Sqrt, inf, 0, inf}, {kernels.Rsqrt, 0, 0, inf}, {kernels.Rsqrt, inf, 0, 0},
	{kernels.Recip, 0, 0, inf}, {kernels.Recip, negZero, 0, -inf}, {kernels.Sign, negZero, 0, negZero},
	{kernels.Sign, -inf, 0, -1}, {kernels.Floor, -0.5, 0, -1}, {kernels.Abs, -inf, 0, inf},
	{kernels.Sigmoid, inf, 0, 1}, {kernels.Sigmoid, -inf, 0, 0}, {kernels.Sigmoid, 0, 0, 0.5},
	{kernels.LogSigmoid, -inf, 0, -inf}, {kernels.LogSigmoid, inf, 0, 0}, {kernels.LogSigmoid, -1e9, 0, -1e9},
	{kernels.Softplus, -inf, 0, 0}, {kernels.Softplus, inf, 0, inf}, {kernels.Softplus, 1e9, 0, 1e9},
	{kernels.Tanh, inf, 0, 1}, {kernels.Tanh, -inf, 0, -1}, {kernels.Tanh, negZero, 0, negZero},
	{kernels.Sin, inf, 0, nan}, {kernels.Sin, negZero, 0, negZero}, {kernels.Cos, -inf, 0, nan}, {kernels.Cos, 0, 0, 1},
	{kernels.Atan, inf, 0, math.Pi / 2}, {kernels.Atan, -inf, 0, -math.Pi / 2}, {kernels.Atan, negZero, 0, negZero},
	{kernels.Erf, inf, 0, 1}, {kernels.Erf, -inf, 0, -1}, {kernels.Erf, negZero, 0, negZero},
	{kernels.Erfc, inf, 0, 0}, {kernels.Erfc, -inf, 0, 2}, {kernels.Erfc, 0, 0, 1},
	{kernels.NormCDF, inf, 0, 1}, {kernels.NormCDF, -inf, 0, 0}, {kernels.NormCDF, 0, 0, 0.5},
	{kernels.LogNormCDF, -inf, 0, -inf}, {kernels.LogNormCDF, inf, 0, negZero},
	{kernels.LogNormCDF, -1e9, 0, -5e17}, {kernels.LogNormCDF, 0, 0, -math.Ln2},
	{kernels.NormInv, 0, 0, -inf}, {kernels.NormInv, 1, 0, inf}, {kernels.NormInv, -1, 0, nan},
	{kernels.NormInv, 2, 0, nan}, {kernels.NormInv, 0.5, 0, 0},
	{kernels.Lgamma, 0, 0, inf}, {kernels.Lgamma, inf, 0, inf}, {kernels.Lgamma, -1, 0, nan},
	{kernels.Digamma, 0, 0, -inf}, {kernels.Digamma, inf, 0, inf}, {kernels.Digamma, -1, 0, nan},
	{kernels.Trigamma, 0, 0, inf}, {kernels.Trigamma, inf, 0, 0}, {kernels.Trigamma, -1, 0, nan},
	{kernels.Tetragamma, 0, 0, -inf}, {kernels.Tetragamma, inf, 0, negZero}, {kernels.Tetragamma, -1, 0, nan},
	{kernels.IsFinite, nan, 0, 0}, {kernels.IsFinite, -inf, 0, 0}, {kernels.IsFinite, 3e38, 0, 1},
	{kernels.Max, nan, 1, nan}, {kernels.Max, 1, nan, nan}, {kernels.Max, 1, 2, 2}, {kernels.Min, nan, 1, nan},
	{kernels.Min, 1, nan, nan}, {kernels.Min, 1, 2, 1}, {kernels.Ne, nan, nan, 1}, {kernels.Eq, nan, nan, 0},
	{kernels.Lt, nan, 1, 0}, {kernels.Ge, 1, nan, 0}, {kernels.Le, 2, 2, 1}, {kernels.Gt, inf, 2, 1},
	{kernels.Pow, -8, 3, -512}, {kernels.Pow, -2, -2, 0.25}, {kernels.Pow, 3, 0, 1}, {kernels.Pow, 2, 10, 1024},
	{kernels.GammaGrad, 2, 0, 0}, {kernels.GammaGrad, 0, 1, nan}, {kernels.GammaGrad, 1, -1, nan},
}

func testSpecial[T float](t *testing.T, eps, tiny float64) {
	for _, isa := range isaNumbers() {
		for _, c := range special {
			a, b, out := []T{T(c.a)}, []T{T(c.b)}, []T{0}
			callTile(isa, c.op, a, b, a, out, 0, 0)
			want := float64(T(c.want))
			d := distance(float64(out[0]), want, eps, tiny)
			if same(out[0], T(c.want)) || d <= 2 && want != 0 {
				continue
			}
			t.Errorf("isa %d: %v(%g, %g) = %g, want %g", isa, c.op, c.a, c.b, out[0], c.want)
		}
		// NaN in, NaN out, for all that look at the value and not at its class.
		for _, info := range kernels.Elementwise() {
			x, out := []T{T(nan)}, []T{0}
			callTile(isa, info.Op, x, x, x, out, 0.5, 1)
			class := info.Op == kernels.IsFinite || info.Op >= kernels.Lt && info.Op <= kernels.Ne
			if out[0] == out[0] && !class {
				t.Errorf("isa %d: %s(NaN) = %g", isa, info.Name, out[0])
			}
		}
	}
}

func TestSpecialValues(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testSpecial[float32](t, 0x1p-23, 0x1p-126) })
	t.Run("float64", func(t *testing.T) { testSpecial[float64](t, 0x1p-52, 0x1p-1022) })
}

// TestExactAtZero: symmetric functions hit their centre, whatever their polynomials round to.
func TestExactAtZero(t *testing.T) {
	want := map[kernels.Op]float32{
		kernels.Exp: 1, kernels.Cos: 1, kernels.Sigmoid: 0.5, kernels.Erfc: 1, kernels.NormCDF: 0.5, kernels.Tanh: 0,
	}
	for op, w := range want {
		for _, isa := range isaNumbers() {
			single, double := []float32{9}, []float64{9}
			callTile(isa, op, []float32{0}, nil, nil, single, 0, 0)
			callTile(isa, op, []float64{0}, nil, nil, double, 0, 0)
			if single[0] != w || double[0] != float64(w) {
				t.Errorf("isa %d: %v(0) = %g in float32, %g in float64, want %g", isa, op, single[0], double[0], w)
			}
		}
	}
}

// TestPowFollowsMathPow compares all pairs of special values with Go's pow, which follows C's.
func TestPowFollowsMathPow(t *testing.T) {
	more := append([]float64{-3, 7, -0.3, 1e-3, 1e5, -1e5 - 1}, specials...)
	for _, isa := range isaNumbers() {
		for _, a := range more {
			for _, b := range more {
				if a != 0 && math.Abs(a) < 0x1p-1022 {
					continue // Go 1.26 gives 1e-310 ^ 0.1 = 1.6e-31
				}
				out := []float64{0}
				callTile(isa, kernels.Pow, []float64{a}, []float64{b}, nil, out, 0, 0)
				want := math.Pow(a, b)
				if !same(out[0], want) && !(distance(out[0], want, 0x1p-52, 0x1p-1022) <= 400) {
					t.Errorf("isa %d: pow(%g, %g) = %g, want %g", isa, a, b, out[0], want)
				}
			}
		}
	}
}
