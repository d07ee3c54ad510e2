package regress

import (
	"encoding/binary"
	"math"
	"unsafe"

	"elbo/data"
	"elbo/graph"
)

// prefetchSlots is the number of batches held at once: one in use and the rest on their way.
const prefetchSlots = 4

// batchSlot is the memory of one batch: buffers of the device, written on the feed's goroutine
// where the host can address them.
type batchSlot struct {
	step    int64
	scale   float64
	err     error
	buffers []graph.Buffer // in the order of encoder.columns
	columns []batchColumn
	index   []int64
}

// feeder produces the batches of steps start, start+1, … in order on its own goroutine.
type feeder struct {
	d     *design
	dev   graph.Device
	f32   bool
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
		d: p.design, dev: dev, f32: p.Options.Float32, load: load, order: p.order,
		free: make(chan *batchSlot, prefetchSlots), ready: make(chan *batchSlot, prefetchSlots),
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	if f.enc, err = p.design.newEncoder(b); err != nil {
		return nil, err
	}
	for range prefetchSlots {
		s := &batchSlot{index: make([]int64, b), columns: f.enc.columns()}
		for _, c := range s.columns {
			buf, err := dev.Alloc(len(c.values) * p.dtype().Size())
			if err != nil {
				return nil, err
			}
			s.buffers = append(s.buffers, buf)
		}
		f.slots = append(f.slots, s)
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
	for i, c := range s.columns {
		raw := s.buffers[i].Host()
		host := raw != nil
		if !host {
			raw = make([]byte, s.buffers[i].Size())
		}
		store(raw, c.values, f.f32)
		if !host {
			if err := f.dev.Write(s.buffers[i], 0, raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// store writes values as little-endian elements.
func store(raw []byte, v []float64, f32 bool) {
	if f32 {
		for i, x := range v {
			binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(float32(x)))
		}
		return
	}
	if littleEndian {
		copy(raw, unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 8*len(v)))
		return
	}
	for i, x := range v {
		binary.LittleEndian.PutUint64(raw[8*i:], math.Float64bits(x))
	}
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

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
	for i, c := range s.columns {
		if in.Has(c.name) {
			if err := in.Bind(c.name, s.buffers[i]); err != nil {
				return err
			}
		}
	}
	return in.Set(inScale, []float64{s.scale})
}

// close stops the goroutine and frees the batches; the program must not run afterwards.
func (f *feeder) close() error {
	close(f.quit)
	<-f.done
	var first error
	for _, s := range f.slots {
		for _, b := range s.buffers {
			if err := f.dev.Free(b); err != nil && first == nil {
				first = err
			}
		}
	}
	return first
}
