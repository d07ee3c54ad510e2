package benches

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"elbo/data"
	"elbo/graph"
	"elbo/vi/regress"
	"elbo/vi/train"
)

// The regression measured: 30 coefficients and sigma.
var regressSpec = data.GenSpec{Family: "gaussian", Rows: 100_000, Numeric: 20, Factors: 3, Levels: 4, Seed: 3}

// fitted is a timed fit.
type fitted struct {
	fit     *regress.Fit
	problem *regress.Problem
	rates   []float64     // rows a second, per block of steps
	check   time.Duration // from the last step to the end
}

// fitOnce generates the data and fits it with a fixed number of steps.
func (m *machine) fitOnce() (f *fitted, err error) {
	spec, steps := regressSpec, int64(3000)
	if m.Quick {
		spec.Rows, steps = 3000, 300
	}
	file, err := os.CreateTemp(m.TempDir, "elbo-bench-*.csv")
	if err != nil {
		return nil, err
	}
	path := filepath.Clean(file.Name())
	defer func() { err = errors.Join(err, os.Remove(path)) }()
	truth, err := data.Generate(file, spec)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	table, _, err := data.Open(path, data.Options{})
	if err != nil {
		return nil, err
	}
	defer table.Close()
	f = &fitted{}
	f.problem, err = regress.Prepare(table, regress.Options{
		Formula: truth.Formula, Family: spec.Family, Guide: "fullrank", Seed: 1, Batch: 256,
		Stop: train.StopConfig{Off: true}, Budget: train.Budget{Steps: steps},
	})
	if err != nil {
		return nil, err
	}
	trained := time.Now()
	f.fit, err = f.problem.Fit(context.Background(), regress.Run{
		Device:  m.dev.Device,
		Metrics: func(t train.Metric) { f.rates = append(f.rates, t.RowsPerSec); trained = time.Now() },
	})
	f.check = time.Since(trained)
	return f, err
}

// fullrankStep reports the median block of a whole training run, feeding included.
func fullrankStep(m *machine) (Result, error) {
	f, err := m.fitOnce()
	if err != nil {
		return Result{}, err
	}
	slices.Sort(f.rates)
	const batch = 256
	micros := batch / f.rates[len(f.rates)/2] * 1e6
	p := f.fit.Step.Program
	return m.finish(workOf(p, graph.F64, batch), micros), nil
}

// khatPass reports the pass that evaluates every draw on every row. Its work is counted by
// hand: a product of row and draw per predictor, and six flops for the Gaussian density.
func khatPass(m *machine) (Result, error) {
	var times []float64
	var last *fitted
	rounds := 3
	if m.Quick {
		rounds = 1
	}
	for range rounds {
		f, err := m.fitOnce()
		if err != nil {
			return Result{}, err
		}
		times, last = append(times, f.check.Seconds()*1e6), f
	}
	slices.Sort(times)
	rows, draws, dim := last.problem.Rows(), int64(last.fit.KHatDraws()), int64(last.problem.Dim())
	w := work{dtype: graph.F64, rows: int(rows), flops: rows * draws * (2*(dim-1) + 6), bytes: rows * dim * 8}
	w.working = w.bytes
	return m.finish(w, times[len(times)/2]), nil
}
