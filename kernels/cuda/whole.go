//go:build elbo_cuda && linux

package cuda

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"elbo/kernels/cuda/internal/driver"
	"elbo/kernels/cuda/internal/images"
	"elbo/kernels/cuda/internal/lower"
)

// Steps run as graphs, whose nodes may be spread over several streams (lower.Branches), which has nodes run side
// by side and pays for it with waits between them; or, where they are small, as one cooperative kernel
// (lower.Whole), which saves the launches between nodes and pays for it with meetings of blocks. What
// is fastest depends on program and card, so an executable that is used much is measured: the kernel is
// compiled beside the runs, then a few runs take turns with graphs of one stream and of several and with
// several numbers of blocks, and the fastest stays. All of them give the same bits.

// wholeMode says when the single kernel is used; tests force it.
type wholeMode uint8

const (
	wholeMeasured wholeMode = iota
	wholeNever
	wholeAlways
)

// mostInKernel is the most steps of one launch of the single kernel.
const mostInKernel = 1024

// phase is how far the choice between graphs and the single kernel is.
type phase uint8

const (
	counting phase = iota
	compiling
	measuring
	decided
)

// whole is the single kernel of an executable, and the choice between it and graphs.
type whole struct {
	phase  phase
	steps  int // run so far
	plan   *lower.Whole
	image  chan compiled
	code   *driver.Module
	kernel *driver.Function
	ways   []way
	round  int // of measuring
	turn   int // of the ways in a round
	now    way
	words  []byte
}

// compiled is what compiling the kernel came to.
type compiled struct {
	image []byte
	err   error
}

// way is the kernel with a number of blocks, or with 0 blocks graphs of a number of streams, and the
// shortest time of a step in a measured run.
type way struct {
	blocks, streams int
	time            time.Duration
}

// many issues k steps the best way known.
func (x *executable) many(k int) error {
	w := &x.whole
	w.steps += k
	switch w.phase {
	case counting:
		if w.steps >= measureAfter || x.dev.options.whole == wholeAlways {
			if err := x.startWhole(); err != nil {
				return err
			}
		}
	case compiling:
		if err := x.collectWhole(); err != nil {
			return err
		}
	case measuring:
		if n := min(k, max(measureSteps, x.stepsAtOnce())); n >= measureSteps && !x.sharesMemory() {
			if err := x.measure(n); err != nil {
				return err
			}
			k -= n
		}
	}
	return x.goes(w.now, k)
}

// goes issues k steps one way, as graphs where the kernel cannot run.
func (x *executable) goes(v way, k int) error {
	if k > 0 && v.blocks > 0 && !x.sharesMemory() {
		return x.launchWhole(v.blocks, k)
	}
	return x.replay(k, v.streams)
}

// startWhole finds the ways there are to choose from and has the kernel compiled, beside the runs unless a
// test wants it now.
func (x *executable) startWhole() error {
	w, d := &x.whole, x.dev
	w.ways = x.graphWays()
	if d.info.Cooperative && d.options.whole != wholeNever {
		w.plan = x.plan.Whole(x.program)
	}
	if w.plan == nil {
		w.begin()
		return nil
	}
	w.phase, w.image = compiling, make(chan compiled, 1)
	key := images.Key(w.plan.Source, d.arch, d.compiler, "whole", flagsText)
	cache, arch, source := d.cache, d.arch, w.plan.Source
	build := func() {
		c := compiled{image: cache.Get(key)}
		if c.image == nil {
			if c.image, _, c.err = compileText(source, arch); c.err == nil {
				_ = cache.Put(key, c.image) // what cannot be kept is compiled again next time
			}
		}
		w.image <- c
	}
	if d.options.whole != wholeAlways {
		go build()
		return nil
	}
	build()
	return x.collectWhole()
}

// collectWhole loads the kernel once it is compiled. A compiler that refuses it costs nothing: graphs stay.
func (x *executable) collectWhole() error {
	w, d := &x.whole, x.dev
	var c compiled
	select {
	case c = <-w.image:
	default:
		return nil
	}
	w.begin()
	if c.err != nil {
		if d.options.whole == wholeAlways {
			return c.err
		}
		return nil
	}
	var err error
	if w.code, err = d.ctx.LoadModule(c.image); err != nil {
		return err
	}
	if w.kernel, err = w.code.Function(lower.WholeKernel); err != nil {
		return err
	}
	each, err := w.kernel.Occupancy(lower.Threads, 0)
	if err != nil {
		return err
	}
	most := min(each*d.info.SMs, w.plan.Blocks)
	w.words = make([]byte, 8*max(len(w.plan.Args), 1))
	if d.options.whole == wholeAlways {
		w.phase, w.now.blocks = decided, min(4, most)
		return nil
	}
	for _, n := range []int{1, 8, 32, d.info.SMs} {
		n = min(n, most)
		if n > 0 && !slices.ContainsFunc(w.ways, func(v way) bool { return v.blocks == n }) {
			w.ways = append(w.ways, way{n, w.now.streams, math.MaxInt64})
		}
	}
	w.begin()
	return nil
}

// launchWhole issues k steps as launches of the single kernel.
func (x *executable) launchWhole(blocks, k int) error {
	w := &x.whole
	for i := range w.plan.Args {
		binary.NativeEndian.PutUint64(w.words[8*i:], x.word(&w.plan.Args[i]))
	}
	for k > 0 {
		n := min(k, mostInKernel)
		x.args.Reset().Bytes(w.words).Ptr(x.mem.base + meetingAt).Ptr(x.mem.base).I64(int64(n))
		shape := driver.Shape{Grid: [3]int{blocks}, Block: [3]int{lower.Threads}, Cooperative: true}
		if err := x.dev.compute.Launch(w.kernel, shape, &x.args); err != nil {
			return err
		}
		k -= n
	}
	return nil
}

// sharesMemory reports whether two slots have one buffer: what may run at once was found for distinct ones.
func (x *executable) sharesMemory() bool {
	for i, b := range x.bound {
		if b != nil && x.used[i] && slices.Contains(x.bound[:i], b) {
			return true
		}
	}
	return false
}

func (w *whole) release() error {
	if w.code == nil {
		return nil
	}
	err := w.code.Unload()
	w.code = nil
	return err
}
