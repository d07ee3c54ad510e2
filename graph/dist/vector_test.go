package dist

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mathext"

	"elbo/graph"
	"elbo/kernels"
)

// TestVectorGoldens compares with scipy 1.17.1: dirichlet([0.7,2.5,1.3]),
// multivariate_normal([1,-1,0.5], L@L.T) and special.log_softmax.
func TestVectorGoldens(t *testing.T) {
	l := []float64{1.5, 0, 0, 0.4, 0.8, 0, -0.6, 0.3, 1.1}
	out := run(t, kernels.F64, 1, nil, func(g *graph.Graph, _ nodes) nodes {
		d := Dirichlet(g.ConstTensor([]float64{0.7, 2.5, 1.3}, 3))
		m := MultivariateNormal(g.ConstTensor([]float64{1, -1, 0.5}, 3), g.ConstTensor(l, 3, 3))
		c := Categorical(g.ConstTensor([]float64{0.2, -1.3, 2.4}, 3))
		x := []float64{0.3, -2, 2}
		return nodes{
			d.LogProb(g.ConstTensor([]float64{0.2, 0.5, 0.3}, 3)), d.Entropy(),
			m.LogProb(g.ConstTensor(x, 3)), m.Entropy(), m.LogProb(g.ConstTensor(append(x, x...), 2, 3)),
			c.LogProb(g.ConstTensor([]float64{2, 0, 1, 2}, 2, 2)), c.Entropy(), c.LogProb(g.Const(1)),
		}
	})
	want := [][]float64{
		{1.0982800249382485}, {-1.3030396342236286},
		{-4.621143846772446}, {4.534447336212299}, {-4.621143846772446, -4.621143846772446},
		{-0.12709658280048583, -2.3270965828004857, -3.827096582800486, -0.12709658280048583}, {0.4223287431849779},
		{-3.827096582800486},
	}
	for i := range want {
		for j := range want[i] {
			if !near(out[i][j], want[i][j], 1e-13) {
				t.Errorf("value %d[%d] = %.15g, want %.15g", i, j, out[i][j], want[i][j])
			}
		}
	}
}

func TestDirichletEdges(t *testing.T) {
	lp := run(t, kernels.F64, 1, nil, func(g *graph.Graph, _ nodes) nodes {
		one, two := Dirichlet(g.ConstTensor([]float64{1, 1}, 2)), Dirichlet(g.ConstTensor([]float64{2, 1}, 2))
		x := g.ConstTensor([]float64{0, 1}, 2)
		return nodes{one.LogProb(x), two.LogProb(x)}
	})
	if lp[0][0] != 0 || !math.IsInf(lp[1][0], -1) {
		t.Errorf("log densities at a corner: %g and %g, want 0 and -Inf", lp[0][0], lp[1][0])
	}
}

func TestImpossibleClassesAreHarmless(t *testing.T) {
	out := run(t, kernels.F64, 1, [][]float64{{1, math.Inf(-1), 0}}, func(g *graph.Graph, p nodes) nodes {
		c := Categorical(p[0])
		lp := c.LogProb(g.Const(0))
		return append(graph.Grad(lp, p[0]), lp, c.Entropy(), c.LogProb(g.Const(1)))
	})
	p := 1 / (1 + math.Exp(1))
	for i, want := range []float64{p, 0, -p} {
		if !near(out[0][i], want, 1e-13) {
			t.Errorf("gradient %d is %g, want %g", i, out[0][i], want)
		}
	}
	if !near(out[1][0], math.Log(1-p), 1e-13) || math.IsNaN(out[2][0]) || !math.IsInf(out[3][0], -1) {
		t.Errorf("log mass %g, entropy %g, impossible class %g", out[1][0], out[2][0], out[3][0])
	}
}

func TestCategoricalDraws(t *testing.T) {
	logits := []float64{0.2, -1.3, 2.4, math.Inf(-1), -0.5}
	const n = 20000
	out := fast(t, kernels.F64, 4, [][]float64{logits}, func(g *graph.Graph, p nodes) nodes {
		c := Categorical(p[0])
		classes := c.LogProb(graph.Iota(g, len(logits)))
		return nodes{Expand(c, n).(Sampler).Sample(g, "x"), classes}
	})
	for _, x := range out[0] {
		if x == 3 || x > 4 {
			t.Fatalf("drew class %g", x)
		}
	}
	if p := chiSquare(out[0], func(k float64) float64 { return out[1][int(k)] }, 4); !(p > 1e-4) {
		t.Errorf("chi-square p = %.2g", p)
	}
}

func TestDirichletMarginalsAreBeta(t *testing.T) {
	alpha := []float64{0.7, 2.5, 1.3}
	const n = 20000
	x := fast(t, kernels.F64, 4, [][]float64{alpha}, func(g *graph.Graph, p nodes) nodes {
		d := Dirichlet(p[0])
		return nodes{Expand(d, n).(Sampler).Sample(g, "x"), d.Mean(), d.Variance()}
	})
	for k, a := range alpha {
		col := make([]float64, n)
		for i := range col {
			col[i] = x[0][3*i+k]
		}
		if d := ksDistance(col, func(v float64) float64 { return mathext.RegIncBeta(a, 4.5-a, v) }); !(d < ksLimit(n)) {
			t.Errorf("piece %d: KS distance %.4f", k, d)
		}
		if m, se := meanSE(col); !(math.Abs(m-x[1][k]) < 4*se) || !near(x[2][k], x[1][k]*(1-x[1][k])/5.5, 1e-14) {
			t.Errorf("piece %d: mean %g ± %g, closed form %g, variance %g", k, m, se, x[1][k], x[2][k])
		}
	}
}

func TestMultivariateNormalDrawsWhiten(t *testing.T) {
	l, mu := []float64{1.5, 0, 0.4, 0.8}, []float64{1, -1}
	const n = 20000
	out := fast(t, kernels.F64, 4, nil, func(g *graph.Graph, _ nodes) nodes {
		d := MultivariateNormal(g.ConstTensor(mu, 2), g.ConstTensor(l, 2, 2))
		return nodes{Expand(d, n).(Sampler).Sample(g, "x"), d.Mean(), d.Variance()}
	})
	var za, zb, prod []float64
	for i := range n {
		a := (out[0][2*i] - mu[0]) / l[0]
		b := (out[0][2*i+1] - mu[1] - l[2]*a) / l[3]
		za, zb, prod = append(za, a), append(zb, b), append(prod, a*b)
	}
	for _, z := range [][]float64{za, zb} {
		if d := ksDistance(z, phi); !(d < ksLimit(n)) {
			t.Errorf("whitened coordinate: KS distance %.4f", d)
		}
	}
	if m, se := meanSE(prod); !(math.Abs(m) < 4*se) {
		t.Errorf("whitened coordinates correlate: %g ± %g", m, se)
	}
	if !near(out[2][0], 2.25, 1e-14) || !near(out[2][1], 0.8, 1e-14) {
		t.Errorf("variances %v, want 2.25, 0.8", out[2])
	}
}
