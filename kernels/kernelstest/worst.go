package kernelstest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"elbo/kernels"
)

// worst collects, per op and type, how far a device was from the oracle at most.
type worst struct {
	runs  map[string]int
	error map[string]float64 // in units of the scale that tolerances use
	tol   map[string]float64
}

// errorsSeen belongs to the suite under way; its checks run one after another.
var errorsSeen worst

func (w *worst) reset() {
	*w = worst{runs: map[string]int{}, error: map[string]float64{}, tol: map[string]float64{}}
}

// see records the results of one run of a program, whose name begins with its op's.
func (w *worst) see(p *kernels.Program, got map[string][]float64, a answer, tol float64) {
	if w.runs == nil {
		return // a check outside Run
	}
	op, _, _ := strings.Cut(p.Name, " ")
	if op == "NaN" || strings.HasSuffix(op, "Inf") {
		op = "spread" // of that value through a broadcast
	}
	key := fmt.Sprintf("%s %v", op, p.DType)
	w.runs[key]++
	w.tol[key] = max(w.tol[key], tol)
	for name, want := range a.want {
		w.error[key] = max(w.error[key], distance(got[name], want, a.scale[name], p.DType))
	}
}

// distance is the largest |got-want| in units of the scale that Mismatch uses, +Inf for a wrong
// kind of number.
func distance(got, want, scale []float64, dt kernels.DType) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	far := 0.0
	for i, w := range want {
		if dt == kernels.F32 && math.IsInf(float64(float32(w)), 0) {
			w = math.Inf(int(math.Copysign(1, w)))
		}
		unit := max(1, math.Abs(w))
		if scale != nil {
			unit = max(1, math.Abs(scale[i]))
		}
		switch {
		case got[i] == w || math.IsNaN(got[i]) && math.IsNaN(w):
		case math.IsNaN(got[i]-w) || math.IsInf(got[i]-w, 0):
			return math.Inf(1)
		default:
			far = max(far, math.Abs(got[i]-w)/unit)
		}
	}
	return far
}

// log prints a line per op and type, which -test.v shows.
func (w *worst) log(t *testing.T) {
	keys := make([]string, 0, len(w.runs))
	for k := range w.runs {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		t.Logf("error of %s: %.2e, tolerance %.1e, %d runs", k, w.error[k], w.tol[k], w.runs[k])
	}
}
