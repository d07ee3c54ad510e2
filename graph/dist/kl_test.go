package dist

import (
	"math"
	"testing"

	"elbo/graph"
	"elbo/kernels"
)

// klPairs gives two parameter sets of each family with a closed divergence.
var klPairs = []struct {
	name string
	q, p []float64
}{
	{"normal", []float64{0.7, 1.3}, []float64{-0.4, 2.1}}, {"lognormal", []float64{0.2, 0.4}, []float64{0.5, 0.9}},
	{"half_normal", []float64{1.4}, []float64{2.5}}, {"gamma", []float64{2.3, 1.6}, []float64{1.2, 0.5}},
	{"inverse_gamma", []float64{6.5, 3.2}, []float64{2, 1}}, {"exponential", []float64{1.7}, []float64{0.6}},
	{"laplace", []float64{-0.5, 0.9}, []float64{0.3, 1.4}}, {"beta", []float64{2.2, 1.4}, []float64{1.1, 3}},
	{"bernoulli", []float64{-0.6}, []float64{1.2}}, {"poisson", []float64{1.3}, []float64{0.8}},
}

func TestKLMatchesMonteCarlo(t *testing.T) {
	const n = 20000
	for _, c := range klPairs {
		f := lookup(t, c.name, c.q)
		k := len(c.q)
		out := fast(t, kernels.F64, 8, columns(append(append([]float64(nil), c.q...), c.p...)...),
			func(g *graph.Graph, in nodes) nodes {
				q, p := f.make(g, in[:k]), f.make(g, in[k:])
				x := Expand(q, n).(Sampler).Sample(g, "x")
				kl, ok := KL(q, p)
				self, same := KL(q, q)
				if !ok || !same {
					t.Fatalf("%s: no closed form", c.name)
				}
				return nodes{kl, graph.Sub(q.LogProb(x), p.LogProb(x)), self}
			})
		mean, se := meanSE(out[1])
		if z := (mean - out[0][0]) / se; !(math.Abs(z) < 4) || !(out[0][0] > 0) {
			t.Errorf("%s: KL %g, Monte Carlo %g, z = %.1f", c.name, out[0][0], mean, z)
		}
		// Equal distributions: what is left is rounding of terms of order 1.
		if !near(out[2][0], 0, 1e-14) {
			t.Errorf("%s: KL(q, q) = %g", c.name, out[2][0])
		}
	}
}

func TestVectorKLMatchesMonteCarlo(t *testing.T) {
	const n = 20000
	type pair struct{ q, p Distribution }
	l1, l2 := []float64{1.5, 0, 0.4, 0.8}, []float64{0.9, 0, -0.5, 2}
	rows := map[string]func(g *graph.Graph) pair{
		"mvn": func(g *graph.Graph) pair {
			return pair{MultivariateNormal(g.ConstTensor([]float64{1, -1}, 2), g.ConstTensor(l1, 2, 2)),
				MultivariateNormal(g.ConstTensor([]float64{0, 0.5}, 2), g.ConstTensor(l2, 2, 2))}
		},
		"mvn-normal": func(g *graph.Graph) pair {
			return pair{MultivariateNormal(g.ConstTensor([]float64{1, -1}, 2), g.ConstTensor(l1, 2, 2)),
				Normal(g.Const(0.3), g.ConstTensor([]float64{2.5, 0.7}, 2))}
		},
		"mvn-scalar normal": func(g *graph.Graph) pair {
			return pair{MultivariateNormal(g.ConstTensor([]float64{1, -1}, 2), g.ConstTensor(l1, 2, 2)),
				Normal(g.Const(0.3), g.Const(1.5))}
		},
		"dirichlet": func(g *graph.Graph) pair {
			return pair{Dirichlet(g.ConstTensor([]float64{0.7, 2.5, 1.3}, 3)),
				Dirichlet(g.ConstTensor([]float64{1, 2, 3}, 3))}
		},
		"categorical": func(g *graph.Graph) pair {
			return pair{Categorical(g.ConstTensor([]float64{0.2, -1.3, 2.4, math.Inf(-1)}, 4)),
				Categorical(g.ConstTensor([]float64{1, 0, 0.5, math.Inf(-1)}, 4))}
		},
	}
	for name, f := range rows {
		out := fast(t, kernels.F64, 8, nil, func(g *graph.Graph, _ nodes) nodes {
			d := f(g)
			kl, ok := KL(d.q, d.p)
			if !ok {
				t.Fatalf("%s: no closed form", name)
			}
			x := Expand(d.q, n).(Sampler).Sample(g, "x")
			lp := d.p.LogProb(x)
			if len(graph.ShapeOf(lp)) == 2 {
				lp = graph.Sum(lp, -1)
			}
			return nodes{kl, graph.Sub(d.q.LogProb(x), lp)}
		})
		mean, se := meanSE(out[1])
		if z := (mean - out[0][0]) / se; len(out[0]) != 1 || !(math.Abs(z) < 4) {
			t.Errorf("%s: KL %v, Monte Carlo %g, z = %.1f", name, out[0], mean, z)
		}
	}
}

