package graph

import (
	"errors"
	"fmt"

	"elbo/kernels"
)

// Instance is a program loaded on a device, with memory for its slots. One goroutine uses
// it at a time.
type Instance struct {
	p     *Program
	dev   kernels.Device
	exec  kernels.Executable
	slots []boundSlot
}

// boundSlot is the memory of one slot.
type boundSlot struct {
	buf   kernels.Buffer
	owned bool // freed by Close
}

// LoadOption changes how Load finds memory for slots.
type LoadOption func(*loadConfig)

type loadConfig struct {
	shared []*Instance
	given  map[string]kernels.Buffer
}

// Share binds state and resident data slots to the memory of equally named slots of another
// instance on the same device, so that a pass sees the parameters a step trains. The other
// instance must be closed last.
func Share(other *Instance) LoadOption {
	return func(c *loadConfig) { c.shared = append(c.shared, other) }
}

// Use binds slots to memory of the caller's, by name, in place of new memory; names that are no slots are passed over.
// The caller frees it after Close.
func Use(memory map[string]kernels.Buffer) LoadOption {
	return func(c *loadConfig) { c.given = memory }
}

// Load compiles the program for a device, allocates its slots and sets states to their
// initial values.
func (p *Program) Load(dev kernels.Device, options ...LoadOption) (*Instance, error) {
	var cfg loadConfig
	for _, o := range options {
		o(&cfg)
	}
	exec, err := dev.Compile(p.kernel)
	if err != nil {
		return nil, fmt.Errorf("graph: load program %q: %w", p.kernel.Name, err)
	}
	in := &Instance{p: p, dev: dev, exec: exec, slots: make([]boundSlot, len(p.kernel.Slots))}
	for i := range in.slots {
		if err := in.openSlot(i, cfg); err != nil {
			return nil, errors.Join(fmt.Errorf("graph: load program %q: %w", p.kernel.Name, err), in.Close())
		}
	}
	return in, nil
}

// openSlot binds slot i to given or shared memory, or to new memory holding its initial value.
func (in *Instance) openSlot(i int, cfg loadConfig) error {
	s := &in.p.kernel.Slots[i]
	if b := cfg.given[s.Name]; b != nil {
		return in.Bind(s.Name, b)
	}
	if s.Kind == kernels.SlotState || s.Kind == kernels.SlotData {
		for _, other := range cfg.shared {
			j := other.p.kernel.SlotIndex(s.Name)
			if j < 0 {
				continue
			}
			if o := &other.p.kernel.Slots[j]; o.Kind != s.Kind || o.DType != s.DType || !o.Shape.Equal(s.Shape) {
				return fmt.Errorf("slot %q is %v %v %v here and %v %v %v in program %q",
					s.Name, s.Kind, s.DType, s.Shape, o.Kind, o.DType, o.Shape, other.p.kernel.Name)
			}
			return in.bind(i, boundSlot{buf: other.slots[j].buf})
		}
	}
	buf, err := in.dev.Alloc(s.Bytes())
	if err != nil {
		return fmt.Errorf("slot %q of %d bytes: %w", s.Name, s.Bytes(), err)
	}
	if err := in.bind(i, boundSlot{buf: buf, owned: true}); err != nil {
		return err
	}
	if in.p.init[s.Name] == nil {
		return nil
	}
	return in.Set(s.Name, in.p.Init(s.Name))
}

// bind replaces the memory of slot i.
func (in *Instance) bind(i int, b boundSlot) error {
	old := in.slots[i]
	in.slots[i] = b
	if err := in.exec.Bind(i, b.buf); err != nil {
		return fmt.Errorf("slot %q: %w", in.p.kernel.Slots[i].Name, err)
	}
	if old.owned {
		return in.dev.Free(old.buf)
	}
	return nil
}

// Program returns what is loaded.
func (in *Instance) Program() *Program { return in.p }

// Has reports whether the program has a slot of that name.
func (in *Instance) Has(name string) bool { return in.p.kernel.SlotIndex(name) >= 0 }

