package dist

import (
	"math"
	"testing"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// quadrature returns points and weights of the double exponential rule (Takahasi & Mori
// 1974) on a support; points that round to an end are left out.
func quadrature(s transform.Support) (x, w []float64) {
	const h, reach = 1.0 / 64, 5.0
	for u := -reach; u <= reach; u += h {
		a, da := math.Pi/2*math.Sinh(u), math.Pi/2*math.Cosh(u)
		switch s.Kind {
		case transform.Real:
			x, w = append(x, math.Sinh(a)), append(w, h*da*math.Cosh(a))
		case transform.Positive:
			x, w = append(x, math.Exp(a)), append(w, h*da*math.Exp(a))
		case transform.Interval:
			p := 1 / (1 + math.Exp(-2*a))
			if p == 0 || p == 1 {
				continue
			}
			x = append(x, s.Lo+(s.Hi-s.Lo)*p)
			w = append(w, h*da*2*(s.Hi-s.Lo)*p/(1+math.Exp(2*a)))
		}
	}
	return x, w
}

func TestDensitiesIntegrateToOne(t *testing.T) {
	more := []golden{
		{name: "gamma", params: []float64{0.3, 2}}, {name: "gamma", params: []float64{60, 5}},
		{name: "student_t", params: []float64{0.7, 0, 1}}, {name: "student_t", params: []float64{40, 0, 1}},
		{name: "beta", params: []float64{0.4, 0.6}}, {name: "inverse_gamma", params: []float64{0.5, 1}},
		{name: "neg_binomial", params: []float64{2, 25}}, {name: "neg_binomial", params: []float64{0.5, 0.5}},
	}
	rows := []golden{{name: "uniform", params: []float64{-1, 2}}}
	for _, f := range families {
		rows = append(rows, golden{name: f.name, params: f.params})
	}
	for _, r := range append(rows, more...) {
		f := lookup(t, r.name, r.params)
		var w []float64
		lp := run(t, kernels.F64, 1, columns(r.params...), func(g *graph.Graph, p nodes) nodes {
			d := f.make(g, p)
			var x []float64
			if d.Support().Discrete() {
				// Beyond 400 every table row's tail is under 1e-12.
				x, w = make([]float64, 400), make([]float64, 400)
				for i := range x {
					x[i], w[i] = float64(i), 1
				}
				if r.name == "bernoulli" {
					x, w = x[:2], w[:2]
				}
				if r.name == "binomial" {
					x, w = x[:13], w[:13]
				}
			} else {
				x, w = quadrature(d.Support())
			}
			return nodes{d.LogProb(g.ConstTensor(x, len(x)))}
		})[0]
		sum := 0.0
		for i := range w {
			if p := math.Exp(lp[i]); p != 0 {
				sum += w[i] * p
			}
		}
		// The rule misses the kink of Laplace, and what is left out near 1 where β < 1.
		tol := map[string]float64{"laplace": 1e-3, "beta": 1e-8}[r.name]
		tol = math.Max(tol, 1e-9)
		if !near(sum, 1, tol) {
			t.Errorf("%s%v integrates to %.12g", r.name, r.params, sum)
		}
	}
}

// interior returns points well inside a support, apart from kinks.
func interior(s transform.Support) []float64 {
	switch s.Kind {
	case transform.Real:
		return []float64{-3.1, 0.45, 2.2}
	case transform.Positive:
		return []float64{0.07, 0.9, 4.5}
	case transform.Interval:
		return []float64{s.Lo + 0.13*(s.Hi-s.Lo), s.Lo + 0.7*(s.Hi-s.Lo)}
	case transform.Binary:
		return []float64{0, 1}
	}
	return []float64{0, 3, 11}
}

func TestLogProbGradients(t *testing.T) {
	more := []family{lookup(t, "student_t", nil), lookup(t, "neg_binomial", nil), lookup(t, "gamma", nil)}
	more[0].params, more[1].params, more[2].params = []float64{50, 0.2, 2}, []float64{2, 40}, []float64{1, 2}
	for _, f := range append(more, families...) {
		k := len(f.params)
		value := func(in []float64) float64 {
			return run(t, kernels.F64, 1, columns(in...), func(g *graph.Graph, n nodes) nodes {
				return nodes{f.make(g, n[:k]).LogProb(n[k])}
			})[0][0]
		}
		var sup transform.Support
		run(t, kernels.F64, 1, columns(f.params...), func(g *graph.Graph, p nodes) nodes {
			sup = f.make(g, p).Support()
			return p
		})
		for _, x := range interior(sup) {
			in := append(append([]float64(nil), f.params...), x)
			grads := run(t, kernels.F64, 1, columns(in...), func(g *graph.Graph, n nodes) nodes {
				return graph.Grad(f.make(g, n[:k]).LogProb(n[k]), n...)
			})
			for i := range in {
				if f.fixed(i) || i == k && sup.Discrete() {
					continue
				}
				h := 1e-5 * math.Max(1, math.Abs(in[i]))
				p, m := append([]float64(nil), in...), append([]float64(nil), in...)
				p[i] += h
				m[i] -= h
				// Central differences: h² truncation and ε/h rounding are both near 1e-10.
				if want := (value(p) - value(m)) / (2 * h); !near(grads[i][0], want, 1e-6) {
					t.Errorf("%s%v at %g: d/d%d = %.10g, differences %.10g", f.name, f.params, x, i, grads[i][0], want)
				}
			}
		}
	}
}

func TestGradientsOutsideTheSupportAreFinite(t *testing.T) {
	for _, f := range families {
		run1 := func(x float64) {
			grads := run(t, kernels.F64, 1, columns(append(f.params, x)...), func(g *graph.Graph, n nodes) nodes {
				d := f.make(g, n[:len(f.params)])
				if k := d.Support().Kind; k != transform.Positive && k != transform.Interval {
					return n
				}
				return graph.Grad(d.LogProb(n[len(f.params)]), n...)
			})
			for i, v := range grads {
				if math.IsNaN(v[0]) || math.IsInf(v[0], 0) {
					t.Errorf("%s at %g: d/d%d = %g", f.name, x, i, v[0])
				}
			}
		}
		run1(-1)
		run1(-1e300)
	}
}
