package nn

import (
	"math"
	"slices"
	"testing"

	"elbo/graph"
)

// Values are dropped or scaled by 1/(1−rate); the share dropped is binomial.
func TestDropout(t *testing.T) {
	const n, rate = 20000, 0.3
	tr := try(t, Dropout{Rate: rate}, true, n, 1)
	dropped := 0
	for i, y := range tr.eval(t, tr.y)[0] {
		switch x := tr.values["x"][i]; {
		case y == 0:
			dropped++
		case math.Abs(y-x/(1-rate)) > roundoff:
			t.Fatalf("%v becomes %v", x, y)
		}
	}
	// Four standard deviations of the binomial.
	if bound := 4 * math.Sqrt(n*rate*(1-rate)); math.Abs(float64(dropped)-n*rate) > bound {
		t.Errorf("%d of %d dropped at rate %v", dropped, n, rate)
	}
	small := try(t, Dropout{Rate: rate}, true, 3, 4)
	small.gradients(t)
}

// Every step, seed and application has a mask of its own; the same ones give the same mask.
func TestDropoutDraws(t *testing.T) {
	tr := tryWith(t, true, func(c *Context, x *graph.Node) *graph.Node {
		l := Dropout{Rate: 0.5}
		return graph.Concat(1, l.Apply(c, "l", x), l.Apply(c, "l", x))
	}, 1, 64)
	at := func(seed, step uint64) []float64 {
		out, err := graph.Reference(tr.values, seed, step, tr.y)
		if err != nil {
			t.Fatal(err)
		}
		return out[0]
	}
	first := at(1, 0)
	if !slices.Equal(first, at(1, 0)) {
		t.Error("the same step draws another mask")
	}
	if slices.Equal(first, at(1, 1)) || slices.Equal(first, at(2, 0)) {
		t.Error("another step or seed draws the same mask")
	}
	if slices.Equal(first[:64], first[64:]) {
		t.Error("a second application draws the same mask")
	}
}

func TestDropoutOff(t *testing.T) {
	for _, c := range []struct {
		rate  float64
		train bool
	}{{0.5, false}, {0, true}} {
		tr := try(t, Dropout{Rate: c.rate}, c.train, 3, 4)
		if tr.y != tr.x {
			t.Errorf("rate %v, train %v: not the identity", c.rate, c.train)
		}
	}
}
