package fit

import (
	"context"
	"errors"
	"fmt"
	"math"

	"elbo/data/array"
	"elbo/graph"
	"elbo/vi/feed"
	"elbo/vi/optim"
	"elbo/vi/train"
	"elbo/vi/vae"
)

// Epoch is what is known at an epoch's end; nats per image.
type Epoch struct {
	// Epoch counts from 1; Metric is the loop's record, whose Elbo is Bound.
	Epoch  int64
	Metric train.Metric
	// Bound, Recon and KL are means over the epoch's steps, while parameters moved.
	Bound, Recon, KL float64
	// Valid is the bound on the validation images; nil without any.
	Valid *vae.BoundResult
	// Runner evaluates the epoch's parameters; it is the loop's and must not be closed.
	Runner *vae.Runner
}

// Result is a finished run.
type Result struct {
	Training *train.Result
	// Params are the trained parameters: the best epoch's with Patience, else the last.
	Params vae.Params
	// Images is how many are in an epoch, Passed what Resume passed over (see train.Store.Passed).
	Images int64
	Passed error
	// Placement says where the images were.
	Placement feed.Placement
}

// run is one call of Run.
type run struct {
	m    *vae.Model
	a    *array.Array
	o    Options
	from *batches
	step *train.Step
	// placement says where the images are: resident ones are on the device, which draws its own batches.
	placement feed.Placement
}

// Run trains m on images of a. A run that ctx ends has reason interrupted and is resumed from its
// checkpoint.
func Run(ctx context.Context, m *vae.Model, a *array.Array, o Options) (*Result, error) {
	r, err := prepare(m, a, o)
	if err != nil {
		return nil, err
	}
	return r.train(ctx)
}

// Compile returns the step Run would train with, for dumps and memory estimates.
func Compile(m *vae.Model, a *array.Array, o Options) (*train.Step, error) {
	r, err := prepare(m, a, o)
	if err != nil {
		return nil, err
	}
	return r.step, nil
}

// prepare checks data and options and compiles the step.
func prepare(m *vae.Model, a *array.Array, o Options) (*run, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := m.Accepts(a); err != nil {
		return nil, err
	}
	c := m.Config()
	scale, err := array.ParseScale(c.Scale)
	if err != nil {
		return nil, err
	}
	r := &run{m: m, a: a, o: o}
	if r.from, err = newBatches(a, o.Train, o.Batch, scale, c.Seed); err != nil {
		return nil, err
	}
	start, err := m.StartFrom(a, o.Train)
	if err != nil {
		return nil, err
	}
	opt := vae.StepOptions{
		Batch: r.from.size, Rule: optim.Adam{}, ClipNorm: o.ClipNorm, EMA: o.EMA, Start: start,
		Schedule: o.schedule(r.from.loader().StepsPerEpoch()), Bytes: r.from.raw,
	}
	if err := r.compile(opt); err != nil {
		return nil, err
	}
	if r.placement, err = r.where(); err != nil || !r.placement.Resident {
		return r, err
	}
	opt.Resident = int(r.rows())
	return r, r.compile(opt)
}

// compile builds the step.
func (r *run) compile(opt vae.StepOptions) error {
	spec, err := r.m.StepSpec(opt)
	if err != nil {
		return err
	}
	if r.step, err = spec.Compile(); err != nil {
		return fmt.Errorf("fit: %w", err)
	}
	return nil
}

// train runs the loop.
func (r *run) train(ctx context.Context) (res *Result, err error) {
	in, err := r.step.Program.Load(r.o.Device)
	if err != nil {
		return nil, fmt.Errorf("fit: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	eval, err := r.m.Attach(r.o.Device, in)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, eval.Close()) }()
	res = &Result{Images: r.rows(), Placement: r.placement}
	if r.o.Placed != nil {
		r.o.Placed(r.placement)
	}
	loop := train.New(r.config(ctx, in, eval))
	resumed := false
	if r.o.Resume && r.o.Checkpoints != nil {
		if resumed, err = loop.Resume(); err != nil {
			return nil, err
		}
		res.Passed = r.o.Checkpoints.Passed()
	}
	if !resumed {
		if err := r.begin(in); err != nil {
			return nil, err
		}
	}
	if r.placement.Resident {
		err = r.place(in)
	} else {
		var f *feed.Feeder
		if f, err = newFeeder(r.o.Device, in.Program(), r.from, loop.Step()); err == nil {
			defer func() { err = errors.Join(err, f.Close()) }()
			loop.SetFeed(f.Bind)
		}
	}
	if err != nil {
		return nil, err
	}
	if res.Training, err = loop.Run(ctx); err != nil {
		return nil, err
	}
	res.Params, err = r.m.ParamsOf(in)
	return res, err
}

// config joins the run to the loop.
func (r *run) config(ctx context.Context, in *graph.Instance, eval *vae.Runner) train.Config {
	return train.Config{
		Step: r.step, Instance: in, Rows: r.rows(), Batch: int64(r.from.size), LR: r.o.LR,
		Stop: train.StopConfig{Patience: r.o.Patience}, Budget: r.o.Budget, Tick: r.o.Tick,
		Checkpoints: r.o.Checkpoints, CheckpointEvery: r.o.CheckpointEvery, Checkpoint: r.o.Checkpoint,
		Fingerprint: r.o.Fingerprint, RowName: r.rowName,
		Replay: func(start int64) (train.Feed, func() error, error) {
			f, err := newFeeder(r.o.Device, in.Program(), r.from, start)
			if err != nil {
				return nil, nil, err
			}
			return f.Bind, f.Close, nil
		},
		Epoch: func(e train.EpochInfo) (float64, error) { return r.epoch(ctx, e, eval) },
	}
}

// epoch validates and reports; the score is the bound on the validation images. An epoch whose
// validation is interrupted is validated again when the run is resumed.
func (r *run) epoch(ctx context.Context, e train.EpochInfo, eval *vae.Runner) (float64, error) {
	out := Epoch{Epoch: e.Epoch, Metric: e.Metric, Bound: e.Metric.Elbo, Runner: eval}
	for name, to := range map[string]*float64{vae.OutRecon: &out.Recon, vae.OutKL: &out.KL} {
		*to = math.NaN()
		if v := e.Means[name]; len(v) == 1 {
			*to = v[0]
		}
	}
	score := math.NaN()
	if len(r.o.Valid) > 0 {
		b, err := eval.Bound(context.WithoutCancel(ctx), r.a, r.o.Valid, vae.BoundOptions{Seed: r.m.Config().Seed})
		if err != nil {
			return 0, err
		}
		out.Valid, score = b, b.Bound
	}
	if r.o.Epoch == nil {
		return score, nil
	}
	return score, r.o.Epoch(out)
}

// rowName tells which image is in row i of a step's batch.
func (r *run) rowName(step int64, i int) string {
	if item := r.item(step, i); item >= 0 {
		return fmt.Sprintf("image %d of %s", item, r.a.File)
	}
	return ""
}
