package regress

import (
	"elbo/data"
	"elbo/graph"
	"elbo/vi/feed"
)

// batchesAhead is the number of batches held at once: one in use and the rest on their way.
const batchesAhead = 4

// loader returns the batch order of training; all rows at once stay in the order of the file.
func (p *Problem) loader() (*data.Loader, error) {
	return data.NewLoader(data.LoaderConfig{
		Rows: p.Rows(), Batch: p.batch(), Seed: p.Options.Seed, Shuffle: !p.fullBatch(),
	})
}

// fullBatch reports whether a step takes all rows.
func (p *Problem) fullBatch() bool { return int64(p.batch()) == p.Rows() }

// batches says how a training program is fed from a step on.
func (p *Problem) batches(dev graph.Device, prog *graph.Program, first int64) (feed.Config, error) {
	load, err := p.loader()
	if err != nil {
		return feed.Config{}, err
	}
	enc, err := p.design.newEncoder(p.batch())
	if err != nil {
		return feed.Config{}, err
	}
	index, scale := make([]int64, p.batch()), make([]float64, 1)
	return feed.Config{
		Device: dev, Inputs: feed.Inputs(prog, append(p.design.inputNames(), inScale)...), Ahead: batchesAhead, First: first,
		Fill: func(step int64, s *feed.Slot) error {
			n := load.Indices(step, index)
			if err := enc.gather(index[:n]); err != nil {
				return err
			}
			enc.store(s)
			scale[0] = load.Scale(step)
			s.Set(inScale, scale)
			return nil
		},
	}, nil
}

// feeder starts to feed a training program from a step on.
func (p *Problem) feeder(dev graph.Device, prog *graph.Program, first int64) (*feed.Feeder, error) {
	c, err := p.batches(dev, prog, first)
	if err != nil {
		return nil, err
	}
	return feed.Start(c)
}
