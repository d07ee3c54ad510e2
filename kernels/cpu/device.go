//go:build cgo

package cpu

// #include "exec.h"
import "C"

import (
	"fmt"
	"os"
	"runtime"

	"elbo/kernels"
)

// Options configure a device; the zero value uses all the machine has.
type Options struct {
	// Threads is the number of threads that share large instructions, the caller's
	// included; 0 means GOMAXPROCS, which is also the most that are used: idle workers spin
	// for a while. It does not change results.
	Threads int
	// ISA names the instruction set level (see Levels); "" means the best one. The
	// environment variable ELBO_CPU_ISA, where set, wins.
	ISA string
	// Profile times every instruction; see Timings.
	Profile bool
}

// Device runs programs on the processor.
type Device struct {
	level   level
	threads int
	pool    *pool
	buffers map[*buffer]struct{}
	exes    map[*executable]struct{}
	failed  error // first since the last Sync
	closed  bool

	profile  bool
	profiled []*executable
}

// Open returns a device. Close it to free its workers and whatever buffers and executables are left.
func Open(o Options) (kernels.Device, error) {
	name := o.ISA
	if env := os.Getenv("ELBO_CPU_ISA"); env != "" {
		name = env
	}
	l, err := pickLevel(name)
	if err != nil {
		return nil, err
	}
	if o.Threads < 0 {
		return nil, fmt.Errorf("cpu: open with %d threads; 0 (all) or more wanted", o.Threads)
	}
	threads := runtime.GOMAXPROCS(0)
	if o.Threads > 0 {
		threads = min(threads, o.Threads)
	}
	return &Device{level: l, threads: threads, pool: newPool(threads - 1), profile: o.Profile,
		buffers: map[*buffer]struct{}{}, exes: map[*executable]struct{}{}}, nil
}

// Report names the processor, the instruction set level and the threads.
func (d *Device) Report() kernels.Report {
	return kernels.Report{Name: "cpu", Model: modelName(), ISA: d.level.name, Threads: d.threads, Memory: memoryBytes()}
}

// Alloc returns zeroed memory aligned to 64 bytes.
func (d *Device) Alloc(bytes int) (kernels.Buffer, error) {
	if d.closed {
		return nil, fmt.Errorf("cpu: alloc of %d bytes: %w", bytes, kernels.ErrClosed)
	}
	p, err := allocate(bytes)
	if err != nil {
		return nil, err
	}
	b := &buffer{dev: d, ptr: p, size: bytes}
	d.buffers[b] = struct{}{}
	return b, nil
}

// Free releases a buffer; a run that uses it must not be in flight.
func (d *Device) Free(b kernels.Buffer) error {
	x, err := d.own(b, "free")
	if err != nil {
		return err
	}
	C.elbo_free(x.ptr)
	x.ptr = nil
	delete(d.buffers, x)
	return nil
}

// Write copies src to the buffer at offset.
func (d *Device) Write(b kernels.Buffer, offset int, src []byte) error {
	x, err := d.own(b, "write")
	if err == nil {
		err = x.check("write", offset, len(src))
	}
	if err != nil {
		return err
	}
	copy(x.Host()[offset:], src)
	return nil
}

// Read copies the buffer at offset to dst.
func (d *Device) Read(b kernels.Buffer, offset int, dst []byte) error {
	x, err := d.own(b, "read")
	if err == nil {
		err = x.check("read", offset, len(dst))
	}
	if err != nil {
		return err
	}
	copy(dst, x.Host()[offset:])
	return nil
}

// Sync returns the first error of a run since the last Sync; runs are synchronous.
func (d *Device) Sync() error {
	if d.closed {
		return fmt.Errorf("cpu: sync: %w", kernels.ErrClosed)
	}
	err := d.failed
	d.failed = nil
	return err
}

// Close stops the workers and frees executables and buffers.
func (d *Device) Close() error {
	if d.closed {
		return fmt.Errorf("cpu: close: %w", kernels.ErrClosed)
	}
	d.closed = true
	d.pool.close()
	for x := range d.exes {
		x.release()
	}
	for b := range d.buffers {
		C.elbo_free(b.ptr)
		b.ptr = nil
	}
	d.buffers, d.exes = nil, nil
	return nil
}
