//go:build elbo_cuda && linux

package driver

// #include <stdint.h>
// #include "worker.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"gorgonia.org/cu"

	"elbo/kernels"
)

// A Context is one GPU made ready for use: its primary context, current on the thread of one worker
// goroutine. Do, Info and Close may be called from any goroutine, the rest inside Do.
type Context struct {
	info   Info
	device cu.Device
	id     C.uintptr_t // marks the worker's thread
	work   chan job
	ended  chan struct{} // closed when the worker has ended
	owned  map[any]func() error
	closed bool // the worker ends; read and written by it alone
}

// job is one function on its way to the worker.
type job struct {
	run  func() error
	done chan outcome
}

// outcome is what a job came to.
type outcome struct {
	err      error
	panicked any
}

var contexts atomic.Uintptr

// Open makes the device of the given index ready for use.
func Open(index int) (*Context, error) {
	devices, err := Devices()
	if err != nil {
		return nil, err
	}
	if index < 0 || index >= len(devices) {
		return nil, fmt.Errorf("cuda: %w: device %d was asked for, and there are %d (0 to %d)",
			kernels.ErrUnavailable, index, len(devices), len(devices)-1)
	}
	c := &Context{info: devices[index], id: C.uintptr_t(contexts.Add(1)), work: make(chan job),
		ended: make(chan struct{}), owned: map[any]func() error{}}
	ready := make(chan error)
	go c.worker(ready)
	if err := <-ready; err != nil {
		return nil, err
	}
	return c, nil
}

// Info describes the device.
func (c *Context) Info() Info { return c.info }

// Do runs f on the worker and returns its error. It may be called inside Do too. A panic of f goes on
// in the caller. After Close it returns kernels.ErrClosed.
func (c *Context) Do(f func() error) error {
	if c.here() {
		return f()
	}
	j := job{f, make(chan outcome, 1)}
	select {
	case c.work <- j:
	case <-c.ended:
		return fmt.Errorf("cuda: Do: %w", kernels.ErrClosed)
	}
	o := <-j.done
	if o.panicked != nil {
		panic(o.panicked)
	}
	return o.err
}

// Close waits for the function in Do, if any, frees what the context owns and releases the device. It
// returns the first error of doing so; the context is closed all the same. More calls do nothing.
func (c *Context) Close() error {
	err := c.Do(func() error {
		c.closed = true
		return c.release()
	})
	if errors.Is(err, kernels.ErrClosed) {
		return nil
	}
	<-c.ended
	return err
}

// Owned is how many allocations, streams, events, modules, graphs and cuBLAS handles of this context
// have not been freed.
func (c *Context) Owned() int { return len(c.owned) }

// Synchronize waits until the device has done everything given to it.
func (c *Context) Synchronize() error {
	if !c.here() {
		return wrongThread("cuCtxSynchronize")
	}
	return wrap(cu.Synchronize(), "cuCtxSynchronize")
}

// worker is the goroutine on which everything happens. It never unlocks its thread, which ends with
// it, so no other goroutine inherits the context.
func (c *Context) worker(ready chan<- error) {
	runtime.LockOSThread()
	defer close(c.ended)
	err := c.enter()
	ready <- err
	if err != nil {
		return
	}
	for !c.closed {
		c.serve(<-c.work)
	}
}

// serve runs one job. Its outcome is sent even where the function ends the goroutine.
func (c *Context) serve(j job) {
	o := outcome{err: errors.New("cuda: Do: the function ended its goroutine (runtime.Goexit)")}
	defer func() { j.done <- o }()
	defer func() { o.panicked = recover() }()
	o.err = j.run()
}

// enter makes the primary context current on this thread.
func (c *Context) enter() error {
	d, err := cu.GetDevice(c.info.Index)
	if err != nil {
		return wrap(err, "cuDeviceGet(%d)", c.info.Index)
	}
	c.device = d
	primary, err := d.RetainPrimaryCtx()
	if err != nil {
		return wrap(err, "cuDevicePrimaryCtxRetain(device %d)", c.info.Index)
	}
	if err := cu.SetCurrentContext(primary); err != nil {
		return errors.Join(wrap(err, "cuCtxSetCurrent"), wrap(d.ReleasePrimaryCtx(), "cuDevicePrimaryCtxRelease"))
	}
	C.elbo_enter(c.id)
	return nil
}

// release frees what is owned and lets go of the device.
func (c *Context) release() error {
	first := c.Synchronize() // nothing may be in flight when memory goes
	for _, free := range c.owned {
		if err := free(); err != nil && first == nil {
			first = err
		}
	}
	clear(c.owned)
	err := wrap(cu.SetCurrentContext(cu.CUContext{}), "cuCtxSetCurrent")
	C.elbo_enter(0)
	return errors.Join(first, err, wrap(c.device.ReleasePrimaryCtx(), "cuDevicePrimaryCtxRelease"))
}

// here tells whether the caller runs on the worker.
func (c *Context) here() bool { return C.elbo_here() == c.id }

// own remembers how to free a thing.
func (c *Context) own(key any, free func() error) { c.owned[key] = free }

// free frees an owned thing once; call names it where it is not owned.
func (c *Context) free(key any, call string) error {
	if !c.here() {
		return wrongThread(call)
	}
	free, ok := c.owned[key]
	if !ok {
		return fmt.Errorf("cuda: %s: %w", call, kernels.ErrClosed)
	}
	delete(c.owned, key)
	return free()
}
