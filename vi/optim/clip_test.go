package optim

import (
	"math"
	"testing"

	"elbo/graph"
)

// clipped runs one step and returns the norm and the gradients after clipping.
func clipped(t *testing.T, limit float64, start []float64) (norm float64, g []float64) {
	t.Helper()
	in := descend(t, graph.F64, func(c *graph.Code, p []graph.ParamGrad) {
		n := GradNorm(c, p)
		c.Output("norm", n)
		for _, x := range Clip(c, p, n, limit) {
			c.Output("clipped/"+x.Name, x.Grad)
		}
		SGD{}.Update(c, p, c.Const(0))
	})
	if start != nil {
		if err := in.Set("first", start); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Run(0, 1); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"norm", "clipped/first", "clipped/second"} {
		x, err := in.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "norm" {
			norm = x[0]
			continue
		}
		g = append(g, x...)
	}
	return norm, g
}

// TestClip scales all gradients by one factor above the limit and none below it.
func TestClip(t *testing.T) {
	raw := gradient(startW)
	want := 0.0
	for _, x := range raw {
		want += x * x
	}
	want = math.Sqrt(want)
	for _, limit := range []float64{want / 4, want * 4} {
		norm, g := clipped(t, limit, nil)
		if math.Abs(norm-want) > 1e-13*want {
			t.Errorf("norm %v, want %v", norm, want)
		}
		factor := math.Min(1, limit/want)
		for i, x := range g {
			if math.Abs(x-factor*raw[i]) > 1e-14*want {
				t.Errorf("limit %g: gradient %d = %v, want %v", limit, i, x, factor*raw[i])
			}
		}
	}
}

// TestClipKeepsNaN: what is broken stays visible in every gradient.
func TestClipKeepsNaN(t *testing.T) {
	norm, g := clipped(t, 1, []float64{math.NaN(), 0})
	if !math.IsNaN(norm) {
		t.Errorf("norm %v", norm)
	}
	for i, x := range g {
		if !math.IsNaN(x) {
			t.Errorf("gradient %d = %v", i, x)
		}
	}
}
