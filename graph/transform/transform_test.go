package transform

import (
	"math"
	"math/rand/v2"
	"testing"

	"elbo/graph"
	"elbo/kernels"
)

// cases pairs every transform with constrained shapes to try, single and batched.
var cases = []struct {
	name   string
	t      Transform
	shapes []kernels.Shape
}{
	{"identity", Identity{}, []kernels.Shape{{}, {3}, {2, 3}}},
	{"exp", Exp{}, []kernels.Shape{{}, {3}, {2, 3}}},
	{"softplus", Softplus{}, []kernels.Shape{{}, {3}}},
	{"above", Above{Lo: -2.5}, []kernels.Shape{{}, {3}}},
	{"below", Below{Hi: 1.5}, []kernels.Shape{{}, {3}}},
	{"logistic", Logistic{Lo: -1, Hi: 3}, []kernels.Shape{{}, {3}}},
	{"simplex", StickBreaking{}, []kernels.Shape{{2}, {3}, {6}, {2, 4}, {2, 2, 3}}},
	{"ordered", Ascending{}, []kernels.Shape{{1}, {2}, {5}, {3, 4}}},
	{"corr", PartialCorr{}, []kernels.Shape{{2, 2}, {3, 3}, {5, 5}, {2, 4, 4}}},
	{"lowertri", Triangular{}, []kernels.Shape{{1, 1}, {2, 2}, {4, 4}, {3, 3, 3}}},
}

// evaluate returns Forward and LogDet of t at x on the graph's reference evaluator.
func evaluate(t *testing.T, tr Transform, x []float64, s kernels.Shape) (
	y []float64, logDet float64, out kernels.Shape) {
	t.Helper()
	var roots []*graph.Node
	_, err := graph.Build(kernels.F64, func(g *graph.Graph) {
		n := g.Data("x", tr.Unconstrained(s)...)
		roots = []*graph.Node{tr.Forward(n), tr.LogDet(n)}
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := graph.Reference(map[string][]float64{"x": x}, 1, 0, roots...)
	if err != nil {
		t.Fatal(err)
	}
	if len(v[1]) != 1 {
		t.Fatalf("LogDet has %d elements, want a scalar", len(v[1]))
	}
	out = graph.ShapeOf(roots[0])
	return v[0], v[1][0], out
}

func points(n int, scale float64, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 7))
	x := make([]float64, n)
	for i := range x {
		x[i] = scale * r.NormFloat64()
	}
	return x
}

func forEach(t *testing.T, f func(t *testing.T, tr Transform, s kernels.Shape)) {
	for _, c := range cases {
		for _, s := range c.shapes {
			t.Run(c.name+s.String(), func(t *testing.T) { f(t, c.t, s) })
		}
	}
}

func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol*math.Max(1, math.Abs(b)) }

func TestHostAgreesWithGraphAndInverts(t *testing.T) {
	forEach(t, func(t *testing.T, tr Transform, s kernels.Shape) {
		x := points(tr.Dim(s), 1.5, 3)
		y, _, shape := evaluate(t, tr, x, s)
		if !shape.Equal(s) {
			t.Fatalf("Forward gives shape %v, want %v", shape, s)
		}
		for i, h := range tr.ForwardHost(x, s) {
			// Both are float64 with different but equivalent formulas.
			if !near(h, y[i], 1e-13) {
				t.Errorf("host y[%d] = %g, graph %g", i, h, y[i])
			}
		}
		back := InverseHost(tr, y, s)
		if len(back) != len(x) {
			t.Fatalf("Inverse gives %d coordinates, want %d", len(back), len(x))
		}
		for i := range x {
			// Inverting loses what Forward rounded: a few digits where y is near an edge.
			if !near(back[i], x[i], 1e-9) {
				t.Errorf("x[%d] = %g came back as %g", i, x[i], back[i])
			}
		}
	})
}

func TestValuesLieInTheSupport(t *testing.T) {
	forEach(t, func(t *testing.T, tr Transform, s kernels.Shape) {
		y := tr.ForwardHost(points(tr.Dim(s), 3, 5), s)
		for _, v := range y {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("value %v", y)
			}
		}
		k := 1
		if len(s) > 0 {
			k = s[len(s)-1]
		}
		switch tr.(type) {
		case StickBreaking:
			for i := 0; i < len(y); i += k {
				sum := 0.0
				for _, v := range y[i : i+k] {
					sum += v
					if !(v > 0) {
						t.Errorf("piece %g", v)
					}
				}
				if !near(sum, 1, 1e-14) {
					t.Errorf("pieces sum to %.17g", sum)
				}
			}
		case Ascending:
			for i := range y {
				if i%k > 0 && !(y[i] > y[i-1]) {
					t.Errorf("y[%d] = %g does not exceed %g", i, y[i], y[i-1])
				}
			}
		case PartialCorr:
			for i := 0; i < len(y); i += k {
				norm := 0.0
				for _, v := range y[i : i+k] {
					norm += v * v
				}
				if !near(norm, 1, 1e-14) {
					t.Errorf("row %d has squared length %.17g", i/k, norm)
				}
			}
		}
	})
}

