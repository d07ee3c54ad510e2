package dist

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mathext"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// TestLKJVolume checks the normaliser where R is uniform: at L = I the log density is minus the
// log volume of the set of correlation matrices, 2, π²/2 and 32π²/27 for K = 2, 3, 4 (Joe 2006).
func TestLKJVolume(t *testing.T) {
	for k, volume := range map[int]float64{1: 1, 2: 2, 3: math.Pi * math.Pi / 2, 4: 32 * math.Pi * math.Pi / 27} {
		eye := make([]float64, k*k)
		for i := range k {
			eye[i*k+i] = 1
		}
		lp := run(t, kernels.F64, 1, columns(1), func(g *graph.Graph, p nodes) nodes {
			return nodes{LKJCholesky(k, p[0]).LogProb(g.ConstTensor(eye, k, k))}
		})[0]
		if len(lp) != 1 || !near(lp[0], -math.Log(volume), 1e-13) {
			t.Errorf("K = %d: log density %v, want %g", k, lp, -math.Log(volume))
		}
	}
}

// TestLKJNormaliserAcrossEta draws uniformly (η = 1) and averages the density ratio to
// η = 2.5, which must be 1.
func TestLKJNormaliserAcrossEta(t *testing.T) {
	const n = 6000
	for _, k := range []int{2, 3, 5} {
		out := fast(t, kernels.F64, 6, columns(1, 2.5), func(g *graph.Graph, p nodes) nodes {
			l := Expand(LKJCholesky(k, p[0]), n).(Sampler).Sample(g, "L")
			return nodes{graph.Exp(graph.Sub(LKJCholesky(k, p[1]).LogProb(l), LKJCholesky(k, p[0]).LogProb(l)))}
		})
		if m, se := meanSE(out[0]); !(math.Abs(m-1) < 4*se) {
			t.Errorf("K = %d: mean density ratio %g ± %g", k, m, se)
		}
	}
}

// TestLKJMarginals checks that every correlation is 2·Beta(b, b) − 1 with b = η + (K−2)/2.
func TestLKJMarginals(t *testing.T) {
	const n, k, eta = 10000, 4, 1.5
	l := fast(t, kernels.F64, 6, columns(eta), func(g *graph.Graph, p nodes) nodes {
		return nodes{Expand(LKJCholesky(k, p[0]), n).(Sampler).Sample(g, "L")}
	})[0]
	const b = eta + (k-2)/2.0
	for i := range k {
		for j := range i {
			r := make([]float64, n)
			for s := range r {
				for m := range k {
					r[s] += l[s*k*k+i*k+m] * l[s*k*k+j*k+m]
				}
				r[s] = (r[s] + 1) / 2
			}
			if d := ksDistance(r, func(v float64) float64 { return mathext.RegIncBeta(b, b, v) }); !(d < ksLimit(n)) {
				t.Errorf("correlation %d,%d: KS distance %.4f, limit %.4f", i, j, d, ksLimit(n))
			}
		}
	}
}

// TestLKJGradients compares gradients through transform and density with differences.
func TestLKJGradients(t *testing.T) {
	x := []float64{0.3, -0.8, 0.5, 0.1, 0.9, -0.4, 2}
	f := func(g *graph.Graph, n nodes) *graph.Node {
		tr := transform.PartialCorr{}
		z := graph.Stack(0, n[:6]...)
		return graph.Add(LKJCholesky(4, n[6]).LogProb(tr.Forward(z)), tr.LogDet(z))
	}
	value := func(x []float64) float64 {
		return run(t, kernels.F64, 1, columns(x...), func(g *graph.Graph, n nodes) nodes {
			return nodes{f(g, n)}
		})[0][0]
	}
	grads := run(t, kernels.F64, 1, columns(x...), func(g *graph.Graph, n nodes) nodes {
		return graph.Grad(f(g, n), n...)
	})
	const h = 1e-5
	for i := range x {
		p, m := append([]float64(nil), x...), append([]float64(nil), x...)
		p[i] += h
		m[i] -= h
		// Central differences are good to about 1e-9 here.
		if want := (value(p) - value(m)) / (2 * h); !near(grads[i][0], want, 1e-7) {
			t.Errorf("d/d%d = %.10g, differences %.10g", i, grads[i][0], want)
		}
	}
}

// TestLKJIntegratesToOne sums the 3 × 3 density over a grid of partial correlations. The points
// are logit(u) of an even grid of u, so each carries the weight 1/(σ(x)σ(−x)) per coordinate, and
// the Jacobian of the factor is Π(1−p²) with one more √(1−p²) for the entry that shortens its row.
func TestLKJIntegratesToOne(t *testing.T) {
	const m = 32
	var x, logWeight []float64
	for i := range m * m * m {
		w := 0.0
		for c, at := range []int{i / m / m, i / m % m, i % m} {
			u := (float64(at) + 0.5) / m
			v := math.Log(u / (1 - u))
			w -= math.Log(u * (1 - u) * m)
			s := math.Log1p(-math.Tanh(v) * math.Tanh(v))
			w += s
			if c == 1 {
				w += s / 2
			}
			x = append(x, v)
		}
		logWeight = append(logWeight, w)
	}
	for _, eta := range []float64{1, 2.5} {
		lp := fast(t, kernels.F64, 1, columns(eta), func(g *graph.Graph, p nodes) nodes {
			l := transform.PartialCorr{}.Forward(g.ConstTensor(x, m*m*m, 3))
			return nodes{LKJCholesky(3, p[0]).LogProb(l)}
		})[0]
		sum := 0.0
		for i := range lp {
			sum += math.Exp(lp[i] + logWeight[i])
		}
		// The midpoint rule at 32 points a side is good to a few parts in a thousand.
		if !near(sum, 1, 5e-3) {
			t.Errorf("eta %g: the density integrates to %.6f", eta, sum)
		}
	}
}
