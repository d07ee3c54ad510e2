package elbo_test

import (
	"fmt"
	"math"
	"testing"

	"elbo/graph"
	"elbo/kernels/ref"
	"elbo/vi"
	"elbo/vi/train"
)

// tally is a rule that moves nothing and sums gradients and their squares, so that one call
// of a program gives the mean and variance of thousands of gradient estimates.
type tally struct{}

func (tally) Name() string { return "tally" }

func (tally) Update(c *graph.Code, params []graph.ParamGrad, _ graph.V) {
	for _, p := range params {
		sum := c.NewState("tally/sum/"+p.Name, nil, c.Shape(p.Param)...)
		square := c.NewState("tally/square/"+p.Name, nil, c.Shape(p.Param)...)
		c.SetState(sum, c.Add(sum, p.Grad))
		c.SetState(square, c.Add(square, c.Square(p.Grad)))
	}
}

// estimate is the mean of many gradients of a bound and of its values, with standard errors.
type estimate struct {
	mean, se []float64 // gradient, parameters concatenated
	largest  float64   // root of the largest mean square of a coordinate's gradient
	value    float64
}

// problem is a target with a family at fixed parameters.
type problem struct {
	target vi.Target
	family vi.Family
	params map[string][]float64
}

// compile builds the step that tallies an objective's gradients.
func (p problem) compile(o vi.Objective, s vi.Particles) (*train.Step, error) {
	return train.Plan{
		Name: o.Name(), DType: graph.F64, Seed: 11, Target: p.target, Family: p.family, Objective: o,
		Rule: tally{}, Particles: s,
	}.Compile()
}

// estimate runs n steps of S particles from a first step on.
func (p problem) estimate(t *testing.T, o vi.Objective, s vi.Particles, first uint64, n int) estimate {
	t.Helper()
	step, err := p.compile(o, s)
	if err != nil {
		t.Fatal(err)
	}
	in, err := step.Program.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range step.Params {
		if x := p.params[name]; x != nil {
			if err := in.Set(name, x); err != nil {
				t.Fatal(err)
			}
		}
	}
	return tallied(t, in, step.Params, first, n)
}

// tallied runs n steps and reads the tallies.
func tallied(t *testing.T, in *graph.Instance, params []string, first uint64, n int) estimate {
	t.Helper()
	if err := in.Run(first, n); err != nil {
		t.Fatal(err)
	}
	get := func(name string) []float64 {
		x, err := in.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	out := estimate{value: get(train.SlotElboSum)[0] / float64(n)}
	for _, name := range params {
		sum, square := get("tally/sum/"+name), get("tally/square/"+name)
		for i := range sum {
			m, m2 := sum[i]/float64(n), square[i]/float64(n)
			out.mean = append(out.mean, m)
			out.se = append(out.se, math.Sqrt(max(m2-m*m, 0)/float64(n)))
			out.largest = math.Max(out.largest, math.Sqrt(m2))
		}
	}
	return out
}

// agree checks that two estimates have the same mean: |z| < 4 per coordinate.
func agree(a, b estimate) error {
	for i := range a.mean {
		d := math.Abs(a.mean[i] - b.mean[i])
		// Rounding of 10⁴ sums of numbers below 10³.
		if limit := 4*math.Hypot(a.se[i], b.se[i]) + 1e-9; !(d <= limit) {
			return fmt.Errorf("coordinate %d: %g ± %g against %g ± %g", i, a.mean[i], a.se[i], b.mean[i], b.se[i])
		}
	}
	return nil
}

// vanishes checks that every single gradient was zero to rounding.
func vanishes(e estimate) error {
	if !(e.largest <= 1e-10) {
		return fmt.Errorf("a gradient of %g at the optimum", e.largest)
	}
	return nil
}

// moves checks that noise is drawn anew at every step. Coordinates that no draw depends on,
// such as those above a Cholesky factor's diagonal, have a gradient of exactly zero.
func moves(e estimate) error {
	alive := false
	for i, s := range e.se {
		if e.mean[i] == 0 && s == 0 {
			continue
		}
		// A standard error of zero over many steps means that all of them were the same.
		if !(s > 1e-7*math.Abs(e.mean[i])) {
			return fmt.Errorf("coordinate %d: the gradient is %g at every step", i, e.mean[i])
		}
		alive = true
	}
	if !alive {
		return fmt.Errorf("no coordinate has a gradient")
	}
	return nil
}
