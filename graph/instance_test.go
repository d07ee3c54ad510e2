package graph

import (
	"math"
	"testing"

	"elbo/kernels"
	"elbo/kernels/ref"
)

// load compiles and loads on the reference device, in the given mode.
func load(t *testing.T, g *Graph, s Spec, m mode, raw bool) *Instance {
	t.Helper()
	c := newCode(s.Name, g.dt)
	c.raw = raw
	p, err := compileGraph(g, s, c, m)
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in
}

func get(t *testing.T, in *Instance, name string) []float64 {
	t.Helper()
	x, err := in.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func set(t *testing.T, in *Instance, name string, x ...float64) {
	t.Helper()
	if err := in.Set(name, x); err != nil {
		t.Fatal(err)
	}
}

func TestPassComputesAndAssigns(t *testing.T) {
	for _, m := range []mode{plainMode, keepMode, fusedMode} {
		var s Spec
		g, err := Build(kernels.F64, func(g *Graph) {
			x := g.Data("x", 3, 2)
			acc := g.State("acc", []float64{10}, 2)
			sum := Sum(Exp(x), 0)
			s.Outputs = []Output{{"old", acc}, {"sum", sum}, {"row", Sum(Mul(x, acc), 1)}}
			s.Assign = []Assign{{acc, Add(acc, sum)}}
		})
		if err != nil {
			t.Fatal(err)
		}
		in := load(t, g, s, m, false)
		set(t, in, "x", 0, 1, 0, 1, 0, 2)
		if err := in.Run(0, 2); err != nil {
			t.Fatal(err)
		}
		e := math.E
		second := []float64{10 + 3, 10 + 2*e + e*e}
		check(t, "old", get(t, in, "old"), second)
		check(t, "sum", get(t, in, "sum"), []float64{3, 2*e + e*e})
		check(t, "row", get(t, in, "row"), []float64{second[1], second[1], 2 * second[1]})
		check(t, "acc", get(t, in, "acc"), []float64{16, 10 + 4*e + 2*e*e})
	}
}

func check(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= 1e-12*max(1, math.Abs(want[i]))) {
			t.Errorf("%s: %v, want %v", what, got, want)
			return
		}
	}
}
