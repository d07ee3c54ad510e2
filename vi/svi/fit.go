package svi

import (
	"context"
	"errors"
	"fmt"
	"math"

	"elbo/data"
	"elbo/graph"
	"elbo/vi"
	"elbo/vi/diag"
	"elbo/vi/family"
	"elbo/vi/model"
	"elbo/vi/train"
)

// Result is a finished fit.
type Result struct {
	// Reason says which rule ended training; Training holds its figures.
	Reason   train.Reason
	Training *train.Result
	// Posterior is q over the unconstrained coordinates, Draws (S,D) its draws.
	Posterior vi.Posterior
	Draws     []float64
	// Sites are the latents in the model's order, in constrained space.
	Sites []Site
	// Elbo is the mean of log p(x, ζ) − log q(ζ) over the draws and all rows, in nats, and ElboSE
	// its standard error. For a point estimate it is the log joint at the point.
	Elbo, ElboSE float64
	// Weights judges the fit by Pareto smoothed importance sampling; nil for a point estimate.
	Weights *diag.PSIS
}

// Fit trains q on the model's posterior and checks it. A run that ctx ends has reason
// interrupted and no draws.
func Fit(ctx context.Context, m *model.Model, d Data, opt Options) (fit *Result, err error) {
	opt, err = opt.withDefaults(m)
	if err != nil {
		return nil, err
	}
	// The number of rows, which the loss is divided by, follows from the inputs of the graph; the
	// target alone has them all.
	l, err := discover(m, d)
	if err != nil {
		return nil, err
	}
	step, err := opt.plan(m, l.rows).Compile()
	if err != nil {
		return nil, fmt.Errorf("svi: %w", err)
	}
	in, err := step.Program.Load(opt.Device)
	if err != nil {
		return nil, fmt.Errorf("svi: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	res, err := opt.run(ctx, m, step, l, in)
	if err != nil {
		return nil, fmt.Errorf("svi: %w", err)
	}
	fit = &Result{Reason: res.Reason, Training: res}
	fit.Posterior = opt.Family.Posterior(m.Dim(), func(name string) []float64 { return res.Params[name] })
	if res.Reason == train.Interrupted {
		return fit, nil
	}
	return fit, fit.diagnose(m, l, opt)
}

// diagnose draws, streams the log joint over all rows and describes the sites.
func (f *Result) diagnose(m *model.Model, l *layout, opt Options) error {
	draws, logq := f.Posterior.Draw(opt.Draws, opt.Seed)
	joint, err := streamJoint(m, l, opt.Device, draws, len(logq))
	if err != nil {
		return fmt.Errorf("svi: %w", err)
	}
	f.Draws = draws
	for s := range joint {
		joint[s] -= logq[s]
	}
	f.Elbo, f.ElboSE = meanSE(joint)
	f.Sites = describe(m, draws, len(logq))
	if _, point := opt.Family.(family.Delta); point {
		return nil
	}
	f.Weights, err = diag.Smooth(joint)
	return err
}

// discover finds the model's inputs and lays the columns out for them.
func discover(m *model.Model, d Data) (*layout, error) {
	g, err := graph.Build(graph.F64, func(g *graph.Graph) { m.LogJoint(g, g.Data(slotZeta, m.Dim(), 1)) })
	if err != nil {
		return nil, fmt.Errorf("svi: %w", err)
	}
	return newLayout(m, g, d)
}

// quantities watches mean and log sd of every unconstrained coordinate in units of its sd
// (log sd: of 1), the mean alone in units of 1 for a point estimate.
func quantities(f vi.Family, dim int) train.Quantities {
	return func(param func(string) []float64) (q, unit []float64) {
		post := f.Posterior(dim, param)
		mean, cov := post.Mean(), post.Cov()
		var logSD []float64
		for j, mu := range mean {
			sd := math.Sqrt(cov[j*dim+j])
			if sd > 0 {
				logSD = append(logSD, math.Log(sd))
			} else {
				sd = 1
			}
			q, unit = append(q, mu), append(unit, sd)
		}
		for range logSD {
			unit = append(unit, 1)
		}
		return append(q, logSD...), unit
	}
}

// rowName tells which row of the data row i of a step's batch is.
func rowName(load *data.Loader, step int64, i int) string {
	index := make([]int64, load.Batch())
	if n := load.Indices(step, index); i >= n {
		return ""
	}
	return fmt.Sprintf("row %d of the data", index[i]+1)
}

func meanSE(x []float64) (mean, se float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		se += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(se / (n * math.Max(n-1, 1)))
}
