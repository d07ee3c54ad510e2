package dist

import (
	"math"
	"testing"

	"elbo/graph"
	"elbo/kernels"
	"elbo/kernels/ref"
)

// TestScoreHasMeanZero checks E[∂ log p(x)/∂θ] = 0 over a distribution's own draws.
func TestScoreHasMeanZero(t *testing.T) {
	const n = 4000
	for _, f := range families {
		score := fast(t, kernels.F64, 31, repeat(f.params, n), func(g *graph.Graph, p nodes) nodes {
			d := f.make(g, p)
			x := graph.StopGrad(d.(Sampler).Sample(g, "x"))
			return graph.Grad(graph.Sum(d.LogProb(x)), p...)
		})
		for i, s := range score {
			if f.fixed(i) {
				continue
			}
			if mean, se := meanSE(s); !(math.Abs(mean/se) < 4) {
				t.Errorf("%s: score of parameter %d has mean %g ± %g", f.name, i, mean, se)
			}
		}
	}
}

// TestPathwiseGradientsAreUnbiased compares the gradient through draws of x and of
// (x−m)², m = mean, with the gradient of the closed moments.
func TestPathwiseGradientsAreUnbiased(t *testing.T) {
	const n = 4000
	for _, f := range families {
		if _, ok := momentsOf(t, f); !ok {
			continue
		}
		reparam := false
		var k = len(f.params)
		out := fast(t, kernels.F64, 41, repeat(f.params, n), func(g *graph.Graph, p nodes) nodes {
			d := f.make(g, p)
			if reparam = d.(Rsampler).Rsample(); !reparam {
				return p
			}
			x, m := d.(Sampler).Sample(g, "x"), d.(Moments)
			centred := graph.Square(graph.Sub(x, graph.StopGrad(m.Mean())))
			roots := graph.Grad(graph.Sum(x), p...)
			roots = append(roots, graph.Grad(graph.Sum(centred), p...)...)
			roots = append(roots, graph.Grad(graph.Sum(m.Mean()), p...)...)
			return append(roots, graph.Grad(graph.Sum(m.Variance()), p...)...)
		})
		if !reparam {
			continue
		}
		for i := range 2 * k {
			mean, se := meanSE(out[i])
			// An exact pathwise derivative has no spread at all; allow rounding.
			if want := out[2*k+i][0]; !(math.Abs(mean-want) < 4*se+1e-9) {
				t.Errorf("%s: gradient %d through draws %g ± %g, closed form %g", f.name, i, mean, se, want)
			}
		}
	}
}

// TestSmallShapesKeepFiniteGradients draws Gammas whose values underflow.
func TestSmallShapesKeepFiniteGradients(t *testing.T) {
	for _, dt := range []kernels.DType{kernels.F64, kernels.F32} {
		const n = 2000
		out := fast(t, dt, 3, repeat([]float64{0.005, 1}, n), func(g *graph.Graph, p nodes) nodes {
			x := Gamma(p[0], p[1]).Sample(g, "x")
			return append(graph.Grad(graph.Sum(x), p[0]), x)
		})
		for i := range n {
			if !(out[1][i] > 0) || math.IsInf(out[1][i], 0) || math.IsNaN(out[0][i]) || math.IsInf(out[0][i], 0) {
				t.Fatalf("%v: draw %g with gradient %g", dt, out[1][i], out[0][i])
			}
		}
	}
}

// TestSecondDerivatives differentiates log densities twice, as anchored objectives do, and
// compares with differences of the first derivatives.
func TestSecondDerivatives(t *testing.T) {
	more := []family{lookup(t, "neg_binomial", nil), lookup(t, "student_t", nil), lookup(t, "bernoulli", nil)}
	more[0].params, more[1].params, more[2].params = []float64{2, 40}, []float64{50, 0.2, 2}, []float64{0}
	for _, f := range append(more, families...) {
		k := len(f.params)
		first := func(in []float64) [][]float64 {
			return run(t, kernels.F64, 1, columns(in...), func(g *graph.Graph, n nodes) nodes {
				return graph.Grad(f.make(g, n[:k]).LogProb(n[k]), n[:k]...)
			})
		}
		x := 1.0
		if f.name == "beta" {
			x = 0.3
		}
		in := append(append([]float64(nil), f.params...), x)
		second := run(t, kernels.F64, 1, columns(in...), func(g *graph.Graph, n nodes) nodes {
			var all nodes
			for _, d := range graph.Grad(f.make(g, n[:k]).LogProb(n[k]), n[:k]...) {
				all = append(all, graph.Grad(d, n[:k]...)...)
			}
			return all
		})
		for j := range f.params {
			const h = 1e-5
			p, m := append([]float64(nil), in...), append([]float64(nil), in...)
			p[j] += h
			m[j] -= h
			gp, gm := first(p), first(m)
			for i := range f.params {
				if f.fixed(i) || f.fixed(j) {
					continue
				}
				// Central differences are good to about 1e-9 here.
				want := (gp[i][0] - gm[i][0]) / (2 * h)
				if got := second[i*k+j][0]; !near(got, want, 1e-6) {
					t.Errorf("%s%v: d²/d%d d%d = %.10g, differences %.10g", f.name, f.params, i, j, got, want)
				}
			}
		}
	}
}

// TestTrainingDifferentiatesDraws checks that the derivative training takes of a compiled loss,
// implicit gradients included, is the one the graph's own rules give.
func TestTrainingDifferentiatesDraws(t *testing.T) {
	for _, f := range families {
		var loss *graph.Node
		var params, grads nodes
		reparam := false
		g, err := graph.Build(kernels.F64, func(g *graph.Graph) {
			for i, v := range f.params {
				params = append(params, g.Param(string(rune('a'+i)), []float64{v}))
			}
			d := Expand(f.make(g, params), 50)
			if reparam = d.(Rsampler).Rsample(); reparam {
				x := d.(Sampler).Sample(g, "x")
				loss = graph.Mean(graph.Add(graph.Square(x), d.LogProb(x)))
				grads = graph.Grad(loss, params...)
			}
		})
		check(t, err)
		if !reparam {
			continue
		}
		want, err := graph.Reference(nil, 3, 5, grads...)
		check(t, err)
		p, err := graph.Compile(g, graph.Spec{Name: f.name, Seed: 3, Loss: loss, GradOutputs: true})
		check(t, err)
		dev := ref.Open()
		inst, err := p.Load(dev)
		check(t, err)
		check(t, inst.Run(5, 1))
		for i := range f.params {
			got, err := inst.Get("grad/" + string(rune('a'+i)))
			check(t, err)
			if !near(got[0], want[i][0], 1e-9) {
				t.Errorf("%s: gradient %d is %.12g in training, %.12g by the rules", f.name, i, got[0], want[i][0])
			}
		}
		check(t, inst.Close())
		check(t, dev.Close())
	}
}
