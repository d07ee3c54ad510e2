package transform

import (
	"testing"

	"elbo/graph"
	"elbo/kernels"
)

// TestGradients compares the gradient of a generic function of value and log-determinant
// with central differences, once and, through the gradient's own gradient, twice.
func TestGradients(t *testing.T) {
	forEach(t, func(t *testing.T, tr Transform, s kernels.Shape) {
		x := points(tr.Dim(s), 0.7, 17)
		weights := points(s.Size(), 1, 23)
		eval := func(x []float64, again bool) []float64 {
			var root *graph.Node
			_, err := graph.Build(kernels.F64, func(g *graph.Graph) {
				n := g.Data("x", tr.Unconstrained(s)...)
				y := graph.Mul(graph.Square(tr.Forward(n)), g.ConstTensor(weights, s...))
				root = graph.Add(graph.Sum(y), tr.LogDet(n))
				if root = graph.Grad(root, n)[0]; again {
					root = graph.Grad(graph.Sum(root), n)[0]
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			out, err := graph.Reference(map[string][]float64{"x": x}, 1, 0, root)
			if err != nil {
				t.Fatal(err)
			}
			return out[0]
		}
		value := func(x []float64) float64 {
			y, logDet, _ := evaluate(t, tr, x, s)
			for i, v := range y {
				logDet += v * v * weights[i]
			}
			return logDet
		}
		sum := func(x []float64) (total float64) {
			for _, v := range eval(x, false) {
				total += v
			}
			return total
		}
		once, twice := eval(x, false), eval(x, true)
		const h = 1e-5
		for i := range x {
			p, m := append([]float64(nil), x...), append([]float64(nil), x...)
			p[i] += h
			m[i] -= h
			// Central differences at h = 1e-5 are good to about 1e-8 here.
			if want := (value(p) - value(m)) / (2 * h); !near(once[i], want, 1e-6) {
				t.Errorf("d/dx[%d] = %.10g, differences %.10g", i, once[i], want)
			}
			if want := (sum(p) - sum(m)) / (2 * h); !near(twice[i], want, 1e-6) {
				t.Errorf("second derivative along x[%d] = %.10g, differences %.10g", i, twice[i], want)
			}
		}
	})
}
