package regress

import (
	"encoding/binary"
	"errors"
	"math"
	"unsafe"

	"elbo/graph"
)

// batchSlot is the memory of one batch or chunk: buffers of the device, written on the goroutine that makes batches
// where the host can address them.
type batchSlot struct {
	dev     graph.Device
	f32     bool
	step    int64
	scale   float64
	err     error
	buffers []graph.Buffer // in the order of columns
	columns []batchColumn  // the encoder's memory
	index   []int64
}

// newSlots allocates n slots for the batches of an encoder.
func newSlots(dev graph.Device, enc *encoder, n int, dt graph.DType) ([]*batchSlot, error) {
	var out []*batchSlot
	for range n {
		s := &batchSlot{dev: dev, f32: dt == graph.F32, columns: enc.columns(), index: make([]int64, enc.size)}
		out = append(out, s)
		for _, c := range s.columns {
			b, err := dev.Alloc(len(c.values) * dt.Size())
			if err != nil {
				return nil, errors.Join(err, freeSlots(out))
			}
			s.buffers = append(s.buffers, b)
		}
	}
	return out, nil
}

// freeSlots gives the buffers back; no program that reads them may run afterwards.
func freeSlots(slots []*batchSlot) error {
	var first error
	for _, s := range slots {
		for _, b := range s.buffers {
			if err := s.dev.Free(b); err != nil && first == nil {
				first = err
			}
		}
	}
	return first
}

// store copies what the encoder holds to the device.
func (s *batchSlot) store() error {
	for i, c := range s.columns {
		raw := s.buffers[i].Host()
		host := raw != nil
		if !host {
			raw = make([]byte, s.buffers[i].Size())
		}
		store(raw, c.values, s.f32)
		if !host {
			if err := s.dev.Write(s.buffers[i], 0, raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// bind makes the slot the program's batch; columns the program does not read are left out.
func (s *batchSlot) bind(in *graph.Instance) error {
	for i, c := range s.columns {
		if in.Has(c.name) {
			if err := in.Bind(c.name, s.buffers[i]); err != nil {
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
