package kernelstest

import (
	"bytes"
	"errors"
	"fmt"

	"elbo/kernels"
)

// Session is a compiled program with a buffer bound to each of its slots.
type Session struct {
	dev  kernels.Device
	p    *kernels.Program
	exe  kernels.Executable
	bufs []kernels.Buffer
}

// NewSession compiles a program, allocates its slots and writes their contents: zeros when
// absent, but NaN (-1 for integers) to outputs, so that elements a run forgets show.
func NewSession(dev kernels.Device, p *kernels.Program, slots map[string][]float64) (*Session, error) {
	exe, err := dev.Compile(p)
	if err != nil {
		return nil, err
	}
	s := &Session{dev: dev, p: p, exe: exe}
	for i := range p.Slots {
		b, err := dev.Alloc(p.Slots[i].Bytes())
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.bufs = append(s.bufs, b)
		if err := exe.Bind(i, b); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	for i := range p.Slots {
		if p.Slots[i].Kind != kernels.SlotOutput {
			continue
		}
		if err := dev.Write(s.bufs[i], 0, bytes.Repeat([]byte{0xff}, p.Slots[i].Bytes())); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	if err := s.Set(slots); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Set writes the contents of slots.
func (s *Session) Set(slots map[string][]float64) error {
	for i := range s.p.Slots {
		x, ok := slots[s.p.Slots[i].Name]
		if !ok {
			continue
		}
		if len(x) != s.p.Slots[i].Shape.Size() {
			return fmt.Errorf("kernelstest: %d numbers for slot %q", len(x), s.p.Slots[i].Name)
		}
		raw := make([]byte, s.p.Slots[i].Bytes())
		kernels.PutFloats(raw, x, s.p.Slots[i].DType)
		if err := s.dev.Write(s.bufs[i], 0, raw); err != nil {
			return err
		}
	}
	return nil
}

// Run runs k steps and waits for them.
func (s *Session) Run(step uint64, k int) error {
	err := s.exe.Run(step, k)
	if syncErr := s.dev.Sync(); err == nil {
		err = syncErr
	}
	return err
}

// Get reads all slots.
func (s *Session) Get() (map[string][]float64, error) {
	out := map[string][]float64{}
	for i := range s.p.Slots {
		slot := &s.p.Slots[i]
		raw := make([]byte, slot.Bytes())
		if err := s.dev.Read(s.bufs[i], 0, raw); err != nil {
			return nil, err
		}
		x := make([]float64, slot.Shape.Size())
		kernels.GetFloats(x, raw, slot.DType)
		out[slot.Name] = x
	}
	return out, nil
}

// Close frees everything.
func (s *Session) Close() error {
	err := s.exe.Close()
	for _, b := range s.bufs {
		err = errors.Join(err, s.dev.Free(b))
	}
	return err
}

// Exec runs k steps of a program from given slot contents and returns the contents of all slots.
func Exec(
	dev kernels.Device, p *kernels.Program, slots map[string][]float64, step uint64, k int,
) (map[string][]float64, error) {
	s, err := NewSession(dev, p, slots)
	if err != nil {
		return nil, err
	}
	if err := s.Run(step, k); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	out, err := s.Get()
	return out, errors.Join(err, s.Close())
}
