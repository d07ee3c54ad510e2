package fit

import (
	"errors"

	"elbo/data"
	"elbo/data/array"
	"elbo/graph"
	"elbo/vi/vae"
)

// slotsAhead is the number of batches held at once: one in use, the rest on their way.
const slotsAhead = 3

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

// feeder fills batches in order on a goroutine of its own, while the program runs on former ones.
type feeder struct {
	dev         graph.Device
	from        *batches
	slots       []*batchSlot
	free, ready chan *batchSlot
	quit, done  chan struct{}
	used        *batchSlot
}

// newFeeder starts with the batch of a step of a program.
func newFeeder(dev graph.Device, p *graph.Program, from *batches, start int64) (*feeder, error) {
	f := &feeder{
		dev: dev, from: from,
		free: make(chan *batchSlot, slotsAhead), ready: make(chan *batchSlot, slotsAhead),
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	for range slotsAhead {
		s, err := newSlot(dev, p)
		if err != nil {
			return nil, errors.Join(err, f.freeSlots())
		}
		f.slots = append(f.slots, s)
		f.free <- s
	}
	go f.run(start)
	return f, nil
}

// run fills slots until the feeder is closed or a batch fails.
func (f *feeder) run(step int64) {
	defer close(f.done)
	for ; ; step++ {
		var s *batchSlot
		select {
		case <-f.quit:
			return
		case s = <-f.free:
		}
		s.err = f.from.Fill(step, &s.batch)
		if s.err == nil {
			s.err = s.store(f.from.size)
		}
		select {
		case <-f.quit:
			return
		case f.ready <- s:
		}
		if s.err != nil {
			return
		}
	}
}

// bind makes the next batch the program's input and gives the former one's memory back.
func (f *feeder) bind(in *graph.Instance, _ int64) error {
	if f.used != nil {
		// Whoever runs ahead of the device waits until the former batch has been read.
		if err := f.used.settle(in); err != nil {
			return err
		}
		f.free <- f.used
		f.used = nil
	}
	s := <-f.ready
	f.used = s
	if s.err != nil {
		return s.err
	}
	return s.bind(in)
}

// close stops the goroutine and frees the batches; the program must not run afterwards.
func (f *feeder) close() error {
	close(f.quit)
	<-f.done
	return f.freeSlots()
}

func (f *feeder) freeSlots() error {
	var errs []error
	for _, s := range f.slots {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

// inputs are the slots a batch fills; programs have weight and item where they need them.
var inputs = []string{vae.SlotX, vae.SlotWeight, vae.SlotItem}
