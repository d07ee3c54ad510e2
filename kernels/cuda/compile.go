//go:build elbo_cuda && linux

package cuda

import (
	"errors"
	"fmt"
	"strings"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/driver"
	"elbo/kernels/cuda/internal/images"
	"elbo/kernels/cuda/internal/lower"
)

// module is code on the card, shared by the executables whose programs have the same text.
type module struct {
	key   string
	code  *driver.Module
	users int
}

// flags are the options every text is compiled with: elementwise results have the bits of the
// CPU's only without contraction.
var flags = []string{"--std=c++17", "--fmad=false"}

var flagsText = strings.Join(flags, " ")

func compileText(text, arch string) (image []byte, log string, err error) {
	return driver.Compile(text, nil, append([]string{"--gpu-architecture=" + arch}, flags...))
}

// Compile checks the program, lowers it, and compiles what no image is kept of.
func (d *Device) Compile(p *kernels.Program) (kernels.Executable, error) {
	if d.closed {
		return nil, fmt.Errorf("cuda: compile %q: device: %w", p.Name, kernels.ErrClosed)
	}
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("cuda: compile: %w", err)
	}
	plan, err := lower.Lower(p)
	if err != nil {
		return nil, fmt.Errorf("cuda: compile: %w", err)
	}
	x := &executable{dev: d, program: p, plan: plan, bound: make([]*buffer, len(p.Slots)), used: slotsUsed(p),
		spreads: map[spreadOver]*lower.Branches{}}
	err = d.do("compile", func() error {
		if x.code, err = d.module(plan); err != nil {
			return err
		}
		if err := x.open(); err != nil {
			// What was begun in the memory must end before it is freed.
			return errors.Join(err, d.ctx.Synchronize(), x.release())
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cuda: compile %q: %w", p.Name, err)
	}
	d.exes[x] = struct{}{}
	return x, nil
}

// module returns the loaded code of a plan.
func (d *Device) module(plan *lower.Plan) (*module, error) {
	key := images.Key(plan.Source, d.arch, d.compiler, flagsText)
	m := d.modules[key]
	if m == nil {
		code, err := d.load(key, plan.Source)
		if err != nil {
			return nil, err
		}
		m = &module{key: key, code: code}
		d.modules[key] = m
	}
	m.users++
	return m, nil
}

// load loads the image of a text, kept or compiled now. A kept image the driver refuses is compiled again.
func (d *Device) load(key, text string) (*driver.Module, error) {
	if image := d.cache.Get(key); image != nil {
		code, err := d.ctx.LoadModule(image)
		if err == nil || driver.IsLost(err) {
			return code, err
		}
	}
	image, _, err := compileText(text, d.arch)
	if err != nil {
		return nil, err
	}
	_ = d.cache.Put(key, image) // what cannot be kept is compiled again next time
	return d.ctx.LoadModule(image)
}

// drop gives a use of a module back; the last one unloads it.
func (d *Device) drop(m *module) error {
	if m.users--; m.users > 0 {
		return nil
	}
	delete(d.modules, m.key)
	return m.code.Unload()
}

// slotsUsed marks the slots some value of the program lives in.
func slotsUsed(p *kernels.Program) []bool {
	used := make([]bool, len(p.Slots))
	for i := range p.Values {
		if v := &p.Values[i]; v.Home == kernels.InSlot {
			used[v.Slot] = true
		}
	}
	return used
}
