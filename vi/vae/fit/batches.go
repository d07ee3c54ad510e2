package fit

import (
	"encoding/binary"

	"elbo/data"
	"elbo/data/array"
	"elbo/graph"
	"elbo/vi/feed"
	"elbo/vi/vae"
)

// batches says which images make up a step's batch.
type batches struct {
	*array.Batches
	size int  // B: every batch but the last of an epoch has so many
	raw  bool // batches are bytes, which the program scales
}

// newBatches shuffles the rows of an array; batches are no larger than there are rows.
func newBatches(a *array.Array, rows []int64, batch int, scale array.Scale, seed uint64) (*batches, error) {
	raw := a.DType == array.Uint8
	b, err := array.NewBatches(a, array.BatchConfig{
		Rows: rows, Batch: batch, Seed: seed, Shuffle: true, Scale: scale, Raw: raw,
	})
	if err != nil {
		return nil, err
	}
	return &batches{b, b.Loader().Batch(), raw}, nil
}

func (b *batches) loader() *data.Loader { return b.Loader() }

// inputs are the slots a batch fills; programs have weight and item where they need them.
var inputs = []string{vae.SlotX, vae.SlotWeight, vae.SlotItem}

// newFeeder starts with the batch of a step of a program.
func newFeeder(dev graph.Device, p *graph.Program, from *batches, start int64) (*feed.Feeder, error) {
	f := filler{from: from, weights: make([]float64, from.size)}
	return feed.Start(feed.Config{
		Device: dev, Inputs: feed.Inputs(p, inputs...), First: start, Fill: f.fill,
	})
}

// filler writes batches to slots.
type filler struct {
	from    *batches
	batch   array.Batch
	own     []float32 // pixels that are converted on the way
	weights []float64
}

// fill writes a step's images, padded with copies of the first of weight 0.
func (f *filler) fill(step int64, s *feed.Slot) error {
	x, size := s.Part(vae.SlotX), f.from.size
	if f.from.raw {
		f.batch.Raw = x.Raw
	} else if f.batch.Floats = x.Floats(); f.batch.Floats == nil {
		f.batch.Floats = f.own
	}
	if err := f.from.Fill(step, &f.batch); err != nil {
		return err
	}
	n := len(f.batch.Items)
	if !f.from.raw && x.Floats() == nil {
		f.own = f.batch.Floats
		graph.PutFloats(x.Raw, f.own, x.DType)
	}
	row := len(x.Raw) / size
	for at := n * row; at < len(x.Raw); at += row {
		copy(x.Raw[at:at+row], x.Raw[:row])
	}
	for i := range f.weights {
		f.weights[i] = 0
		if i < n {
			f.weights[i] = 1 / float64(n)
		}
	}
	s.Set(vae.SlotWeight, f.weights)
	if items := s.Part(vae.SlotItem); items != nil {
		for i := range size {
			binary.LittleEndian.PutUint32(items.Raw[4*i:], uint32(f.batch.Items[min(i, n-1)]))
		}
	}
	return nil
}
