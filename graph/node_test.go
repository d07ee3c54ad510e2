package graph

import (
	"errors"
	"math"
	"strings"
	"testing"

	"elbo/kernels"
)

func mustBuild(t testing.TB, dt kernels.DType, f func(g *Graph)) *Graph {
	t.Helper()
	g, err := Build(dt, f)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestReferenceOfALogisticLoss(t *testing.T) {
	var loss, dw *Node
	mustBuild(t, kernels.F64, func(g *Graph) {
		x, y := g.Data("x", 2, 3), g.Data("y", 2)
		w := g.Param("w", []float64{0.1, -0.2, 0.3}, 3)
		eta := MatVec(x, w)
		loss = Sum(Sub(Softplus(eta), Mul(y, eta)))
		dw = Grad(loss, w)[0]
	})
	out, err := Reference(map[string][]float64{"x": {1, 2, 3, 4, 5, 6}, "y": {1, 0}}, 0, 0, loss, dw)
	if err != nil {
		t.Fatal(err)
	}
	e1, e2 := 0.1-0.4+0.9, 0.4-1.0+1.8
	want := softplus(e1) - e1 + softplus(e2)
	if math.Abs(out[0][0]-want) > 1e-14 {
		t.Errorf("loss %g, want %g", out[0][0], want)
	}
	r1, r2 := sigmoid(e1)-1, sigmoid(e2)
	for k := range 3 {
		if want := r1*float64(k+1) + r2*float64(k+4); math.Abs(out[1][k]-want) > 1e-14 {
			t.Errorf("gradient %d: %g, want %g", k, out[1][k], want)
		}
	}
}

func TestMisuseIsABuildErrorAtTheCallersLine(t *testing.T) {
	_, err := Build(kernels.F32, func(g *Graph) {
		MatMul(g.Data("a", 2, 3), g.Data("b", 2, 3))
	})
	var be *BuildError
	if !errors.As(err, &be) {
		t.Fatalf("error %v is no BuildError", err)
	}
	if be.Op != "matmul" || !strings.Contains(be.Pos, "node_test.go:") || len(be.Shapes) != 2 {
		t.Errorf("op %q pos %q shapes %v", be.Op, be.Pos, be.Shapes)
	}
}

// misuse returns the *BuildError that building f gives, or fails.
func misuse(t *testing.T, f func(g *Graph)) *BuildError {
	t.Helper()
	_, err := Build(kernels.F64, f)
	var be *BuildError
	if !errors.As(err, &be) {
		t.Fatalf("error %v is no BuildError", err)
	}
	return be
}

func TestMisuseIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, want string
		f          func(g *Graph)
	}{
		{"double name", "exists already", func(g *Graph) { g.Data("a"); g.Param("a", nil) }},
		{"no name", "needs a name", func(g *Graph) { g.Data("") }},
		{"step name", "kept for the step", func(g *Graph) { g.Data("step") }},
		{"zero extent", "extents are positive", func(g *Graph) { g.Data("a", 0) }},
		{"rank", "above 4", func(g *Graph) { g.Data("a", 1, 1, 1, 1, 1) }},
		{"init", "initial elements", func(g *Graph) { g.Param("a", []float64{1, 2}, 3) }},
		{"no broadcast", "do not broadcast", func(g *Graph) { Add(g.Data("a", 2), g.Data("b", 3)) }},
		{"int in float op", "see ToFloat", func(g *Graph) { Exp(g.DataInt("a", 2)) }},
		{"float index", "see ToFloat and ToInt", func(g *Graph) { Gather(g.Data("a", 2), g.Data("b", 2)) }},
		{"site twice", "has drawn already", func(g *Graph) { g.Normal01("z", 2); g.Uniform01("z", 2) }},
		{"axis", "outside rank 1", func(g *Graph) { Sum(g.Data("a", 2), 1) }},
		{"axis twice", "given twice", func(g *Graph) { Sum(g.Data("a", 2, 2), 1, -1) }},
		{"empty slice", "is empty", func(g *Graph) { Slice(g.Data("a", 2), 0, 1, 1) }},
		{"nil node", "nil", func(g *Graph) { Exp(nil) }},
		{"two graphs", "", func(g *Graph) {
			other, err := Build(kernels.F64, func(h *Graph) { h.Data("b") })
			if err == nil {
				Add(g.Data("a"), other.Lookup("b"))
			}
		}},
		{"int gradient", "int32", func(g *Graph) { Grad(g.Data("a"), g.DataInt("b")) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if be := misuse(t, c.f); !strings.Contains(be.Error(), c.want) || !strings.Contains(be.Pos, "node_test.go") {
				t.Errorf("error %q at %q, want %q", be, be.Pos, c.want)
			}
		})
	}
	if _, err := Build(kernels.I32, func(*Graph) {}); err == nil {
		t.Error("an int32 graph was built")
	}
	defer func() {
		if recover() != "other" {
			t.Error("a panic that is no misuse was swallowed")
		}
	}()
	_, _ = Build(kernels.F64, func(*Graph) { panic("other") })
}

