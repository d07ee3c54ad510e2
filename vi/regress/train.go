package regress

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"elbo/graph"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/feed"
	"elbo/vi/optim"
	"elbo/vi/train"
)

// compile builds the step program at a mode.
func (p *Problem) compile(m *mode) (*train.Step, error) {
	var objective vi.Objective = elbo.STL{}
	if p.guide != "fullrank" {
		objective = elbo.Reparam{}
	}
	return train.Plan{
		Name: "regress " + p.lik.Name(), DType: p.dtype(), Seed: p.Options.Seed,
		Target: &target{d: p.design, priors: p.priors, anchor: m.like, batch: p.batch()},
		Family: p.family(m), Objective: objective, Rule: optim.SGD{},
		Particles: vi.Particles{S: p.particles(), Antithetic: true},
		Rows:      p.Rows(), ClipNorm: 3 * math.Sqrt(float64(p.Dim())),
	}.Compile()
}

// train runs the loop.
func (p *Problem) train(ctx context.Context, run Run, m *mode, step *train.Step) (res *train.Result, err error) {
	in, err := step.Program.Load(run.Device, p.design.resident.use())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	cfg := train.Config{
		Step: step, Instance: in, Rows: p.Rows(), Batch: int64(p.batch()), LR: p.rate(m),
		Stop: p.Options.Stop, Budget: p.Options.Budget, Quantities: p.quantities(m),
		Checkpoints: run.Checkpoints, CheckpointEvery: run.CheckpointEvery, Checkpoint: run.Checkpoint,
		Fingerprint: p.fingerprint(run.Fingerprint), Metrics: run.Metrics, RowName: p.rowName,
		Replay: func(start int64) (train.Feed, func() error, error) {
			f, err := p.feeder(run.Device, in.Program(), start)
			if err != nil {
				return nil, nil, err
			}
			return f.Bind, f.Close, nil
		},
	}
	loop := train.New(cfg)
	if run.Resume && run.Checkpoints != nil {
		if _, err := loop.Resume(); err != nil {
			return nil, err
		}
		if err := run.Checkpoints.Passed(); err != nil {
			p.warn("resumed from an older checkpoint: %v", err)
		}
	}
	done, err := p.feed(run.Device, in, loop)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	return loop.Run(ctx)
}

// feed connects a loop to its batches and returns what ends that.
func (p *Problem) feed(dev graph.Device, in *graph.Instance, loop *train.Loop) (done func() error, err error) {
	switch {
	case p.design.resident != nil:
		return func() error { return nil }, p.completeBatch(in)
	case p.fullBatch():
		c, err := p.batches(dev, in.Program(), 0)
		if err != nil {
			return nil, err
		}
		all, err := feed.Fix(c, in)
		if err != nil {
			return nil, err
		}
		return all.Free, nil
	}
	f, err := p.feeder(dev, in.Program(), loop.Step())
	if err != nil {
		return nil, err
	}
	loop.SetFeed(f.Bind)
	return f.Close, nil
}

// completeBatch writes what resident columns leave open in a batch of all rows: N/n, and weights that all are 1.
func (p *Problem) completeBatch(in *graph.Instance) error {
	if !p.fullBatch() {
		return nil
	}
	if !p.design.weights {
		if err := setInput(in, inWeight, ones(p.batch())); err != nil {
			return err
		}
	}
	return setInput(in, inScale, []float64{1})
}

// rowName tells where row i of a step's batch comes from.
func (p *Problem) rowName(step int64, i int) string {
	load, err := p.loader()
	if err != nil {
		return ""
	}
	index := make([]int64, load.Batch())
	n := load.Indices(step, index)
	if i >= n {
		return ""
	}
	row := p.design.kept.At(index[i])
	if line := p.design.table.SourceLine(row); line > 0 {
		return fmt.Sprintf("line %d of the file", line)
	}
	return fmt.Sprintf("row %d of the table", row+1)
}

// fingerprint identifies data and options: a checkpoint of others is refused.
func (p *Problem) fingerprint(dataID string) string {
	o := p.Options
	o.Budget = train.Budget{}
	text, err := json.Marshal(struct {
		Data    string
		Options Options
		Encoder any
		Rows    int64
	}{dataID, o, p.enc, p.Rows()})
	if err != nil {
		return "" // Options and encoders are plain data
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
