package fit

import (
	"encoding/binary"
	"errors"
	"math"
	"unsafe"

	"elbo/data/array"
	"elbo/graph"
	"elbo/vi/vae"
)

// batchSlot is the memory of one batch: buffers of the device, written by the feeder's goroutine.
type batchSlot struct {
	dev   graph.Device
	parts []slotPart
	batch array.Batch
	err   error
}

// slotPart is the buffer of one input.
type slotPart struct {
	name string
	dt   graph.DType
	buf  graph.Buffer
	raw  []byte // the buffer's memory where the host can address it, else a copy to be written
}

// newSlot allocates the buffers of one batch.
func newSlot(dev graph.Device, p *graph.Program) (*batchSlot, error) {
	s := &batchSlot{dev: dev}
	for _, name := range inputs {
		slot := p.Slot(name)
		if slot == nil {
			continue
		}
		buf, err := dev.Alloc(slot.Bytes())
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		part := slotPart{name: name, dt: slot.DType, buf: buf, raw: buf.Host()}
		if part.raw == nil {
			part.raw = make([]byte, slot.Bytes())
		}
		part.raw = part.raw[:slot.Bytes()]
		s.parts = append(s.parts, part)
		switch {
		case name != vae.SlotX:
		case part.dt == graph.U8:
			s.batch.Raw = part.raw
		case part.inPlace():
			// Pixels are converted right where the program reads them.
			s.batch.Floats = unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(part.raw))), len(part.raw)/4)
		}
	}
	return s, nil
}

// inPlace reports whether float32 values of this machine are the part's bytes.
func (p *slotPart) inPlace() bool { return p.dt == graph.F32 && littleEndian }

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// store pads the batch to size rows with copies of its first, of weight 0, and makes it the
// device's.
func (s *batchSlot) store(size int) error {
	n := len(s.batch.Items)
	for i := range s.parts {
		p := &s.parts[i]
		switch p.name {
		case vae.SlotX:
			p.pixels(s.batch.Floats, n, size)
		case vae.SlotWeight:
			for row := range size {
				w := 0.0
				if row < n {
					w = 1 / float64(n)
				}
				p.put(row, w)
			}
		case vae.SlotItem:
			for row := range size {
				binary.LittleEndian.PutUint32(p.raw[4*row:], uint32(s.batch.Items[min(row, n-1)]))
			}
		}
		if p.buf.Host() == nil {
			if err := s.dev.Write(p.buf, 0, p.raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// pixels stores n rows, unless they are in place, and pads with the first.
func (p *slotPart) pixels(v []float32, n, size int) {
	if p.dt == graph.F64 || p.dt == graph.F32 && !littleEndian {
		for i, x := range v {
			p.put(i, float64(x))
		}
	}
	row := len(p.raw) / size
	for at := n * row; at < len(p.raw); at += row {
		copy(p.raw[at:at+row], p.raw[:row])
	}
}

// put stores an element.
func (p *slotPart) put(i int, v float64) {
	if p.dt == graph.F32 {
		binary.LittleEndian.PutUint32(p.raw[4*i:], math.Float32bits(float32(v)))
		return
	}
	binary.LittleEndian.PutUint64(p.raw[8*i:], math.Float64bits(v))
}

// bind makes the slot the program's input.
func (s *batchSlot) bind(in *graph.Instance) error {
	for _, p := range s.parts {
		if err := in.Bind(p.name, p.buf); err != nil {
			return err
		}
	}
	return nil
}

// settle waits until the device has read the slot.
func (s *batchSlot) settle(in *graph.Instance) error {
	if s.parts[0].buf.Host() != nil {
		return nil // such devices have finished when Run returns
	}
	return in.Sync()
}

// close gives the buffers back.
func (s *batchSlot) close() error {
	var errs []error
	for _, p := range s.parts {
		errs = append(errs, s.dev.Free(p.buf))
	}
	return errors.Join(errs...)
}
