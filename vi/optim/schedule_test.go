package optim

import (
	"math"
	"testing"

	"elbo/graph"
)

// TestSchedules against their formulas, at the ends, at joints and beyond them.
func TestSchedules(t *testing.T) {
	cosine := func(step, total float64) float64 {
		return 0.5 * (1 + math.Cos(math.Pi*math.Min(step/total, 1)))
	}
	for name, c := range map[string]struct {
		schedule Schedule
		want     func(step float64) float64
	}{
		"constant":    {Constant(), func(float64) float64 { return 1 }},
		"cosine":      {Cosine(40), func(s float64) float64 { return cosine(s, 40) }},
		"root":        {InverseSqrt(10), func(s float64) float64 { return math.Sqrt(10 / math.Max(s+1, 10)) }},
		"exponential": {Exponential(40, 0.1), func(s float64) float64 { return math.Pow(0.1, math.Min(s/40, 1)) }},
		"linear":      {Linear(40, 0.25), func(s float64) float64 { return 1 - 0.75*math.Min(s/40, 1) }},
		"cosine to":   {DownTo(0.1, Cosine(40)), func(s float64) float64 { return 0.1 + 0.9*cosine(s, 40) }},
		"warm-up": {WarmUp(5, Cosine(40)), func(s float64) float64 {
			return math.Min((s+1)/5, 1) * cosine(s, 40)
		}},
	} {
		in := descend(t, graph.F64, func(code *graph.Code, p []graph.ParamGrad) {
			SGD{}.Update(code, p, code.Const(0))
			code.Output("factor", c.schedule(code, code.StepV()))
		})
		for _, step := range []uint64{0, 1, 3, 4, 5, 9, 10, 20, 39, 40, 41, 1000} {
			if err := in.Run(step, 1); err != nil {
				t.Fatal(err)
			}
			got, err := in.Get("factor")
			if err != nil {
				t.Fatal(err)
			}
			if want := c.want(float64(step)); !(math.Abs(got[0]-want) <= 1e-14) {
				t.Errorf("%s at step %d: %v, want %v", name, step, got[0], want)
			}
		}
	}
}
