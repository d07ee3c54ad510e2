package ref

import (
	"math"
	"testing"
)

// The op table allows 1e-12 to 1e-14 relative to max(1,|want|); 1e-13 relative to |want|, with
// an absolute floor for zeros, keeps the oracle ten times better than what it judges. Tails in
// which the argument's own rounding is amplified by x² (Φ at -37) get that factor.
func TestScalarFunctionsAgainstGoldens(t *testing.T) {
	funcs := map[string]struct {
		f   func(float64) float64
		tol float64
	}{
		"sigmoid": {sigmoid, 1e-15}, "softplus": {softplus, 1e-15}, "logSigmoid": {logSigmoid, 1e-15},
		"normCDF": {normCDF, 3e-13}, "logNormCDF": {logNormCDF, 1e-14}, "normInv": {normInv, 1e-14},
		"lgamma": {lgamma, 1e-14}, "digamma": {digamma, 1e-14}, "trigamma": {trigamma, 1e-14},
		"tetragamma": {tetragamma, 1e-14},
	}
	if len(funcs) != len(goldens) {
		t.Fatalf("%d functions, %d golden tables", len(funcs), len(goldens))
	}
	for name, fn := range funcs {
		for _, g := range goldens[name] {
			got := fn.f(g.x)
			if d := math.Abs(got - g.want); !(d <= fn.tol*math.Abs(g.want) || d <= 1e-15) {
				t.Errorf("%s(%v) = %v, want %v: relative error %.2g", name, g.x, got, g.want, d/math.Abs(g.want))
			}
		}
	}
}

// Implicit gradients need 1e-8 relative; the worst rows are those where x is near a+1.
func TestGammaGradAgainstGoldens(t *testing.T) {
	for _, g := range gammaGradGoldens {
		got := gammaGrad(g.a, g.x)
		if d := math.Abs(got-g.want) / math.Abs(g.want); !(d <= 1e-10) {
			t.Errorf("gammaGrad(%v, %v) = %v, want %v: relative error %.2g", g.a, g.x, got, g.want, d)
		}
	}
}

func TestScalarFunctionsAtLimits(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	tests := []struct {
		name    string
		f       func(float64) float64
		x, want float64
	}{
		{"sigmoid", sigmoid, inf, 1}, {"sigmoid", sigmoid, -inf, 0},
		{"softplus", softplus, inf, inf}, {"softplus", softplus, -inf, 0},
		{"logSigmoid", logSigmoid, inf, 0}, {"logSigmoid", logSigmoid, -inf, -inf},
		{"normCDF", normCDF, inf, 1}, {"normCDF", normCDF, -inf, 0},
		{"logNormCDF", logNormCDF, inf, 0}, {"logNormCDF", logNormCDF, -inf, -inf},
		{"normInv", normInv, 0, -inf}, {"normInv", normInv, 1, inf}, {"normInv", normInv, -0.1, nan},
		{"normInv", normInv, 1.1, nan}, {"lgamma", lgamma, inf, inf}, {"lgamma", lgamma, 0, inf},
		{"digamma", digamma, inf, inf}, {"digamma", digamma, 0, nan}, {"trigamma", trigamma, inf, 0},
		{"trigamma", trigamma, -1, nan}, {"tetragamma", tetragamma, inf, 0}, {"tetragamma", tetragamma, -2, nan},
		{"sign", sign, -inf, -1}, {"isFinite", isFinite, inf, 0}, {"isFinite", isFinite, 1e308, 1},
		{"isFinite", isFinite, nan, 0},
		// mpmath 1.3.0: log(mpf(1e-310)), log(mpf(5e-324)).
		{"logOf", logOf, 1e-310, -713.80137882815416}, {"logOf", logOf, 5e-324, -744.44007192138126},
		{"logOf", logOf, 0, -inf}, {"logOf", logOf, -1, nan}, {"lgamma", lgamma, 5e-324, 744.44007192138126},
	}
	for _, tc := range tests {
		if got := tc.f(tc.x); got != tc.want && !(math.IsNaN(got) && math.IsNaN(tc.want)) {
			t.Errorf("%s(%v) = %v, want %v", tc.name, tc.x, got, tc.want)
		}
		if got := tc.f(nan); tc.name != "isFinite" && !math.IsNaN(got) {
			t.Errorf("%s(NaN) = %v", tc.name, got)
		}
	}
	for _, x := range []float64{-1, nan, inf} {
		if got := gammaGrad(2, x); !math.IsNaN(got) {
			t.Errorf("gammaGrad(2, %v) = %v, want NaN", x, got)
		}
	}
}
