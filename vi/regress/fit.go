package regress

import (
	"context"
	"errors"
	"fmt"
	"math"

	"elbo/graph"
	"elbo/vi"
	"elbo/vi/diag"
	"elbo/vi/feed"
	"elbo/vi/train"
)

// Fit is a finished regression.
type Fit struct {
	Problem   *Problem
	Training  *train.Result
	Posterior vi.Posterior
	Draws     []float64  // (S,D) in ζ
	Ratios    []float64  // log p − log q per draw (S), up to a constant
	Weights   *diag.PSIS // nil for a point estimate
	Corrected *Corrected // summaries by importance weights, nil where those cannot be relied upon
	Elbo      float64    // mean of log p − log q over the draws, nats
	ElboSE    float64
	Step      *train.Step // the compiled step, for dumps
	LogLik    []float64   // log-likelihood per draw (S)
	LogPrior  []float64   // (S)
	LogQ      []float64   // (S)
	Placement feed.Placement
}

// Fit runs the whole job: mode, training, draws and diagnostics.
func (p *Problem) Fit(ctx context.Context, run Run) (f *Fit, err error) {
	at, done, err := p.settle(run)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if run.Placed != nil {
		run.Placed(at)
	}
	stage := run.Stage
	if stage == nil {
		stage = func(string) {}
	}
	stage("finding the posterior mode")
	m, err := p.mode(run.Device)
	if err != nil {
		return nil, err
	}
	stage("training")
	step, err := p.compile(m)
	if err != nil {
		return nil, err
	}
	res, err := p.train(ctx, run, m, step)
	if err != nil {
		return nil, err
	}
	f = &Fit{Problem: p, Training: res, Step: step, Placement: at}
	get := func(name string) []float64 { return res.Params[name] }
	f.Posterior = p.family(m).Posterior(p.Dim(), get)
	if res.Reason == train.Interrupted {
		return f, nil
	}
	stage("drawing from the posterior and checking it")
	return f, f.diagnose(run.Device, m)
}

// mode finds the anchor and reports what is odd about it.
func (p *Problem) mode(dev graph.Device) (*mode, error) {
	c, err := p.design.newCurvature(dev)
	if err != nil {
		return nil, err
	}
	defer c.close()
	pe, err := p.design.newPriorExpansion(dev, p.priors)
	if err != nil {
		return nil, err
	}
	defer pe.in.Close()
	start, err := p.start()
	if err != nil {
		return nil, err
	}
	m, err := findMode(c, pe, start)
	if err != nil {
		return nil, err
	}
	if err := p.settleSpread(c, pe, m); err != nil {
		return nil, err
	}
	if !finiteAll([]float64{m.like.value}, m.like.grad, m.like.hess, m.metric.w) {
		return nil, fmt.Errorf("%w: the log posterior is not finite near its mode; "+
			"check the scale of offsets and predictors", ErrModel)
	}
	if !m.found {
		p.warn("the posterior mode was not reached in %d passes; the anchor is the best point found", m.passes)
	}
	return m, p.warnSeparation(c, m)
}

// quantities watches mean and log sd of every reported coefficient, in units of its sd (the log sd in units of 1).
func (p *Problem) quantities(m *mode) train.Quantities {
	lay := p.design.lay
	d := lay.dim()
	fam := p.family(m)
	rows := make([][]float64, d)
	for i := range rows {
		rows[i] = lay.functional(i)
	}
	return func(param func(string) []float64) (q, unit []float64) {
		post := fam.Posterior(d, param)
		mean, cov := post.Mean(), post.Cov()
		q, unit = make([]float64, 0, 2*d), make([]float64, 0, 2*d)
		var log []float64
		for _, a := range rows {
			mu, v := moments(a, mean, cov)
			sd := math.Sqrt(v)
			if p.guide == "map" {
				sd = math.Sqrt(quadraticForm(a, m.metric.w, d))
			} else {
				log = append(log, math.Log(sd))
			}
			q, unit = append(q, mu), append(unit, sd)
		}
		return append(q, log...), append(unit, ones(len(log))...)
	}
}

// moments returns aᵀmean and aᵀ cov a, skipping zeros of a.
func moments(a, mean, cov []float64) (mu, v float64) {
	d := len(a)
	for i, x := range a {
		if x == 0 {
			continue
		}
		mu += x * mean[i]
		s := 0.0
		for j, y := range a {
			if y != 0 {
				s += y * cov[i*d+j]
			}
		}
		v += x * s
	}
	return mu, v
}

// quadraticForm returns aᵀ W Wᵀ a.
func quadraticForm(a, w []float64, d int) float64 {
	v := 0.0
	for k := range d {
		s := 0.0
		for i, x := range a {
			if x != 0 {
				s += x * w[i*d+k]
			}
		}
		v += s * s
	}
	return v
}

// diagnose draws from the posterior, streams the log-likelihoods and judges the fit.
func (f *Fit) diagnose(dev graph.Device, m *mode) error {
	p := f.Problem
	draws, logq := f.Posterior.Draw(p.khatDraws(), p.Options.Seed)
	w, err := p.streamWeights(dev, m.like, draws, logq)
	if err != nil {
		return err
	}
	f.Ratios = w.logRatios()
	f.Elbo, f.ElboSE = w.elbo(m.like.value)
	// Draws are a prefix of a stream: those that are kept do not depend on how many k-hat uses.
	n := p.Options.Draws
	f.Draws, f.LogQ, f.LogPrior = draws[:n*p.Dim()], logq[:n], w.prior[:n]
	f.LogLik = make([]float64, n)
	for i := range f.LogLik {
		f.LogLik[i] = m.like.value + w.like[i]
	}
	if p.guide == "map" {
		return nil
	}
	if f.Weights, err = diag.Smooth(f.Ratios); err == nil && f.correctable() {
		f.Corrected = correct(p.design.lay, f.Posterior.Mean(), f.Posterior.Cov(), draws, f.Weights)
	}
	return err
}

// Bounds of the draws k-hat is computed from.
const (
	khatMost     = 16384
	khatRowDraws = 50_000_000 // rows × draws that take a fraction of a second
	khatNumbers  = 1 << 22    // draws × parameters held at once
)

// khatDraws returns how many draws k-hat uses: the draws asked for, and more while they are
// cheap. From a thousand draws the tail's shape is known to ±0.15 only, and where the ratios
// hardly vary at all it describes the bulk's shape rather than the tail's.
func (p *Problem) khatDraws() int {
	n := min(khatMost, khatRowDraws/max(p.Rows(), 1), int64(khatNumbers/max(p.Dim(), 1)))
	return max(p.Options.Draws, int(n))
}
