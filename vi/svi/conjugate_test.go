package svi

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"elbo/graph"
	"elbo/graph/dist"
	"elbo/kernels/ref"
	"elbo/vi"
	"elbo/vi/family"
	"elbo/vi/model"
	"elbo/vi/optim"
	"elbo/vi/train"
)

// conjugate is a model whose posterior and evidence have closed forms.
type conjugate struct {
	name     string
	run      func(s *model.Scope)
	data     Data
	exact    vi.Family
	evidence float64
	mean, sd []float64 // of ζ for Normal posteriors, else of the constrained value
	cov      []float64 // of ζ, Normal posteriors only
	steps    int64
	// moments of a guide's distribution over its constrained value, from its parameters a and b.
	moments func(a, b float64) (mean, sd float64)
}

const linearRows, linearCols = 24, 3

func conjugates() []conjugate {
	return []conjugate{normalNormal(), linear(), betaBernoulli(), gammaPoisson()}
}

// normalNormal: y_i ~ N(μ, 2), μ ~ N(1, 3).
func normalNormal() conjugate {
	r := rand.New(rand.NewPCG(1, 2))
	y := make([]float64, 20)
	for i := range y {
		y[i] = 4 + 2*r.NormFloat64()
	}
	x := make([]float64, len(y))
	for i := range x {
		x[i] = 1
	}
	c := gaussianPosterior(x, 1, y, 2, 3, 1)
	c.name = "normal-normal"
	c.data = Data{"y": Vector(y)}
	c.run = func(s *model.Scope) {
		y := s.Data("y", 20)
		mu := s.Sample("mu", dist.Normal(s.Const(1), s.Const(3)))
		s.Plate("obs", 20).Observe("lik", dist.Normal(mu, s.Const(2)), y)
	}
	return c
}

// linear: y ~ N(Xw, 0.5), w ~ N(0, 2), correlated columns.
func linear() conjugate {
	x, y := linearData()
	c := gaussianPosterior(x, linearCols, y, 0.5, 2, 0)
	c.name = "linear"
	c.data = Data{"x": Matrix(x, linearCols), "y": Vector(y)}
	c.run = linearModel(linearRows)
	return c
}

func linearData() (x, y []float64) {
	r := rand.New(rand.NewPCG(3, 4))
	for range linearRows {
		a, b := r.NormFloat64(), r.NormFloat64()
		row := []float64{1, a, 0.8*a + 0.4*b}
		x = append(x, row...)
		y = append(y, 0.3*row[0]-row[1]+0.7*row[2]+0.5*r.NormFloat64())
	}
	return x, y
}

func linearModel(batch int) func(s *model.Scope) {
	return func(s *model.Scope) {
		x, y := s.Data("x", batch, linearCols), s.Data("y", batch)
		w := s.Sample("w", dist.Expand(dist.Normal(s.Const(0), s.Const(2)), linearCols))
		s.Plate("obs", batch).Observe("lik", dist.Normal(graph.MatMul(x, w), s.Const(0.5)), y)
	}
}

// gaussianPosterior solves w ~ N(m, t² I), y ~ N(Xw, s² I) exactly.
func gaussianPosterior(x []float64, d int, y []float64, s, t, m float64) conjugate {
	prec, rhs := make([]float64, d*d), make([]float64, d)
	for j := range d {
		prec[j*d+j] = 1 / (t * t)
		rhs[j] = m / (t * t)
	}
	for i, v := range y {
		row := x[i*d : (i+1)*d]
		for j := range d {
			rhs[j] += row[j] * v / (s * s)
			for k := range d {
				prec[j*d+k] += row[j] * row[k] / (s * s)
			}
		}
	}
	cov, logDet := invert(prec, d)
	mean := make([]float64, d)
	for j := range d {
		for k := range d {
			mean[j] += cov[j*d+k] * rhs[k]
		}
	}
	// log p(y) = log p(y|w) + log p(w) − log p(w|y) at w = mean.
	n := float64(len(y))
	e := -n*math.Log(s) - n/2*math.Log(2*math.Pi) - float64(d)*math.Log(t) - logDet/2
	for i, v := range y {
		for j := range d {
			v -= x[i*d+j] * mean[j]
		}
		e -= v * v / (2 * s * s)
	}
	for _, w := range mean {
		e -= (w - m) * (w - m) / (2 * t * t)
	}
	return conjugate{exact: family.FullRank{}, steps: 2000, evidence: e, mean: mean, cov: cov}
}

