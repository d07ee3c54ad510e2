//go:build cgo

package cpu

// #include "exec.h"
//
// #cgo noescape elbo_run
// #cgo nocallback elbo_run
// #cgo noescape elbo_run_steps
// #cgo nocallback elbo_run_steps
// #cgo noescape elbo_run_chunk
// #cgo nocallback elbo_run_chunk
// #cgo noescape elbo_finish
// #cgo nocallback elbo_finish
import "C"

import (
	"fmt"
	"time"

	"elbo/kernels"
)

// executable is a program in C memory with its scratch.
type executable struct {
	dev     *Device
	program *kernels.Program
	mem     *arena
	ctx     *C.elbo_ctx
	ptr     []*C.char           // pointer of every value, C memory
	inSlot  [][]kernels.ValueID // values that live in each slot
	bound   []*buffer
	tls     []*C.char // scratch per thread

	stretches []stretch
	current   int // instruction of the parallel region in flight
	chunk     func(thread, chunk int)
	timings   []Timing // of every stretch, where the device profiles
}

// stretch is a run of instructions: either all on the caller, or one shared by the workers.
type stretch struct {
	lo, hi   int
	chunks   int
	parallel bool
}

// plan cuts the instructions into stretches.
func (x *executable) plan(c *compiler) {
	for i := range c.out {
		in := &c.out[i]
		if x.dev.threads > 1 && in.chunks > 1 && in.cost >= parallelCost {
			x.stretches = append(x.stretches, stretch{lo: i, hi: i + 1, chunks: in.chunks, parallel: true})
			continue
		}
		if n := len(x.stretches); n > 0 && !x.stretches[n-1].parallel {
			x.stretches[n-1].hi = i + 1
			continue
		}
		x.stretches = append(x.stretches, stretch{lo: i, hi: i + 1})
	}
	if x.dev.profile {
		x.profile(c)
	}
	x.chunk = func(thread, chunk int) {
		C.elbo_run_chunk(x.ctx, C.long(x.current), C.long(chunk), x.tls[thread])
	}
}

// Bind sets the memory of a slot.
func (x *executable) Bind(slot int, b kernels.Buffer) error {
	if x.mem == nil {
		return fmt.Errorf("cpu: bind in program %q: %w", x.program.Name, kernels.ErrClosed)
	}
	if slot < 0 || slot >= len(x.bound) {
		return fmt.Errorf("cpu: bind in program %q: slot %d of %d", x.program.Name, slot, len(x.bound))
	}
	s := &x.program.Slots[slot]
	buf, err := x.dev.own(b, "bind")
	if err != nil {
		return fmt.Errorf("cpu: program %q slot %q: %w", x.program.Name, s.Name, err)
	}
	if buf.size < s.Bytes() {
		return fmt.Errorf("cpu: bind in program %q: slot %q needs %d bytes, the buffer has %d",
			x.program.Name, s.Name, s.Bytes(), buf.size)
	}
	x.bound[slot] = buf
	for _, v := range x.inSlot[slot] {
		x.ptr[v] = (*C.char)(buf.ptr)
	}
	return nil
}

// ready reports why the program cannot run: closed, or a slot it uses has no live buffer.
func (x *executable) ready() error {
	if x.mem == nil || x.dev.closed {
		return fmt.Errorf("cpu: run of program %q: %w", x.program.Name, kernels.ErrClosed)
	}
	for i, b := range x.bound {
		if len(x.inSlot[i]) == 0 {
			continue
		}
		if b == nil {
			return fmt.Errorf("cpu: run of program %q: slot %q is not bound", x.program.Name, x.program.Slots[i].Name)
		}
		if b.ptr == nil {
			return fmt.Errorf("cpu: run of program %q: slot %q: buffer: %w",
				x.program.Name, x.program.Slots[i].Name, kernels.ErrClosed)
		}
	}
	return nil
}

// Run executes k steps; it returns when they are done or one has failed.
func (x *executable) Run(step uint64, k int) error {
	if err := x.ready(); err != nil {
		return err
	}
	if len(x.stretches) == 1 && x.timings == nil && !x.stretches[0].parallel {
		C.elbo_run_steps(x.ctx, C.uint64_t(step), C.long(k), x.tls[0])
		return x.failure()
	}
	x.dev.pool.wake()
	for i := range k {
		x.ctx.step = C.uint64_t(step + uint64(i))
		x.runStep()
		if err := x.failure(); err != nil {
			return err
		}
	}
	return nil
}

func (x *executable) runStep() {
	for i := range x.stretches {
		if x.timings == nil {
			x.runStretch(&x.stretches[i])
			continue
		}
		start := time.Now()
		x.runStretch(&x.stretches[i])
		x.note(i, start)
	}
}

func (x *executable) runStretch(s *stretch) {
	if !s.parallel {
		C.elbo_run(x.ctx, C.long(s.lo), C.long(s.hi), x.tls[0])
		return
	}
	x.current = s.lo
	x.dev.pool.run(s.chunks, x.chunk)
	C.elbo_finish(x.ctx, C.long(s.lo), x.tls[0])
}

// failure returns the error the kernels recorded, located, and clears it.
func (x *executable) failure() error {
	if x.ctx.failed == 0 {
		return nil
	}
	i := int(x.ctx.failed) - 1
	x.ctx.failed = 0
	in := &x.program.Instrs[i]
	err := &kernels.OpError{Program: x.program.Name, Instr: i, Op: in.Op, Site: in.Site,
		Err: fmt.Errorf("cpu: index %d for %d rows: %w", int(x.ctx.bad[0]), int(x.ctx.bad[1]), kernels.ErrIndex)}
	if x.dev.failed == nil {
		x.dev.failed = err
	}
	return err
}

// Close frees the program, its constants and scratch.
func (x *executable) Close() error {
	if x.mem == nil {
		return fmt.Errorf("cpu: close of program %q: %w", x.program.Name, kernels.ErrClosed)
	}
	x.release()
	x.dev.forget(x)
	delete(x.dev.exes, x)
	return nil
}

func (x *executable) release() {
	x.mem.free()
	x.mem, x.ctx, x.ptr, x.tls = nil, nil, nil, nil
}
