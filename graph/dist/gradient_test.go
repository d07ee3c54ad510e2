package dist

import (
	"math"
	"testing"

	"elbo/graph"
	"elbo/kernels"
)

// TestScoreHasMeanZero checks E[∂ log p(x)/∂θ] = 0 over a distribution's own draws.
func TestScoreHasMeanZero(t *testing.T) {
	const n = 4000
	for _, f := range families {
		score := run(t, kernels.F64, 31, repeat(f.params, n), func(g *graph.Graph, p nodes) nodes {
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
		out := run(t, kernels.F64, 41, repeat(f.params, n), func(g *graph.Graph, p nodes) nodes {
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
		out := run(t, dt, 3, repeat([]float64{0.005, 1}, n), func(g *graph.Graph, p nodes) nodes {
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
