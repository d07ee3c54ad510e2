//go:build elbo_cuda && linux

package cuda

import (
	"encoding/binary"
	"errors"
	"fmt"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/driver"
	"elbo/kernels/cuda/internal/lower"
)

// executable is a program on the card with its memory, one allocation: state, counters, partial
// results, constants, scratch.
type executable struct {
	dev     *Device
	program *kernels.Program
	plan    *lower.Plan
	code    *module
	nodes   []*driver.Function // of launches; nil for products
	setStep *driver.Function
	advance *driver.Function
	mem     layout
	bound   []*buffer
	used    []bool // slots the program touches
	spreads map[spreadOver]*lower.Branches
	graphs  graphs
	whole   whole
	args    driver.Args
	offset  uint64 // of the step being issued from the state's step number
	warm    bool   // every kernel has run once
	next    uint64 // the step the card would run next
	known   bool   // next is right
	closed  bool
}

// layout holds the addresses of the parts of an executable's memory.
type layout struct {
	base, counters, partials, consts, scratch driver.Ptr
}

const memoryAlign = 256

// meetingAt is the offset of a single kernel's meeting place, beside the state.
const meetingAt = 64

func aligned(n int) int { return (n + memoryAlign - 1) &^ (memoryAlign - 1) }

// open looks the kernels up and makes the memory.
func (x *executable) open() error {
	d, plan := x.dev, x.plan
	found := map[string]*driver.Function{}
	for _, name := range plan.Kernels {
		f, err := x.code.code.Function(name)
		if err != nil {
			return err
		}
		found[name] = f
	}
	x.setStep, x.advance = found[lower.SetStep], found[lower.Advance]
	for i := range plan.Nodes {
		var f *driver.Function
		if launch := plan.Nodes[i].Launch; launch != nil {
			f = found[launch.Kernel]
		}
		x.nodes = append(x.nodes, f)
	}
	x.whole.now.streams = x.dev.mostStreams()
	for _, steps := range []int{1, x.stepsAtOnce()} {
		if err := d.ready(plan, x.spread(steps, x.dev.mostStreams())); err != nil {
			return err
		}
	}
	return x.allocate()
}

// allocate makes the memory: zeros where counting starts, the constants in place.
func (x *executable) allocate() error {
	d, plan := x.dev, x.plan
	counters := aligned(lower.StateBytes)
	partials := counters + aligned(4*plan.Counters)
	consts := partials + aligned(plan.Partials)
	scratch := consts + aligned(len(plan.Consts))
	total := scratch + plan.Scratch
	what := fmt.Sprintf("scratch memory of %d bytes and constants of %d", plan.Scratch, len(plan.Consts))
	base, err := d.memory(total, what)
	if err != nil {
		return err
	}
	at := func(offset int) driver.Ptr { return base + driver.Ptr(offset) }
	x.known = true // step 0
	x.mem = layout{base: base, counters: at(counters), partials: at(partials), consts: at(consts), scratch: at(scratch)}
	if err := d.ctx.Memset8(base, 0, partials); err != nil {
		return err
	}
	return d.ctx.CopyHtoD(x.mem.consts, plan.Consts)
}

// Bind sets the buffer of a slot.
func (x *executable) Bind(slot int, b kernels.Buffer) error {
	if x.closed {
		return fmt.Errorf("cuda: bind in program %q: %w", x.program.Name, kernels.ErrClosed)
	}
	if slot < 0 || slot >= len(x.bound) {
		return fmt.Errorf("cuda: bind in program %q: slot %d of %d", x.program.Name, slot, len(x.bound))
	}
	s := &x.program.Slots[slot]
	buf, err := x.dev.own(b, "bind")
	if err != nil {
		return fmt.Errorf("cuda: program %q slot %q: %w", x.program.Name, s.Name, err)
	}
	if buf.size < s.Bytes() {
		return fmt.Errorf("cuda: bind in program %q: slot %q needs %d bytes, the buffer has %d",
			x.program.Name, s.Name, s.Bytes(), buf.size)
	}
	x.bound[slot] = buf
	return nil
}

// ready reports why the program cannot run.
func (x *executable) ready() error {
	if x.closed {
		return fmt.Errorf("cuda: run of program %q: %w", x.program.Name, kernels.ErrClosed)
	}
	for i, b := range x.bound {
		switch {
		case !x.used[i]:
		case b == nil:
			return fmt.Errorf("cuda: run of program %q: slot %q is not bound", x.program.Name, x.program.Slots[i].Name)
		case b.freed:
			return fmt.Errorf("cuda: run of program %q: slot %q: buffer: %w",
				x.program.Name, x.program.Slots[i].Name, kernels.ErrClosed)
		}
	}
	return nil
}

// inspect looks for an index out of range in the state the runs left, and clears it.
func (x *executable) inspect() error {
	if x.closed {
		return nil
	}
	var raw [lower.StateBytes]byte
	if err := x.dev.ctx.CopyDtoH(raw[:], x.mem.base); err != nil {
		return err
	}
	i := int(binary.LittleEndian.Uint32(raw[8:])) - 1
	if i < 0 {
		return nil
	}
	in := &x.program.Instrs[i]
	err := &kernels.OpError{Program: x.program.Name, Instr: i, Op: in.Op, Site: in.Site,
		Err: fmt.Errorf("cuda: index %d for %d rows: %w", int64(binary.LittleEndian.Uint64(raw[16:])),
			binary.LittleEndian.Uint64(raw[24:]), kernels.ErrIndex)}
	if x.dev.failed == nil {
		x.dev.failed = err
	}
	return x.dev.ctx.Memset8(x.mem.base+8, 0, 4)
}

// Close frees what the executable owns, after its runs. Where they cannot be waited for, it stays until
// the device is closed: what still runs must not lose its code and memory.
func (x *executable) Close() error {
	if x.closed {
		return fmt.Errorf("cuda: close of program %q: %w", x.program.Name, kernels.ErrClosed)
	}
	err := x.dev.do("close", func() error {
		if err := x.dev.wait(); err != nil {
			return err
		}
		return x.release()
	})
	if x.dev.lost.Load() != nil {
		err = nil // there is nothing left to free
	}
	x.closed = true
	delete(x.dev.exes, x)
	return err
}

// release frees graphs, memory and the use of the module.
func (x *executable) release() error {
	err := errors.Join(x.graphs.release(), x.whole.release())
	if x.mem.base != 0 {
		err = errors.Join(err, x.dev.ctx.MemFree(x.mem.base))
		x.mem = layout{}
	}
	if x.code != nil {
		err = errors.Join(err, x.dev.drop(x.code))
		x.code = nil
	}
	return err
}