// invert returns the inverse of a positive definite matrix and the log of its determinant.
func invert(a []float64, d int) (inv []float64, logDet float64) {
	m := append([]float64(nil), a...)
	inv = make([]float64, d*d)
	for i := range d {
		inv[i*d+i] = 1
	}
	for k := range d {
		p := m[k*d+k]
		logDet += math.Log(p)
		for j := range d {
			m[k*d+j] /= p
			inv[k*d+j] /= p
		}
		for i := range d {
			f := m[i*d+k]
			if i == k || f == 0 {
				continue
			}
			for j := range d {
				m[i*d+j] -= f * m[k*d+j]
				inv[i*d+j] -= f * inv[k*d+j]
			}
		}
	}
	return inv, logDet
}

// betaBernoulli: y ~ Bernoulli(p), p ~ Beta(2, 3), 9 of 12 successes.
func betaBernoulli() conjugate {
	y := []float64{1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1}
	a, b := 2.0+9, 3.0+3
	lbeta := func(a, b float64) float64 { return lgamma(a) + lgamma(b) - lgamma(a+b) }
	return conjugate{
		name: "beta-bernoulli", steps: 1000, data: Data{"y": Vector(y)},
		run: func(s *model.Scope) {
			y := s.Data("y", 12)
			p := s.Sample("p", dist.Beta(s.Const(2), s.Const(3)))
			logit := graph.Sub(graph.Log(p), graph.Log1p(graph.Neg(p)))
			s.Plate("obs", 12).Observe("lik", dist.Bernoulli(graph.BroadcastTo(logit, 12)), y)
		},
		exact: family.Custom{Run: func(s *family.Scope) {
			s.Sample("p", dist.Beta(s.Positive("a", 1.5), s.Positive("b", 1.5)))
		}},
		evidence: lbeta(a, b) - lbeta(2, 3),
		moments: func(a, b float64) (mean, sd float64) {
			return a / (a + b), math.Sqrt(a*b/(a+b+1)) / (a + b)
		},
	}.withMoments(a, b)
}

// gammaPoisson: y ~ Poisson(λ), λ ~ Gamma(3, 1.5).
func gammaPoisson() conjugate {
	y := []float64{2, 4, 1, 3, 5, 2, 0, 3}
	a, b := 3.0+20, 1.5+8
	e := 3*math.Log(1.5) - lgamma(3) + lgamma(a) - a*math.Log(b)
	for _, v := range y {
		e -= lgamma(v + 1)
	}
	return conjugate{
		name: "gamma-poisson", steps: 1000, data: Data{"y": Vector(y)},
		run: func(s *model.Scope) {
			y := s.Data("y", 8)
			rate := s.Sample("rate", dist.Gamma(s.Const(3), s.Const(1.5)))
			s.Plate("obs", 8).Observe("lik", dist.Poisson(graph.BroadcastTo(graph.Log(rate), 8)), y)
		},
		exact: family.Custom{Run: func(s *family.Scope) {
			s.Sample("rate", dist.Gamma(s.Positive("a", 8), s.Positive("b", 3)))
		}},
		evidence: e,
		moments:  func(a, b float64) (mean, sd float64) { return a / b, math.Sqrt(a) / b },
	}.withMoments(a, b)
}

