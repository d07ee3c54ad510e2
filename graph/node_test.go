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
