package svi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"elbo/graph"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/family"
	"elbo/vi/feed"
	"elbo/vi/model"
	"elbo/vi/optim"
	"elbo/vi/train"
)

// Options sets up a fit. Only Device is required.
type Options struct {
	// Device runs the programs.
	Device graph.Device
	// Family is the form of the posterior; nil means family.FullRank. A family.Custom without
	// Sites gets the model's.
	Family vi.Family
	// Objective estimates the bound; nil means elbo.STL, and elbo.Reparam for family.Delta.
	Objective vi.Objective
	// Rule is the optimiser; nil means optim.Adam.
	Rule vi.Rule
	// LR is the learning rate; 0 means 0.05.
	LR float64
	// ClipNorm bounds the norm of a step's gradient of the bound; 0 means no bound.
	ClipNorm float64
	// Schedule multiplies the learning rate; nil means constant, which the stop rule prefers.
	Schedule optim.Schedule
	// Particles is the number of draws per step; S = 0 means 4.
	Particles vi.Particles
	// Seed keys batch order, draws and noise.
	Seed uint64
	// Float32 computes steps in single precision; diagnostics stay in double.
	Float32 bool
	// Budget bounds the run; the zero value means 20,000 steps.
	Budget train.Budget
	// Stop is the convergence rule.
	Stop train.StopConfig
	// Draws is the number of posterior draws; 0 means 1,000.
	Draws int
	// Metrics receives a record per block of steps; nil drops them.
	Metrics func(train.Metric)
	// Checkpoints keeps the run's state; nil keeps none. CheckpointEvery 0 means 30 s.
	Checkpoints     *train.Store
	CheckpointEvery time.Duration
	// Resume goes on from the newest checkpoint, if there is one. Fingerprint identifies data and
	// model: a checkpoint with another one is refused. Checkpoints.Passed tells of damaged ones.
	Resume      bool
	Fingerprint string
}

// withDefaults fills zero fields in and checks the rest.
func (o Options) withDefaults(m *model.Model) (Options, error) {
	if o.Device == nil {
		return o, fmt.Errorf("svi: no Device: %w", ErrOption)
	}
	if o.LR < 0 || math.IsNaN(o.LR) || o.Draws < 0 || o.Particles.S < 0 {
		return o, fmt.Errorf("svi: LR %g, Draws %d, Particles %d: none may be negative: %w",
			o.LR, o.Draws, o.Particles.S, ErrOption)
	}
	o.Family = orElse[vi.Family](o.Family, family.FullRank{})
	o.Rule = orElse[vi.Rule](o.Rule, optim.Adam{})
	if o.Objective == nil {
		o.Objective = defaultObjective(o.Family)
	}
	if c, ok := o.Family.(family.Custom); ok && c.Sites == nil {
		for _, s := range m.Sites() {
			c.Sites = append(c.Sites, s.Name)
		}
		o.Family = c
	}
	if o.LR == 0 {
		o.LR = 0.05
	}
	if o.Particles.S == 0 {
		o.Particles.S = 4
	}
	if o.Draws == 0 {
		o.Draws = 1000
	}
	if o.Budget == (train.Budget{}) {
		o.Budget.Steps = 20_000
	}
	return o, nil
}

func defaultObjective(f vi.Family) vi.Objective {
	if _, ok := f.(family.Delta); ok {
		return elbo.Reparam{}
	}
	return elbo.STL{}
}

// orElse returns x, or def where x is nil.
func orElse[T comparable](x, def T) T {
	var none T
	if x == none {
		return def
	}
	return x
}

// plan returns the recipe of the training step.
func (o Options) plan(m *model.Model, rows int64) train.Plan {
	dt := graph.F64
	if o.Float32 {
		dt = graph.F32
	}
	return train.Plan{
		Name: "svi", DType: dt, Seed: o.Seed, Target: m, Family: o.Family, Objective: o.Objective, Rule: o.Rule,
		Particles: o.Particles, Rows: rows, ClipNorm: o.ClipNorm, Schedule: o.Schedule,
	}
}

// run trains to the end.
func (o Options) run(
	ctx context.Context, m *model.Model, step *train.Step, l *layout, in *graph.Instance,
) (res *train.Result, err error) {
	load, err := l.loader(o.Seed, true)
	if err != nil {
		return nil, err
	}
	cfg := train.Config{
		Step: step, Instance: in, Rows: l.rows, Batch: int64(l.batch), LR: o.LR, Stop: o.Stop, Budget: o.Budget,
		Quantities: quantities(o.Family, m.Dim()), Checkpoints: o.Checkpoints, CheckpointEvery: o.CheckpointEvery,
		Fingerprint: o.Fingerprint, Metrics: o.Metrics,
		Replay: func(start int64) (train.Feed, func() error, error) {
			f, err := feed.Start(l.batches(o.Device, in.Program(), load, start))
			if err != nil {
				return nil, nil, err
			}
			return f.Bind, f.Close, nil
		},
		RowName: func(step int64, i int) string { return rowName(load, step, i) },
	}
	loop := train.New(cfg)
	if o.Resume {
		if _, err := loop.Resume(); err != nil {
			return nil, err
		}
	}
	if load.StepsPerEpoch() == 1 {
		all, e := feed.Fix(l.batches(o.Device, in.Program(), load, 0), in)
		if e != nil {
			return nil, e
		}
		defer func() { err = errors.Join(err, all.Free()) }()
	} else {
		f, e := feed.Start(l.batches(o.Device, in.Program(), load, loop.Step()))
		if e != nil {
			return nil, e
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		loop.SetFeed(f.Bind)
	}
	return loop.Run(ctx)
}
