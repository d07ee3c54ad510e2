package fit

import (
	"encoding/binary"
	"errors"
	"math"
	"unsafe"

	"elbo/data/array"
	"elbo/graph"
)

// slotsAhead is the number of batches held at once: one in use, the rest on their way.
const slotsAhead = 3

// batchOrder says which images make up a step's batch: whole batches of a shuffled epoch; what
// is left over at its end, other images each time, waits for the next.
type batchOrder struct {
	batches *array.Batches
	size    int   // B
	steps   int64 // whole batches of an epoch
}

// newOrder returns the order of the rows of an array; batches are no larger than there are rows.
func newOrder(a *array.Array, rows []int64, batch int, scale array.Scale, seed uint64) (*batchOrder, error) {
	b, err := array.NewBatches(a, array.BatchConfig{Rows: rows, Batch: batch, Seed: seed, Shuffle: true, Scale: scale})
	if err != nil {
		return nil, err
	}
	size := b.Loader().Batch()
	return &batchOrder{batches: b, size: size, steps: b.Loader().Rows() / int64(size)}, nil
}

// fill writes the batch of a step.
func (o *batchOrder) fill(step int64, dst *array.Batch) error {
	return o.batches.Fill(step/o.steps*o.batches.Loader().StepsPerEpoch()+step%o.steps, dst)
}

// batchSlot is the memory of one batch: buffers of the device, written by the feeder's goroutine.
type batchSlot struct {
	pixels, items       graph.Buffer
	batch               array.Batch
	rawPixels, rawItems []byte // host memory of the buffers, or copies that are written to the device
	err                 error
}

// feeder fills batches in order on a goroutine of its own.
type feeder struct {
	dev         graph.Device
	order       *batchOrder
	f32         bool
	withItems   bool
	slots       []*batchSlot
	free, ready chan *batchSlot
	quit, done  chan struct{}
	used        *batchSlot
	nameX, name string // slots of the program: pixels, item numbers
}

// newFeeder starts with the batch of a step. Pixels go to slot x of in, item numbers to slot items
// where the program has it.
func newFeeder(dev graph.Device, in *graph.Program, o *batchOrder, x, items string, start int64) (*feeder, error) {
	f := &feeder{
		dev: dev, order: o, f32: in.Slot(x).DType == graph.F32, withItems: in.Slot(items) != nil, nameX: x, name: items,
		free: make(chan *batchSlot, slotsAhead), ready: make(chan *batchSlot, slotsAhead),
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	for range slotsAhead {
		s, err := f.newSlot(in.Slot(x).Bytes())
		f.slots = append(f.slots, s)
		if err != nil {
			return nil, errors.Join(err, f.freeSlots())
		}
		f.free <- s
	}
	go f.run(start)
	return f, nil
}

// newSlot allocates the buffers of one batch.
func (f *feeder) newSlot(bytes int) (s *batchSlot, err error) {
	s = &batchSlot{}
	if s.pixels, err = f.dev.Alloc(bytes); err != nil {
		return s, err
	}
	if s.items, err = f.dev.Alloc(4 * f.order.size); err != nil {
		return s, err
	}
	s.rawPixels, s.rawItems = hostOf(s.pixels, bytes), hostOf(s.items, 4*f.order.size)
	if f.f32 && littleEndian {
		// Pixels are converted right where the program reads them.
		s.batch.Floats = unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(s.rawPixels))), bytes/4)
	}
	return s, nil
}

// hostOf returns a buffer's memory where the host can address it, else memory of its size.
func hostOf(b graph.Buffer, bytes int) []byte {
	if h := b.Host(); h != nil {
		return h[:bytes]
	}
	return make([]byte, bytes)
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
		s.err = f.fill(s, step)
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

// fill gathers and converts one batch.
func (f *feeder) fill(s *batchSlot, step int64) error {
	if err := f.order.fill(step, &s.batch); err != nil {
		return err
	}
	storeFloats(s.rawPixels, s.batch.Floats, f.f32)
	for i, item := range s.batch.Items {
		binary.LittleEndian.PutUint32(s.rawItems[4*i:], uint32(item))
	}
	if s.pixels.Host() != nil {
		return nil
	}
	if err := f.dev.Write(s.pixels, 0, s.rawPixels); err != nil || !f.withItems {
		return err
	}
	return f.dev.Write(s.items, 0, s.rawItems)
}

// storeFloats writes pixels as little-endian elements, unless they are there already.
func storeFloats(raw []byte, v []float32, f32 bool) {
	switch {
	case f32 && littleEndian:
	case f32:
		for i, x := range v {
			binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(x))
		}
	default:
		for i, x := range v {
			binary.LittleEndian.PutUint64(raw[8*i:], math.Float64bits(float64(x)))
		}
	}
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// bind makes the batch of the next step the program's input and gives the former one's memory back.
func (f *feeder) bind(in *graph.Instance, _ int64) error {
	if f.used != nil {
		// The program that read it has finished: devices that run ahead are waited for.
		if f.used.pixels.Host() == nil {
			if err := in.Sync(); err != nil {
				return err
			}
		}
		f.free <- f.used
		f.used = nil
	}
	s := <-f.ready
	f.used = s
	if s.err != nil {
		return s.err
	}
	if err := in.Bind(f.nameX, s.pixels); err != nil || !f.withItems {
		return err
	}
	return in.Bind(f.name, s.items)
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
		for _, b := range []graph.Buffer{s.pixels, s.items} {
			if b != nil {
				errs = append(errs, f.dev.Free(b))
			}
		}
	}
	return errors.Join(errs...)
}
