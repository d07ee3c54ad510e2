package graph

import (
	"math"
	"strings"
	"testing"

	"elbo/kernels"
)

func TestLocateNamesTheFirstNonFiniteValue(t *testing.T) {
	var s Spec
	g, err := Build(kernels.F64, func(g *Graph) {
		x, w := g.Data("x", 4, 2), g.Param("w", []float64{1}, 2)
		eta := MatMul(x, w)
		masked := Where(Gt(eta, g.Const(-10)), eta, Log(eta)) // log of negatives is never taken
		rate := g.Name(Log(AddC(masked, 2)), "log rate")
		s.Loss = Sum(rate)
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Update, s.Outputs = momentum, []Output{{"loss", s.Loss}}
	in := load(t, g, s, fusedMode, false)
	set(t, in, "lr", 0.125)
	set(t, in, "x", 1, 1, 0, -1, -1, 0.5, 2, 2)
	if n, err := in.Locate(5); err != nil || n != nil {
		t.Fatalf("finite program: %v, %v", n, err)
	}
	set(t, in, "x", 1, 1, 0, -1, -4, 0.5, 2, 2)
	n, err := in.Locate(5)
	if err != nil || n == nil {
		t.Fatalf("nothing found: %v", err)
	}
	if n.Op != "log" || n.Site != "log rate" || n.Row != 2 || n.Step != 5 || !math.IsNaN(n.Value) {
		t.Errorf("found %v; NaN in log of row 2 wanted", n)
	}
	check(t, "w", get(t, in, "w"), []float64{1, 1}) // nothing was updated

	set(t, in, "x", 1, 1, 0, math.Inf(1), -4, 0.5, 2, 2)
	if n, err = in.Locate(0); err != nil || n == nil || n.Op != "input" || n.Site != "x" || n.Index != 3 || n.Row != 1 {
		t.Errorf("found %v (%v); input x element 3 wanted", n, err)
	}
	if !strings.Contains(n.String(), `input of "x", element 3`) {
		t.Error(n.String())
	}
}