func evaluate(t *testing.T, values map[string][]float64, root *Node) []float64 {
	t.Helper()
	out, err := Reference(values, 9, 4, root)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// Nodes that Gorgonia's hashing would merge stay apart: constants that print alike, equal ops
// on equal operands, inputs of equal shape.
func TestNothingIsMerged(t *testing.T) {
	mustBuild(t, kernels.F32, func(g *Graph) {
		a, b := make([]float64, 400), make([]float64, 400)
		b[200] = 1
		if x := evaluate(t, nil, Sum(Sub(g.ConstTensor(b, 400), g.ConstTensor(a, 400)))); x[0] != 1 {
			t.Errorf("tensor constants merged: %v", x)
		}
		if two := g.Const(2); two != g.Const(2) || g.Const(0) == g.Const(math.Copysign(0, -1)) || g.Const(0.1) == g.Const(0.1+1e-16) {
			t.Error("scalar constants are not one node per bit pattern")
		}
		x := g.Data("x", 300)
		seen := map[*Node]bool{}
		for range 100 {
			for _, n := range []*Node{Exp(x), Slice(x, 0, 0, 3), Slice(x, 0, 256, 259)} {
				if seen[n] {
					t.Fatal("an op was merged with another")
				}
				seen[n] = true
			}
		}
	})
}

func TestNoiseIsPhilox(t *testing.T) {
	for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
		mustBuild(t, dt, func(g *Graph) {
			want := make([]float64, 130)
			kernels.FillNormal(want, dt, 9, kernels.StreamID("z"), 4)
			for i, x := range evaluate(t, nil, g.Normal01("z", 13, 10)) {
				if x != want[i] && x != float64(float32(want[i])) {
					t.Fatalf("%v normal %d: %g, want %g", dt, i, x, want[i])
				}
			}
			kernels.FillUniform(want, dt, 9, kernels.StreamID("u"), 4)
			if x := evaluate(t, nil, g.Uniform01("u", 130)); x[129] != want[129] && x[129] != float64(float32(want[129])) {
				t.Errorf("%v uniform: %g, want %g", dt, x[129], want[129])
			}
			rows := make([]int32, 7)
			kernels.BatchRows(rows, 30, 9, 4) // the last, short batch
			for i, r := range evaluate(t, nil, g.BatchIndex("b", 30, 7)) {
				if int32(r) != rows[i] {
					t.Errorf("row %d: %g, want %d", i, r, rows[i])
				}
			}
		})
	}
}

func TestExtremesOfLogSums(t *testing.T) {
	inf := math.Inf(1)
	mustBuild(t, kernels.F64, func(g *Graph) {
		x, y := g.Data("x", 2), g.Data("y", 2)
		lae, lse := LogAddExp(x, y), LogSumExp(Stack(0, x, y), 0)
		grads := Grad(lae, x, y)
		for _, c := range []struct{ a, b, want, da float64 }{
			{3, 3, 3 + math.Ln2, 0.5},
			{1000, 0, 1000, 1},
			{-inf, -inf, -inf, math.NaN()},
			{-inf, 2, 2, 0},
			{inf, 2, inf, math.NaN()},
		} {
			v := map[string][]float64{"x": {c.a, c.b}, "y": {c.b, c.a}}
			for i := range 2 {
				for _, n := range []*Node{lae, lse} {
					if got := evaluate(t, v, n)[i]; got != c.want && !closeTo(got, c.want, 1e-15) {
						t.Errorf("log(exp %g + exp %g) = %g", c.a, c.b, got)
					}
				}
				if math.IsNaN(c.da) {
					continue // the derivative does not exist
				}
				if got := evaluate(t, v, grads[i])[i]; !closeTo(got, c.da, 1e-15) {
					t.Errorf("derivative at (%g, %g): %g, want %g", c.a, c.b, got, c.da)
				}
			}
		}
	})
}
