package regress

import (
	"elbo/data"
	"elbo/graph"
)

// prefetchSlots is the number of batches held at once: one in use and the rest on their way.
const prefetchSlots = 4

// feeder produces the batches of steps start, start+1, … in order on its own goroutine.
type feeder struct {
	load  *data.Loader
	order func(step int64) int64
	enc   *encoder
	slots []*batchSlot
	free  chan *batchSlot
	ready chan *batchSlot
	quit  chan struct{}
	done  chan struct{}
	used  *batchSlot
}

// loader returns the batch order of training.
func (p *Problem) loader() (*data.Loader, error) {
	return data.NewLoader(data.LoaderConfig{Rows: p.design.rows(), Batch: p.batch(), Seed: p.Options.Seed, Shuffle: true})
}

// newFeeder starts the goroutine.
func (p *Problem) newFeeder(dev graph.Device, start int64) (*feeder, error) {
	b := p.batch()
	load, err := p.loader()
	if err != nil {
		return nil, err
	}
	f := &feeder{
		load: load, order: p.order,
		free: make(chan *batchSlot, prefetchSlots), ready: make(chan *batchSlot, prefetchSlots),
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	if f.enc, err = p.design.newEncoder(b); err != nil {
		return nil, err
	}
	if f.slots, err = newSlots(dev, f.enc, prefetchSlots, p.dtype()); err != nil {
		return nil, err
	}
	for _, s := range f.slots {
		f.free <- s
	}
	go f.fill(start)
	return f, nil
}

// order returns the step whose batch order a step has: its own, and step 0 for all rows at
// once, which are bound once and must be added up in the same order by a resumed run.
func (p *Problem) order(step int64) int64 {
	if int64(p.batch()) == p.Rows() {
		return 0
	}
	return step
}

// fill runs until the feeder is closed or a batch fails.
func (f *feeder) fill(step int64) {
	defer close(f.done)
	for ; ; step++ {
		var s *batchSlot
		select {
		case <-f.quit:
			return
		case s = <-f.free:
		}
		s.step, s.scale = step, f.load.Scale(step)
		s.err = f.fillSlot(s)
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

// fillSlot gathers, encodes and converts one batch.
func (f *feeder) fillSlot(s *batchSlot) error {
	n := f.load.Indices(f.order(s.step), s.index)
	if err := f.enc.gather(s.index[:n]); err != nil {
		return err
	}
	return s.store()
}

// bind makes the batch of a step the program's input and returns the former one's memory.
func (f *feeder) bind(in *graph.Instance, step int64) error {
	if f.used != nil {
		// The program that read it has finished: devices that run ahead are waited for.
		f.free <- f.used
		f.used = nil
	}
	s := <-f.ready
	f.used = s
	if s.err != nil {
		return s.err
	}
	if err := s.bind(in); err != nil {
		return err
	}
	return in.Set(inScale, []float64{s.scale})
}

// close stops the goroutine and frees the batches; the program must not run afterwards.
func (f *feeder) close() error {
	close(f.quit)
	<-f.done
	return freeSlots(f.slots)
}
