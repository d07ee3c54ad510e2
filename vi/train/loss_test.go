package train

import (
	"math"
	"testing"

	"elbo/graph"
	"elbo/kernels/ref"
	"elbo/vi/optim"
)

// TestStepsFollowTheBound: one step of plain ascent on the bound −Σ(w−3)²/2 moves w by lr (3−w), however many rows
// the bound is of, and the norm reported is that gradient's. With a schedule it moves by that part of it.
func TestStepsFollowTheBound(t *testing.T) {
	const rate = 0.1
	start := []float64{0, 1}
	for _, c := range []struct {
		rows     int64
		clip     float64
		schedule optim.Schedule
		part     float64
	}{
		{0, 0, nil, 1}, {1, 0, nil, 1}, {4, 0, nil, 1}, {0, 0, optim.WarmUp(4, optim.Constant()), 0.25},
		{4, math.Sqrt(13) / 2, nil, 0.5},
	} {
		step, err := StepSpec{
			Name: "ascent", DType: graph.F64, Rule: optim.SGD{}, Rows: c.rows, ClipNorm: c.clip, Schedule: c.schedule,
			Build: func(g *graph.Graph) StepParts {
				w := g.Param("w", start, 2)
				return StepParts{Bound: graph.MulC(graph.Sum(graph.Square(graph.AddC(w, -3))), -0.5)}
			},
		}.Compile()
		if err != nil {
			t.Fatal(err)
		}
		in, err := step.Program.Load(ref.Open())
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Set(SlotLR, []float64{rate}); err != nil {
			t.Fatal(err)
		}
		if err := in.Run(0, 1); err != nil {
			t.Fatal(err)
		}
		w, err := in.Get("w")
		if err != nil {
			t.Fatal(err)
		}
		norm, err := in.Get(SlotGradNorm)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range start {
			if want := x + c.part*rate*(3-x); math.Abs(w[i]-want) > 1e-14 {
				t.Errorf("%d rows, clip %g: w[%d] = %.15g, want %.15g", c.rows, c.clip, i, w[i], want)
			}
		}
		if want := math.Sqrt(13); math.Abs(norm[0]-want) > 1e-14 { // (3, 2), before clipping
			t.Errorf("%d rows, clip %g: gradient norm %.15g, want %.15g", c.rows, c.clip, norm[0], want)
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}
}
