package family

import (
	"math"
	"slices"
	"testing"

	"elbo/vi"
)

func (c density) posterior() vi.Posterior {
	return c.family.Posterior(c.dim, func(n string) []float64 { return c.params[n] })
}

// TestPosteriorDraws: log q by the plain formula, entropy and moments by Monte Carlo (z < 4.5
// over some forty numbers), equal draws for equal seeds.
func TestPosteriorDraws(t *testing.T) {
	const n = 4000
	for name, c := range cases() {
		q := c.posterior()
		zeta, logq := q.Draw(n, 5)
		if len(zeta) != n*c.dim || len(logq) != n {
			t.Fatalf("%s: %d coordinates, %d densities", name, len(zeta), len(logq))
		}
		for s := range n {
			if want := c.logq(c.params, zeta[s*c.dim:(s+1)*c.dim]); !near(logq[s], want, 1e-8) {
				t.Fatalf("%s: draw %d: log q %v, want %v", name, s, logq[s], want)
			}
		}
		checkEntropy(t, name, c, logq)
		if name != "custom" { // whose moments are themselves Monte Carlo
			checkMoments(t, name, q, zeta)
		}
		again, _ := q.Draw(10, 5)
		if !slices.Equal(again, zeta[:10*c.dim]) {
			t.Errorf("%s: the same seed drew other numbers", name)
		}
		if other, _ := q.Draw(10, 6); slices.Equal(other, again) {
			t.Errorf("%s: another seed drew the same numbers", name)
		}
	}
}

func checkEntropy(t *testing.T, name string, c density, logq []float64) {
	t.Helper()
	b := build(t, c, vi.Particles{S: 2})
	if b.guide.Entropy == nil {
		return
	}
	h := b.eval(t, c.params, 0, b.guide.Entropy)[0][0]
	mean, se := meanSE(logq)
	if z := (h + mean) / se; !(math.Abs(z) < 4) {
		t.Errorf("%s: entropy %v, by Monte Carlo %v ± %v", name, h, -mean, se)
	}
}

func checkMoments(t *testing.T, name string, q vi.Posterior, zeta []float64) {
	t.Helper()
	mean, cov := q.Mean(), q.Cov()
	d := len(mean)
	n := len(zeta) / d
	for i := range d {
		for j := range i + 1 {
			x, y := make([]float64, n), make([]float64, n)
			for s := range n {
				x[s] = zeta[s*d+i] - mean[i]
				y[s] = x[s] * (zeta[s*d+j] - mean[j])
			}
			if m, se := meanSE(x); !(math.Abs(m/se) < 4.5) {
				t.Errorf("%s: mean %d off by %v ± %v", name, i, m, se)
			}
			if m, se := meanSE(y); !(math.Abs(m-cov[i*d+j])/se < 4.5) || cov[i*d+j] != cov[j*d+i] {
				t.Errorf("%s: cov %d,%d = %v, by Monte Carlo %v ± %v", name, i, j, cov[i*d+j], m, se)
			}
		}
	}
}

func meanSE(x []float64) (mean, se float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		se += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(se / (n * (n - 1)))
}

// TestCustomMoments are near those of many draws: 500 draws know a mean to 0.045 sd.
func TestCustomMoments(t *testing.T) {
	c := cases()["custom"]
	q := c.posterior()
	zeta, _ := q.Draw(4000, 1)
	for j := range c.dim {
		x := make([]float64, 4000)
		for s := range x {
			x[s] = zeta[s*c.dim+j]
		}
		mean, se := meanSE(x)
		sd := se * math.Sqrt(float64(len(x)))
		if e := math.Abs(q.Mean()[j]-mean) / sd; e > 0.2 {
			t.Errorf("mean %d is %g sd off", j, e)
		}
		if r := math.Sqrt(q.Cov()[j*c.dim+j]) / sd; math.Abs(r-1) > 0.2 {
			t.Errorf("sd %d is off by a factor %g", j, r)
		}
	}
}

// TestDelta is a point without spread, density or entropy.
func TestDelta(t *testing.T) {
	m := cases()["fullrank with metric"].family.(FullRank).Metric
	c := density{family: Delta{m}, dim: 3, params: map[string][]float64{"q/loc": {0.4, -0.7, 0.1}}}
	want := affine(m, c.params["q/loc"])
	b := build(t, c, vi.Particles{S: 2})
	out := b.eval(t, c.params, 0, b.guide.Zeta, b.guide.LogQ, b.guide.Entropy)
	q := c.posterior()
	zeta, logq := q.Draw(2, 1)
	for s := range 2 {
		for j := range want {
			if got := column(out[0], 3, s)[j]; !near(got, want[j], 1e-14) || !near(zeta[s*3+j], want[j], 1e-14) {
				t.Errorf("particle %d: %v and draw %v, want %v", s, got, zeta[s*3+j], want[j])
			}
		}
		if out[1][s] != 0 || logq[s] != 0 || out[2][0] != 0 {
			t.Errorf("a density: %v, %v, entropy %v", out[1], logq, out[2])
		}
	}
	for _, v := range q.Cov() {
		if v != 0 {
			t.Errorf("covariance %v", q.Cov())
		}
	}
}

// TestStartIsTheMetric: families start at N(Center, W Wᵀ), MeanField with scales Diag.
func TestStartIsTheMetric(t *testing.T) {
	for name, c := range cases() {
		if name == "custom" {
			continue
		}
		b := build(t, c, vi.Particles{})
		start := func(n string) []float64 {
			for _, w := range b.wrt {
				if w.Name() == n {
					return initial(w)
				}
			}
			return nil
		}
		q := c.family.Posterior(c.dim, start)
		mean, cov := q.Mean(), q.Cov()
		for i := range c.dim {
			want := 1.0
			switch f := c.family.(type) {
			case FullRank:
				want = 0
				for k := range c.dim {
					want += math.Pow(weight(f.Metric, i, k, c.dim), 2)
				}
			case MeanField:
				if f.Metric.Diag != nil {
					want = f.Metric.Diag[i] * f.Metric.Diag[i]
				}
			}
			if centre := affine(metricOf(c.family), make([]float64, c.dim))[i]; mean[i] != centre {
				t.Errorf("%s: starts at %v, want %v", name, mean[i], centre)
			}
			if !near(cov[i*c.dim+i], want, 1e-14) {
				t.Errorf("%s: starts with variance %v, want %v", name, cov[i*c.dim+i], want)
			}
		}
	}
}

func metricOf(f vi.Family) Metric {
	if m, ok := f.(MeanField); ok {
		return m.Metric
	}
	return f.(FullRank).Metric
}