func (c conjugate) withMoments(a, b float64) conjugate {
	mean, sd := c.moments(a, b)
	c.mean, c.sd = []float64{mean}, []float64{sd}
	return c
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// settled trains long enough for a noise-free optimum to be reached to rounding: with an
// exact family sticking-the-landing has no noise left there.
func settled(steps int64) Options {
	return Options{
		Device: ref.Open(), LR: 0.1, Schedule: optim.Cosine(steps), Seed: 7, Particles: vi.Particles{S: 2},
		Budget: train.Budget{Steps: steps}, Stop: train.StopConfig{Off: true}, Draws: 200,
	}
}

func mustFit(t *testing.T, c conjugate, opt Options) *Result {
	t.Helper()
	m, err := model.New(c.run)
	if err != nil {
		t.Fatal(err)
	}
	fit, err := Fit(context.Background(), m, c.data, opt)
	if err != nil {
		t.Fatal(err)
	}
	return fit
}

// TestExactFamilyFindsExactPosterior is the first promise of variational inference: where the
// family holds the posterior, the posterior is found and the bound is the log evidence.
func TestExactFamilyFindsExactPosterior(t *testing.T) {
	for _, c := range conjugates() {
		t.Run(c.name, func(t *testing.T) {
			opt := settled(c.steps)
			opt.Family = c.exact
			fit := mustFit(t, c, opt)
			if math.Abs(fit.Elbo-c.evidence) > 1e-3 {
				t.Errorf("elbo %.6f, log evidence %.6f", fit.Elbo, c.evidence)
			}
			// Every draw's log p − log q is the evidence itself.
			if fit.ElboSE > 1e-3 {
				t.Errorf("log p − log q varies by %g over draws", fit.ElboSE)
			}
			if c.cov != nil {
				checkNormal(t, fit.Posterior, c)
			} else {
				checkGuide(t, fit, c)
			}
		})
	}
}

// checkNormal compares mean (1e-3 sd) and covariance (2 % of the product of sds).
func checkNormal(t *testing.T, q vi.Posterior, c conjugate) {
	t.Helper()
	d := len(c.mean)
	mean, cov := q.Mean(), q.Cov()
	for i := range d {
		sd := math.Sqrt(c.cov[i*d+i])
		if e := math.Abs(mean[i]-c.mean[i]) / sd; !(e <= 1e-3) {
			t.Errorf("mean %d is %g sd off", i, e)
		}
		for j := range d {
			scale := sd * math.Sqrt(c.cov[j*d+j])
			if e := math.Abs(cov[i*d+j]-c.cov[i*d+j]) / scale; !(e <= 0.02) {
				t.Errorf("cov %d,%d is %g of the scale off", i, j, e)
			}
		}
	}
}

// checkGuide compares the fitted distribution's moments (mean 1e-3 sd, sd 1 %), and those of
// the draws by their standard error.
func checkGuide(t *testing.T, fit *Result, c conjugate) {
	t.Helper()
	p := fit.Training.Params
	mean, sd := c.moments(math.Exp(p["q/a"][0]), math.Exp(p["q/b"][0]))
	if e := math.Abs(mean-c.mean[0]) / c.sd[0]; !(e <= 1e-3) {
		t.Errorf("mean is %g sd off", e)
	}
	if e := math.Abs(sd/c.sd[0] - 1); !(e <= 0.01) {
		t.Errorf("sd is %g of itself off", e)
	}
	se := c.sd[0] / math.Sqrt(float64(len(fit.Sites[0].Draws)))
	if z := (fit.Sites[0].Mean[0] - c.mean[0]) / se; !(math.Abs(z) < 4) {
		t.Errorf("mean of draws %g, want %g: z = %g", fit.Sites[0].Mean[0], c.mean[0], z)
	}
	if r := fit.Sites[0].SD[0] / c.sd[0]; !(math.Abs(r-1) < 0.25) { // 5 standard errors of 200 draws
		t.Errorf("sd of draws %g, want %g", fit.Sites[0].SD[0], c.sd[0])
	}
}

// TestMeanFieldBoundIsBelowEvidence: with correlated coefficients the gap of the best
// mean-field Normal is ½(Σ log Λ_jj − log|Λ|), and its sds are 1/√Λ_jj.
func TestMeanFieldBoundIsBelowEvidence(t *testing.T) {
	c := linear()
	opt := settled(2500)
	opt.Family, opt.Draws = family.MeanField{}, 4000
	opt.Particles = vi.Particles{S: 8, Antithetic: true}
	fit := mustFit(t, c, opt)
	d := len(c.mean)
	prec, logDetCov := invert(c.cov, d)
	gap := logDetCov / 2
	for j := range d {
		gap += math.Log(prec[j*d+j]) / 2
		want := 1 / math.Sqrt(prec[j*d+j])
		if got := math.Sqrt(fit.Posterior.Cov()[j*d+j]); math.Abs(got/want-1) > 0.02 {
			t.Errorf("sd %d = %g, want %g", j, got, want)
		}
	}
	if gap < 0.1 {
		t.Fatalf("the data are too little correlated to tell: gap %g", gap)
	}
	// Training noise costs less than 0.01 nats here; the rest is Monte Carlo.
	if e := fit.Elbo - (c.evidence - gap); math.Abs(e) > 0.01+4*fit.ElboSE {
		t.Errorf("bound %g, want %g (se %g)", fit.Elbo, c.evidence-gap, fit.ElboSE)
	}
	if fit.Elbo > c.evidence-gap/2 {
		t.Errorf("bound %g is not below the evidence %g", fit.Elbo, c.evidence)
	}
}
