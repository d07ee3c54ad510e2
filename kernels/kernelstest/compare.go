package kernelstest

import (
	"fmt"
	"math"

	"elbo/kernels"
)

// Mismatch returns a description of the worst element of got beyond tol·scale[i] of want, or "".
// NaN equals NaN alone and an infinity itself alone; a nil scale means max(1, |want|). Values
// float32 cannot hold count as infinite when dt is F32.
func Mismatch(got, want, scale []float64, tol float64, dt kernels.DType) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d elements, want %d", len(got), len(want))
	}
	worst, at := -1.0, 0
	for i, w := range want {
		if dt == kernels.F32 && math.IsInf(float64(float32(w)), 0) {
			w = math.Inf(int(math.Copysign(1, w)))
		}
		unit := max(1, math.Abs(w))
		if scale != nil {
			unit = max(1, math.Abs(scale[i]))
		}
		if d := excess(got[i], w, tol*unit); d > worst {
			worst, at = d, i
		}
	}
	if worst <= 0 {
		return ""
	}
	return fmt.Sprintf("element %d of %d is %v, want %v (off by %.3g, tolerance %.3g)",
		at, len(want), got[at], want[at], math.Abs(got[at]-want[at]), tol)
}

// excess returns 0 for a match, +Inf for a wrong kind of number, else how far got is off.
func excess(got, want, allowed float64) float64 {
	switch {
	case math.IsNaN(got) || math.IsNaN(want) || math.IsInf(got, 0) || math.IsInf(want, 0):
		if got == want || math.IsNaN(got) && math.IsNaN(want) {
			return 0
		}
		return math.Inf(1)
	case math.Abs(got-want) <= allowed:
		return 0
	}
	return math.Abs(got-want) / max(allowed, 1e-300)
}

// SameBits reports whether two results are equal bit for bit, NaN payloads aside, and where not.
func SameBits(a, b map[string][]float64) error {
	for name, x := range a {
		y := b[name]
		if len(x) != len(y) {
			return fmt.Errorf("kernelstest: slot %q: %d and %d elements", name, len(x), len(y))
		}
		for i := range x {
			if math.Float64bits(x[i]) != math.Float64bits(y[i]) && !(math.IsNaN(x[i]) && math.IsNaN(y[i])) {
				return fmt.Errorf("kernelstest: slot %q element %d: %v and %v", name, i, x[i], y[i])
			}
		}
	}
	return nil
}