func TestKLIsNonNegative(t *testing.T) {
	for _, c := range klPairs {
		f := lookup(t, c.name, c.q)
		k := len(c.q)
		for _, s := range []float64{0.25, 0.97, 1.01, 3} {
			in := append([]float64(nil), c.q...)
			for _, v := range c.q {
				in = append(in, v*s)
			}
			kl := run(t, kernels.F64, 1, columns(in...), func(g *graph.Graph, n nodes) nodes {
				kl, _ := KL(f.make(g, n[:k]), f.make(g, n[k:]))
				return nodes{kl}
			})[0][0]
			if !(kl > 0) {
				t.Errorf("%s: KL from %v to %v is %g", c.name, in[:k], in[k:], kl)
			}
		}
	}
}

func TestKLWithoutClosedForm(t *testing.T) {
	run(t, kernels.F64, 1, columns(1, 2), func(g *graph.Graph, p nodes) nodes {
		for _, c := range [][2]Distribution{
			{Normal(p[0], p[1]), Cauchy(p[0], p[1])}, {StudentT(p[1], p[0], p[1]), StudentT(p[1], p[0], p[1])},
			{Gamma(p[0], p[1]), Exponential(p[0])},
		} {
			if kl, ok := KL(c[0], c[1]); ok || kl != nil {
				t.Errorf("KL(%T, %T) claims a closed form", c[0], c[1])
			}
		}
		return p
	})
}

// TestEntropyGoldens compares with scipy 1.17.1's .entropy() of the same distributions.
func TestEntropyGoldens(t *testing.T) {
	want := map[string]float64{
		"normal": 1.6813027976721637, "half_normal": 1.0622635892659402, "cauchy": 2.713345803763245,
		"half_cauchy": 1.6147335150951356, "exponential": 0.4693717489378296, "gamma": 1.2041339812407346,
		"inverse_gamma": -0.12112210833667558, "beta": -0.14712652239129898, "lognormal": 0.7026478013305177,
		"laplace": 1.587786664902119, "bernoulli": 0.6500941667504084, "uniform": 1.0986122886681098,
	}
	seen := 0
	for _, f := range append([]family{uniformFamily(-1, 2)}, families...) {
		h := run(t, kernels.F64, 1, columns(f.params...), func(g *graph.Graph, p nodes) nodes {
			if e, ok := f.make(g, p).(Entropyer); ok {
				seen++
				return nodes{e.Entropy()}
			}
			return nil
		})
		if h != nil && !near(h[0][0], want[f.name], 1e-12) {
			t.Errorf("%s: entropy %.15g, want %.15g", f.name, h[0][0], want[f.name])
		}
	}
	if seen != len(want) {
		t.Errorf("%d entropies for %d goldens", seen, len(want))
	}
}