func (in *Instance) slot(op, name string) (*kernels.Slot, kernels.Buffer, error) {
	i := in.p.kernel.SlotIndex(name)
	if i < 0 {
		return nil, nil, fmt.Errorf("graph: %s: program %q has no slot %q", op, in.p.kernel.Name, name)
	}
	return &in.p.kernel.Slots[i], in.slots[i].buf, nil
}

// Set writes all elements of a slot, converted to its type.
func (in *Instance) Set(name string, v []float64) error {
	s, _, err := in.slot("set", name)
	if err != nil {
		return err
	}
	if len(v) != s.Shape.Size() {
		return fmt.Errorf("graph: set %q: %d values for shape %v", name, len(v), s.Shape)
	}
	raw := make([]byte, s.Bytes())
	kernels.PutFloats(raw, v, s.DType)
	return in.SetBytes(name, raw)
}

// Get reads all elements of a slot after the runs issued so far.
func (in *Instance) Get(name string) ([]float64, error) {
	raw, err := in.GetBytes(name)
	if err != nil {
		return nil, err
	}
	s, _, _ := in.slot("get", name) // GetBytes found it
	out := make([]float64, s.Shape.Size())
	kernels.GetFloats(out, raw, s.DType)
	return out, nil
}

// SetBytes writes the little-endian elements of a slot.
func (in *Instance) SetBytes(name string, raw []byte) error {
	s, buf, err := in.slot("set", name)
	if err != nil {
		return err
	}
	if len(raw) != s.Bytes() {
		return fmt.Errorf("graph: set %q: %d bytes given, %d wanted", name, len(raw), s.Bytes())
	}
	if err := in.dev.Write(buf, 0, raw); err != nil {
		return fmt.Errorf("graph: set %q: %w", name, err)
	}
	return nil
}

// GetBytes reads the little-endian elements of a slot after the runs issued so far.
func (in *Instance) GetBytes(name string) ([]byte, error) {
	s, buf, err := in.slot("get", name)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, s.Bytes())
	if err := in.dev.Read(buf, 0, raw); err != nil {
		return nil, fmt.Errorf("graph: get %q: %w", name, err)
	}
	return raw, nil
}

// HostBytes returns a slot's memory where the host can address it, else nil. It must not be
// written while a run that reads it is in flight.
func (in *Instance) HostBytes(name string) []byte {
	s, buf, err := in.slot("host bytes", name)
	if err != nil || buf.Host() == nil {
		return nil
	}
	return buf.Host()[:s.Bytes()]
}

// Bind makes a slot use memory of the caller's, which the caller frees after Close.
func (in *Instance) Bind(name string, b kernels.Buffer) error {
	s, _, err := in.slot("bind", name)
	if err != nil {
		return err
	}
	if b == nil || b.Size() < s.Bytes() {
		return fmt.Errorf("graph: bind %q: the buffer is nil or smaller than %d bytes", name, s.Bytes())
	}
	if err := in.bind(in.p.kernel.SlotIndex(name), boundSlot{buf: b}); err != nil {
		return fmt.Errorf("graph: bind: %w", err)
	}
	return nil
}

// Buffer returns the memory of a slot, nil for an unknown name.
func (in *Instance) Buffer(name string) kernels.Buffer {
	_, buf, err := in.slot("buffer", name)
	if err != nil {
		return nil
	}
	return buf
}

// Run executes steps step … step+k-1. It may return before they are done; Sync and Get wait.
func (in *Instance) Run(step uint64, k int) error {
	if err := in.exec.Run(step, k); err != nil {
		return fmt.Errorf("graph: run %q at step %d: %w", in.p.kernel.Name, step, err)
	}
	return nil
}

// Sync waits for all runs of the device and returns the first error since the last Sync.
func (in *Instance) Sync() error {
	if err := in.dev.Sync(); err != nil {
		return fmt.Errorf("graph: sync %q: %w", in.p.kernel.Name, err)
	}
	return nil
}

// Close frees the executable and the memory Load allocated.
func (in *Instance) Close() error {
	var errs []error
	if in.exec != nil {
		errs = append(errs, in.exec.Close())
	}
	for i := range in.slots {
		if in.slots[i].owned {
			errs = append(errs, in.dev.Free(in.slots[i].buf))
		}
	}
	in.exec, in.slots = nil, nil
	return errors.Join(errs...)
}
