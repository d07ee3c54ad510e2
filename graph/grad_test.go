package graph

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"

	"elbo/kernels"
)

// Grad may be taken many times, of several costs, of gradients, and by inner nodes; Gorgonia's
// own gives the first answer for all (its 48618 for 1458).
func TestGradRepeatsAndNests(t *testing.T) {
	mustBuild(t, kernels.F64, func(g *Graph) {
		x := g.Param("x", []float64{3}, 1)
		x2 := Square(x)
		cube := Sum(Mul(x2, x))
		at := func(n *Node) float64 { return evaluate(t, nil, n)[0] }
		want := func(what string, n *Node, v float64) {
			if got := at(n); got != v {
				t.Errorf("%s = %g, want %g", what, got, v)
			}
		}
		d := Grad(cube, x)[0]
		want("d x³", d, 27)
		want("d x³ again", Grad(cube, x)[0], 27)
		want("d² x³", Grad(d, x)[0], 18)
		want("d³ x³", Grad(Grad(d, x)[0], x)[0], 6)
		want("d x²", Grad(x2, x)[0], 6)
		want("d x³ by x² (an inner node)", Grad(cube, x2)[0], 3)
		both := Grad(cube, x2, x)
		want("by x² beside x", both[0], 3)
		want("by x beside x²", both[1], 27)
		want("by itself", Grad(x, x)[0], 1)
		want("by what it ignores", Grad(x2, g.Param("other", nil, 1))[0], 0)
		want("stopped", Grad(Mul(StopGrad(x2), x), x)[0], 9)
	})
}

// Equal maxima share the gradient; max and min at a tie still add up.
func TestGradAtTies(t *testing.T) {
	mustBuild(t, kernels.F64, func(g *Graph) {
		x, y := g.Param("x", []float64{1, 5, 5, 2}, 4), g.Param("y", []float64{1, 5, 0, 2}, 4)
		check(t, "max", evaluate(t, nil, Grad(MaxAxis(x), x)[0]), []float64{0, 0.5, 0.5, 0})
		both := Grad(Add(Max(x, y), Min(x, y)), x, y)
		for _, d := range both {
			check(t, "max + min", evaluate(t, nil, d), []float64{1, 1, 1, 1})
		}
		check(t, "clamp", evaluate(t, nil, Grad(Clamp(x, 2, 4), x)[0]), []float64{0, 0, 0, 1})
		zero := g.Param("zero", nil, 2)
		power := Grad(Pow(zero, g.Const(2)), zero)[0]
		check(t, "0²", evaluate(t, nil, power), []float64{0, 0})
	})
}

// A long chain needs no recursion, and compile-time differentiation stays linear.
func TestGradOfALongChain(t *testing.T) {
	mustBuild(t, kernels.F64, func(g *Graph) {
		x := g.Param("x", []float64{1})
		y := x
		for range 1500 {
			y = AddC(y, 1e-3)
		}
		if d := evaluate(t, nil, Grad(y, x)[0]); d[0] != 1 {
			t.Errorf("derivative %g, want 1", d[0])
		}
	})
	be := misuse(t, func(g *Graph) {
		g.serial = MaxNodes - 2 // as if so many nodes had been made
		x := g.Param("x", nil)
		for range 3 {
			x = Neg(x)
		}
	})
	if be.Op != "neg" {
		t.Errorf("refused at %q", be.Op)
	}
}

// Graphs are independent: building and differentiating in parallel races on nothing.
func TestGraphsInParallel(t *testing.T) {
	var wg sync.WaitGroup
	results := make([]float64, 8)
	for i := range results {
		wg.Go(func() {
			dt := []kernels.DType{kernels.F32, kernels.F64}[i%2]
			var d *Node
			g, err := Build(dt, func(g *Graph) {
				w := g.Param("w", []float64{2}, 3)
				cost := Sum(Square(w))
				d = Grad(cost, w)[0]
				if _, err := gorgonia.Grad(cost, w); err != nil {
					t.Error(err)
				}
			})
			if err != nil || GraphOf(d) != g {
				t.Error(fmt.Errorf("graph %d: %w", i, err))
				return
			}
			out, err := Reference(nil, 0, 0, d)
			if err != nil {
				t.Error(err)
				return
			}
			results[i] = out[0][2]
		})
	}
	wg.Wait()
	for i, x := range results {
		if x != 4 || math.IsNaN(x) {
			t.Errorf("graph %d: %g, want 4", i, x)
		}
	}
}