// free lists the positions of a value's independent entries, in the order that makes the
// Jacobian square: all but the last piece of a simplex, the lower triangle of matrices.
func free(tr Transform, s kernels.Shape) []int {
	var at []int
	k := 1
	if len(s) > 0 {
		k = s[len(s)-1]
	}
	for i := range s.Size() {
		row, col := i/k%k, i%k
		switch tr.(type) {
		case StickBreaking:
			if col == k-1 {
				continue
			}
		case PartialCorr:
			if col >= row {
				continue
			}
		case Triangular:
			if col > row {
				continue
			}
		}
		at = append(at, i)
	}
	return at
}

// logAbsDet returns log|det A| of a square matrix by Gaussian elimination with pivoting.
func logAbsDet(a [][]float64) float64 {
	sum := 0.0
	for i := range a {
		p := i
		for r := i + 1; r < len(a); r++ {
			if math.Abs(a[r][i]) > math.Abs(a[p][i]) {
				p = r
			}
		}
		a[i], a[p] = a[p], a[i]
		sum += math.Log(math.Abs(a[i][i]))
		for r := i + 1; r < len(a); r++ {
			f := a[r][i] / a[i][i]
			for c := i; c < len(a); c++ {
				a[r][c] -= f * a[i][c]
			}
		}
	}
	return sum
}

func TestLogDetIsTheJacobians(t *testing.T) {
	forEach(t, func(t *testing.T, tr Transform, s kernels.Shape) {
		x := points(tr.Dim(s), 0.8, 11)
		_, logDet, _ := evaluate(t, tr, x, s)
		at := free(tr, s)
		if len(at) != len(x) {
			t.Fatalf("%d free entries for %d coordinates", len(at), len(x))
		}
		jac := make([][]float64, len(x))
		const h = 1e-5
		for j := range x {
			p, m := append([]float64(nil), x...), append([]float64(nil), x...)
			p[j] += h
			m[j] -= h
			yp, ym := tr.ForwardHost(p, s), tr.ForwardHost(m, s)
			for _, i := range at {
				jac[j] = append(jac[j], (yp[i]-ym[i])/(2*h))
			}
		}
		// Central differences at h = 1e-5 are good to about 1e-9 per entry.
		if want := logAbsDet(jac); !near(logDet, want, 1e-7) {
			t.Errorf("LogDet = %.12g, finite differences %.12g", logDet, want)
		}
	})
}

func TestStickBreakingCentresAtZero(t *testing.T) {
	for _, v := range (StickBreaking{}).ForwardHost(make([]float64, 4), kernels.Shape{5}) {
		if !near(v, 0.2, 1e-15) {
			t.Errorf("piece %g at x = 0, want 1/5", v)
		}
	}
}

func TestExtremeCoordinatesStayFinite(t *testing.T) {
	for _, c := range cases {
		if c.name == "exp" || c.name == "above" || c.name == "below" || c.name == "ordered" {
			continue // e^400 is beyond any use; these maps grow exponentially by design
		}
		s := c.shapes[len(c.shapes)-1]
		for _, v := range []float64{-400, 400} {
			x := make([]float64, c.t.Dim(s))
			for i := range x {
				x[i] = v
			}
			_, logDet, _ := evaluate(t, c.t, x, s)
			if math.IsNaN(logDet) || math.IsInf(logDet, 0) {
				t.Errorf("%s: LogDet at %g is %g", c.name, v, logDet)
			}
		}
	}
}

func TestInverseMarksValuesOutsideTheSupport(t *testing.T) {
	rows := []struct {
		t Transform
		y []float64
	}{
		{Exp{}, []float64{0}}, {Exp{}, []float64{-1}}, {Softplus{}, []float64{0}},
		{Above{Lo: 1}, []float64{1}}, {Below{Hi: 1}, []float64{2}},
		{Logistic{Lo: 0, Hi: 1}, []float64{0}}, {Logistic{Lo: 0, Hi: 1}, []float64{1}},
		{Logistic{Lo: 0, Hi: 1}, []float64{math.NaN()}},
		{StickBreaking{}, []float64{0.5, 0.5, 0}}, {StickBreaking{}, []float64{1.5, -0.5}},
		{Ascending{}, []float64{1, 1}}, {Ascending{}, []float64{2, 1}},
		{PartialCorr{}, []float64{1, 0, 1, 0}}, {PartialCorr{}, []float64{1, 0, 0}},
		{Triangular{}, []float64{1, 0, 2, -1}}, {Triangular{}, []float64{1, 0}},
	}
	for _, r := range rows {
		bad := false
		for _, v := range r.t.Inverse(r.y) {
			bad = bad || math.IsNaN(v)
		}
		if !bad {
			t.Errorf("%T.Inverse(%v) = %v, want a NaN", r.t, r.y, r.t.Inverse(r.y))
		}
	}
}
