package family

import (
	"math"

	"elbo/graph"
	"elbo/graph/dist"
	"elbo/vi"
)

// density is a family at random parameters with its log density written out in plain Go.
type density struct {
	family vi.Family
	dim    int
	params map[string][]float64
	logq   func(p map[string][]float64, zeta []float64) float64
}

func cases() map[string]density {
	m := Metric{
		Center: []float64{0.3, -0.2, 0.1}, W: []float64{0.8, 0, 0, -0.3, 1.1, 0, 0.2, 0.4, 0.9},
		Diag: []float64{0.7, 1.2, 0.9},
	}
	diagonal := map[string][]float64{"q/loc": {0.4, -0.7, 0.1}, "q/scale": {0.2, -0.5, 0.9}}
	// Nines lie above the diagonal and must not matter.
	full := map[string][]float64{"q/loc": {0.4, -0.7, 0.1}, "q/chol": {0.2, 9, 9, -0.5, 0.4, 9, 0.3, 0.6, -0.1}}
	return map[string]density{
		"meanfield":             {MeanField{}, 3, diagonal, meanFieldDensity(Metric{})},
		"meanfield with metric": {MeanField{m}, 3, diagonal, meanFieldDensity(m)},
		"fullrank":              {FullRank{}, 3, full, fullRankDensity(Metric{})},
		"fullrank with metric":  {FullRank{m}, 3, full, fullRankDensity(m)},
		"custom": {guide(), 3, map[string][]float64{"q/m": {0.2}, "q/sd": {-0.3}, "q/slope": {-0.4},
			"q/shape": {0.6}, "q/a": {0.9}, "q/b": {0.3}}, guideDensity},
	}
}

// meanFieldDensity is Σ log N(ζ_j; Center + W m, Diag softplus ρ).
func meanFieldDensity(metric Metric) func(p map[string][]float64, zeta []float64) float64 {
	return func(p map[string][]float64, zeta []float64) float64 {
		mean := affine(metric, p["q/loc"])
		out := 0.0
		for j, z := range zeta {
			sd := math.Log1p(math.Exp(p["q/scale"][j]))
			if metric.Diag != nil {
				sd *= metric.Diag[j]
			}
			lp, _ := dist.LogPDF("normal", z, mean[j], sd)
			out += lp
		}
		return out
	}
}

// fullRankDensity solves W C e = ζ − Center − W m by elimination, knowing nothing of triangles.
func fullRankDensity(metric Metric) func(p map[string][]float64, zeta []float64) float64 {
	return func(p map[string][]float64, zeta []float64) float64 {
		d := len(zeta)
		mean := affine(metric, p["q/loc"])
		root := make([][]float64, d) // of W C, with the right side as last column
		for i := range root {
			root[i] = make([]float64, d+1)
			root[i][d] = zeta[i] - mean[i]
			for j := range d {
				for k := range d {
					root[i][j] += weight(metric, i, k, d) * factor(p["q/chol"], k, j, d)
				}
			}
		}
		out := -float64(d) / 2 * math.Log(2*math.Pi)
		for k := range d {
			out -= math.Log(math.Abs(root[k][k]))
			for i := k + 1; i < d; i++ {
				f := root[i][k] / root[k][k]
				for j := k; j <= d; j++ {
					root[i][j] -= f * root[k][j]
				}
			}
		}
		e := make([]float64, d)
		for i := d - 1; i >= 0; i-- {
			e[i] = root[i][d]
			for j := i + 1; j < d; j++ {
				e[i] -= root[i][j] * e[j]
			}
			e[i] /= root[i][i]
			out -= e[i] * e[i] / 2
		}
		return out
	}
}

func factor(chol []float64, i, j, d int) float64 {
	switch {
	case i > j:
		return chol[i*d+j]
	case i == j:
		return math.Log1p(math.Exp(chol[i*d+i]))
	}
	return 0
}

func weight(m Metric, i, k, d int) float64 {
	switch {
	case m.W != nil:
		return m.W[i*d+k]
	case i == k:
		return 1
	}
	return 0
}

func affine(m Metric, z []float64) []float64 {
	d := len(z)
	out := make([]float64, d)
	for i := range out {
		if m.Center != nil {
			out[i] = m.Center[i]
		}
		for k := range d {
			out[i] += weight(m, i, k, d) * z[k]
		}
	}
	return out
}

// guide mixes an unbounded site, a positive one that depends on it, and one in (0,1), sampled
// in another order than the target has them.
func guide() Custom {
	return Custom{Sites: []string{"x", "s", "p"}, Run: func(s *Scope) {
		s.Sample("p", dist.Beta(s.Positive("a", 2.5), s.Positive("b", 1.4)))
		x := s.Sample("x", dist.Normal(s.Real("m", 0.2), s.Positive("sd", 0.7)))
		rate := graph.Exp(graph.Add(graph.Mul(s.Real("slope", -0.4), x), s.Const(0.5)))
		s.Sample("s", dist.Gamma(s.Positive("shape", 1.8), rate))
	}}
}

// guideDensity is the density of ζ = (x, log s, logit p).
func guideDensity(p map[string][]float64, zeta []float64) float64 {
	x, s, u := zeta[0], math.Exp(zeta[1]), 1/(1+math.Exp(-zeta[2]))
	lx, _ := dist.LogPDF("normal", x, p["q/m"][0], math.Exp(p["q/sd"][0]))
	ls, _ := dist.LogPDF("gamma", s, math.Exp(p["q/shape"][0]), math.Exp(p["q/slope"][0]*x+0.5))
	lp, _ := dist.LogPDF("beta", u, math.Exp(p["q/a"][0]), math.Exp(p["q/b"][0]))
	return lx + ls + zeta[1] + lp + math.Log(u*(1-u))
}
