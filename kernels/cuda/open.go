//go:build elbo_cuda && linux

package cuda

import (
	"fmt"
	"sync/atomic"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/driver"
	"elbo/kernels/cuda/internal/images"
)

// Options configure a device; the zero value is the first card with float32 products in float32.
type Options struct {
	// Index numbers the cards from 0, as the driver does (see CUDA_VISIBLE_DEVICES).
	Index int
	// TF32 lets products of float32 matrices round their factors to 10 bits of mantissa, on tensor cores.
	TF32 bool
	// Streams is how many streams, 4 at most, the nodes of a step that need nothing of each other are spread
	// over. 0 spreads them over 4, and a program that is used much goes on with one stream where that is
	// as fast. The results are the same.
	Streams int

	whole wholeMode
}

// Device runs programs on one card.
type Device struct {
	ctx      *driver.Context
	info     driver.Info
	options  Options
	arch     string // what kernels are compiled for
	compiler string // version of the run-time compiler
	cache    images.Cache

	compute *driver.Stream // runs
	copies  *driver.Stream // writes
	staged  staging
	arrived *driver.Event // the writes so far
	pending bool          // writes no run has waited for
	runs    runs
	streams streams
	clock   [2]*driver.Event

	buffers  map[*buffer]struct{}
	exes     map[*executable]struct{}
	modules  map[string]*module
	suspects []*executable         // runs since the last Sync whose indices were not looked at
	failed   error                 // first since the last Sync
	lost     atomic.Pointer[error] // the card stopped answering
	closed   bool
}

// Open makes a card ready. Without a usable one the error is kernels.ErrUnavailable and says what
// was looked for. Close the device to free whatever buffers and executables are left.
func Open(o Options) (kernels.Device, error) {
	if o.Streams < 0 || o.Streams > mostStreams {
		return nil, fmt.Errorf("cuda: open device %d: %d streams, 0 to %d wanted", o.Index, o.Streams, mostStreams)
	}
	ctx, err := driver.Open(o.Index)
	if err != nil {
		return nil, err
	}
	d := &Device{ctx: ctx, info: ctx.Info(), options: o, cache: images.Open(), buffers: map[*buffer]struct{}{},
		exes: map[*executable]struct{}{}, modules: map[string]*module{}}
	if err := d.start(); err != nil {
		_ = ctx.Close() // the reason is err
		return nil, fmt.Errorf("cuda: open device %d: %w", o.Index, err)
	}
	return d, nil
}

// start asks for the compiler and makes the streams.
func (d *Device) start() (err error) {
	if d.compiler, err = driver.CompilerVersion(); err != nil {
		return err
	}
	if d.arch, err = driver.Arch(d.info.Major, d.info.Minor); err != nil {
		return err
	}
	return d.ctx.Do(func() error {
		if d.compute, err = d.ctx.NewStream(); err != nil {
			return err
		}
		d.streams.all = append(d.streams.all, d.compute)
		if d.copies, err = d.ctx.NewStream(); err != nil {
			return err
		}
		if d.arrived, err = d.ctx.NewEvent(false); err != nil {
			return err
		}
		if err = d.runs.open(d.ctx); err != nil {
			return err
		}
		return d.staged.open(d.ctx)
	})
}

// Report names the card, what its kernels are compiled for, and its multiprocessors as threads.
func (d *Device) Report() kernels.Report {
	var free, beside int64
	_ = d.do("report", func() (err error) { // a card that does not answer has no known free memory
		free, _, err = d.ctx.MemInfo()
		beside = d.beside()
		return err
	})
	return kernels.Report{Name: fmt.Sprintf("cuda:%d", d.options.Index), Model: d.info.Name, ISA: d.arch,
		Threads: max(d.info.SMs, 1), Memory: d.info.Memory, Free: free, Beside: beside, Extra: map[string]string{
			"driver": d.info.Driver, "nvrtc": d.compiler, "uuid": d.info.UUID, "pci": d.info.PCI,
			"images": d.cache.Dir(), "matmul": map[bool]string{false: "fp32", true: "tf32"}[d.options.TF32],
		}}
}

// do runs f on the card's thread, unless the device is closed or lost.
func (d *Device) do(what string, f func() error) error {
	if d.closed {
		return fmt.Errorf("cuda: %s: device: %w", what, kernels.ErrClosed)
	}
	if lost := d.lost.Load(); lost != nil {
		return fmt.Errorf("cuda: %s: %w", what, *lost)
	}
	err := d.ctx.Do(f)
	if driver.IsLost(err) {
		d.lost.Store(&err)
	}
	return err
}

// Sync waits for all runs and returns the first error since the last Sync.
func (d *Device) Sync() error {
	err := d.do("sync", d.wait)
	if err == nil {
		err, d.failed = d.failed, nil
	}
	return err
}

// wait waits for writes and runs and looks at what the runs left.
func (d *Device) wait() error {
	if err := d.copies.Sync(); err != nil {
		return err
	}
	if err := d.compute.Sync(); err != nil {
		return err
	}
	d.runs.allDone()
	for _, x := range d.suspects {
		if err := x.inspect(); err != nil {
			return err
		}
	}
	d.suspects = d.suspects[:0]
	return nil
}

// Close frees everything and lets go of the card. After a loss of the card there is nothing left to
// free, and errors of freeing are not told.
func (d *Device) Close() error {
	if d.closed {
		return fmt.Errorf("cuda: close: %w", kernels.ErrClosed)
	}
	d.closed = true
	err := d.ctx.Close()
	if d.lost.Load() != nil {
		err = nil
	}
	for x := range d.exes {
		x.closed = true
	}
	for b := range d.buffers {
		b.freed = true
	}
	d.buffers, d.exes, d.modules, d.suspects = nil, nil, nil, nil
	return err
}
