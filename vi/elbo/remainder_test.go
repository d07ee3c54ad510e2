package elbo_test

import (
	"math"
	"testing"

	"elbo/graph"
	"elbo/vi/elbo"
)

// TestRemainderIsTaylors compares with the expansion of ℓ(a, b) = eᵃ sin b written out by hand.
func TestRemainderIsTaylors(t *testing.T) {
	a, b := []float64{0.3, -1, 2}, []float64{1, 0.2, -0.7}
	da, db := []float64{0.1, -0.4, 0.2, 0, 0.5, -0.3}, []float64{-0.2, 0.3, 0.6, 0, -0.1, 0.4}
	var out *graph.Node
	_, err := graph.Build(graph.F64, func(g *graph.Graph) {
		l := func(h []*graph.Node) *graph.Node { return graph.Mul(graph.Exp(h[0]), graph.Sin(h[1])) }
		h0 := []*graph.Node{g.ConstTensor(a, 3, 1), g.ConstTensor(b, 3, 1)}
		dh := []*graph.Node{g.ConstTensor(da, 3, 2), g.ConstTensor(db, 3, 2)}
		value := l([]*graph.Node{graph.Add(h0[0], dh[0]), graph.Add(h0[1], dh[1])})
		out = elbo.Expand(l, h0).Remainder(value, dh)
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := graph.Reference(nil, 0, 0, out)
	if err != nil {
		t.Fatal(err)
	}
	for i := range da {
		e, s, c := math.Exp(a[i/2]), math.Sin(b[i/2]), math.Cos(b[i/2])
		x, y := da[i], db[i]
		want := math.Exp(a[i/2]+x)*math.Sin(b[i/2]+y) - e*(s+s*x+c*y+s*x*x/2+c*x*y-s*y*y/2)
		if math.Abs(got[0][i]-want) > 1e-12 { // rounding of sums of numbers below 10
			t.Errorf("row %d particle %d: %g, want %g", i/2, i%2, got[0][i], want)
		}
	}
}
