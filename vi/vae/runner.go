package vae

import (
	"errors"
	"fmt"

	"elbo/graph"
	"elbo/vi/train"
)

// Runner evaluates a model with given parameters on a device. One goroutine uses it at a time.
type Runner struct {
	m     *Model
	dev   graph.Device
	bufs  map[string]graph.Buffer // of the parameters
	owned bool
	made  map[passKey]*pass
}

// passKey tells programs apart.
type passKey struct {
	kind string
	rows int // rows of a batch
	s    int // particles
	seed uint64
}

// Load puts parameters on a device.
func (m *Model) Load(dev graph.Device, p Params) (*Runner, error) {
	if err := m.CheckParams(p); err != nil {
		return nil, err
	}
	r := &Runner{m: m, dev: dev, bufs: map[string]graph.Buffer{}, owned: true, made: map[passKey]*pass{}}
	for name, v := range p {
		raw := m.bytesOf(v)
		buf, err := dev.Alloc(len(raw))
		if err == nil {
			r.bufs[name] = buf
			err = dev.Write(buf, 0, raw)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("vae: load parameter %q: %w", name, err), r.Close())
		}
	}
	return r, nil
}

// Attach returns a Runner that sees the parameters in's runs change, such as those of the step
// that trains them, and their moving averages where the step keeps them. in must be closed after
// the Runner.
func (m *Model) Attach(dev graph.Device, in *graph.Instance) (*Runner, error) {
	r := &Runner{m: m, dev: dev, bufs: map[string]graph.Buffer{}, made: map[passKey]*pass{}}
	for name := range m.shapes {
		if r.bufs[name] = in.Buffer(slotOf(in, name)); r.bufs[name] == nil {
			return nil, fmt.Errorf("vae: attach: program %q has no parameter %q", in.Program().Kernel().Name, name)
		}
	}
	return r, nil
}

// slotOf names the slot of a parameter's moving average, or the parameter's own where in keeps none.
func slotOf(in *graph.Instance, param string) string {
	if average := train.AverageSlot(param); in.Has(average) {
		return average
	}
	return param
}

// Model returns the model.
func (r *Runner) Model() *Model { return r.m }

// Close frees the programs, and the parameters that Load put on the device.
func (r *Runner) Close() error {
	var errs []error
	for _, p := range r.made {
		errs = append(errs, p.in.Close())
	}
	if r.owned {
		for _, b := range r.bufs {
			errs = append(errs, r.dev.Free(b))
		}
	}
	r.made, r.bufs = nil, nil
	return errors.Join(errs...)
}

// pass returns the program of that key, made by build on first use.
func (r *Runner) pass(key passKey, build func(n *net) []graph.Output) (*pass, error) {
	if p := r.made[key]; p != nil {
		return p, nil
	}
	spec := graph.Spec{Name: "vae/" + key.kind, Seed: key.seed}
	g, err := graph.Build(r.m.dtype, func(g *graph.Graph) { spec.Outputs = build(r.m.newNet(g, false)) })
	if err != nil {
		return nil, fmt.Errorf("vae: build %s: %w", key.kind, err)
	}
	prog, err := graph.Compile(g, spec)
	if err != nil {
		return nil, fmt.Errorf("vae: compile %s: %w", key.kind, err)
	}
	in, err := prog.Load(r.dev)
	if err != nil {
		return nil, err
	}
	for _, name := range prog.StateNames() {
		if err := in.Bind(name, r.bufs[name]); err != nil {
			return nil, errors.Join(fmt.Errorf("vae: %s: parameter %q: %w", key.kind, name, err), in.Close())
		}
	}
	p := &pass{m: r.m, in: in}
	r.made[key] = p
	return p, nil
}
