package feed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"elbo/graph"
)

// Input is an input of a program that a batch fills.
type Input struct {
	Name  string
	DType graph.DType
	Size  int // elements
}

// Inputs returns those of the names that are slots of a program: it leaves out what it does not read.
func Inputs(p *graph.Program, names ...string) []Input {
	var out []Input
	for _, name := range names {
		if s := p.Slot(name); s != nil {
			out = append(out, Input{name, s.DType, s.Shape.Size()})
		}
	}
	return out
}

// Slot is the device memory of one batch, a buffer for each input.
type Slot struct {
	dev   graph.Device
	parts []Part
}

// Part is one input's memory.
type Part struct {
	Input
	// Raw holds the elements as the host writes them, little-endian: the buffer's own memory where the host can
	// address it, else a copy that Slot.Send takes to the device.
	Raw []byte
	buf graph.Buffer
}

// NewSlot allocates a buffer for each input.
func NewSlot(dev graph.Device, inputs []Input) (*Slot, error) {
	s := &Slot{dev: dev}
	for _, in := range inputs {
		size := in.Size * in.DType.Size()
		buf, err := dev.Alloc(size)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("feed: input %q of a batch: %w", in.Name, err), s.Free())
		}
		p := Part{Input: in, Raw: buf.Host(), buf: buf}
		if p.Raw == nil {
			p.Raw = make([]byte, size)
		}
		p.Raw = p.Raw[:size]
		s.parts = append(s.parts, p)
	}
	return s, nil
}

// Part returns an input's memory, nil where the slot has no such input.
func (s *Slot) Part(name string) *Part {
	for i := range s.parts {
		if s.parts[i].Name == name {
			return &s.parts[i]
		}
	}
	return nil
}

// Set writes all elements of an input; one the slot has not is passed over. Send follows.
func (s *Slot) Set(name string, v []float64) {
	if p := s.Part(name); p != nil {
		graph.PutFloats(p.Raw, v, p.DType)
	}
}

// Send takes what was written to the device. It may run beside the device's other methods, as Device.Write does, and
// the device writes no buffer before the runs that were issued with it have read it.
func (s *Slot) Send() error {
	for i := range s.parts {
		p := &s.parts[i]
		if p.buf.Host() != nil {
			continue
		}
		if err := s.dev.Write(p.buf, 0, p.Raw); err != nil {
			return fmt.Errorf("feed: input %q of a batch: %w", p.Name, err)
		}
	}
	return nil
}

// Bind makes the slot an instance's batch.
func (s *Slot) Bind(in *graph.Instance) error {
	for i := range s.parts {
		if err := in.Bind(s.parts[i].Name, s.parts[i].buf); err != nil {
			return err
		}
	}
	return nil
}

// Free gives the buffers back; no program bound to them may run afterwards.
func (s *Slot) Free() error {
	var errs []error
	for i := range s.parts {
		errs = append(errs, s.dev.Free(s.parts[i].buf))
	}
	s.parts = nil
	return errors.Join(errs...)
}

// Floats returns Raw as the float32 numbers of this machine, nil where that is not what it holds.
func (p *Part) Floats() []float32 {
	if p.DType != graph.F32 || !littleEndian {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(p.Raw))), p.Size)
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1
