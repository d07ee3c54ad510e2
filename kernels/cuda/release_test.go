//go:build elbo_cuda && linux

package cuda

import (
	"errors"
	"os"
	"strings"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// TestLives: executables and buffers made and given back a thousand times, on devices opened and closed
// twenty times (a thousand with ELBO_SLOW=1), leave nothing behind: things of the device while it is
// open, and its memory when it is not. Every other life is cut short with runs under way.
func TestLives(t *testing.T) {
	devices, sessions := 20, 50
	if os.Getenv("ELBO_SLOW") != "" {
		devices, sessions = 1000, 1
	}
	p := accumulate(100)
	before := int64(0)
	for i := range devices {
		dev := opened(t, Options{})
		free := freeMemory(t, dev)
		if i == 0 {
			before = free
		}
		// A card keeps a few MiB for code it has loaded once.
		if free < before-8<<20 || emulated != nil && free != before {
			t.Fatalf("device %d: %d bytes free, %d at first", i, free, before)
		}
		owned := dev.ctx.Owned()
		for range sessions {
			s, err := kernelstest.NewSession(dev, p, nil)
			must(t, err)
			must(t, only(dev).Run(0, 3)) // not waited for
			must(t, s.Close())
		}
		if n := dev.ctx.Owned(); n != owned || len(dev.exes)+len(dev.modules)+len(dev.buffers)+len(dev.suspects) > 0 {
			t.Fatalf("device %d owns %d things, %d at first; %d executables, %d modules, %d buffers, %d suspects are left",
				i, n, owned, len(dev.exes), len(dev.modules), len(dev.buffers), len(dev.suspects))
		}
		if i%2 == 0 {
			s, err := kernelstest.NewSession(dev, p, nil)
			must(t, err)
			must(t, s.Run(0, 2))
			must(t, only(dev).Run(2, 50))
		}
		closed(t, dev)
		if inUse() {
			t.Fatalf("device %d is closed, and the card still held", i)
		}
	}
	clean(t)
}

// freeMemory is what the card has left, in bytes.
func freeMemory(t *testing.T, d *Device) int64 {
	t.Helper()
	var free int64
	must(t, d.do("test", func() (err error) {
		free, _, err = d.ctx.MemInfo()
		return err
	}))
	return free
}

// TestOwnsNothing: what sessions made is gone when they are closed, a single kernel too.
func TestOwnsNothing(t *testing.T) {
	for _, c := range []struct {
		o Options
		b *kernelstest.Builder
	}{{Options{}, tiny()}, {Options{whole: wholeAlways}, glm(kernels.F32)}} {
		dev := opened(t, c.o)
		p := c.b.Program()
		_, err := kernelstest.Exec(dev, p, c.b.Feed, 0, 3) // the library stays open from here on
		must(t, err)
		before := dev.ctx.Owned()
		for range 3 {
			_, err := kernelstest.Exec(dev, p, c.b.Feed, 0, 3)
			must(t, err)
		}
		if after := dev.ctx.Owned(); after != before {
			t.Errorf("%d things owned, %d before three sessions", after, before)
		}
		closed(t, dev)
	}
	clean(t)
}

// TestFailedCompile: a program that does not come about leaves nothing, at whichever call it failed,
// but the streams a device makes for the first program that needs them.
func TestFailedCompile(t *testing.T) {
	if emulated == nil {
		t.Skip("failures are injected by the emulator, and this is a card")
	}
	b := tiny()
	p := b.Program()
	for _, plan := range []string{"cublasCreate:0=2", "cublasSetStream:0=1", "cuMemAlloc:0=2", "cuMemsetD8:0=1",
		"cuStreamSynchronize:0=1", "cuMemcpyHtoD:0=1", "cuModuleGetFunction:1=500"} {
		dev := opened(t, Options{})
		if !strings.HasPrefix(plan, "cublas") {
			_, err := kernelstest.Exec(dev, p, b.Feed, 0, 1) // the library stays open from here on
			must(t, err)
		}
		var owned [2]int
		for i := range owned {
			emulated.Clear()
			must(t, emulated.Inject(plan))
			if _, err := dev.Compile(p); err == nil || len(dev.modules) > 0 {
				t.Errorf("%s: error %v, %d modules", plan, err, len(dev.modules))
			}
			owned[i] = dev.ctx.Owned()
		}
		emulated.Clear()
		if owned[0] != owned[1] {
			t.Errorf("%s: %d things owned after it, %d after it happened again", plan, owned[0], owned[1])
		}
		_, err := kernelstest.Exec(dev, p, b.Feed, 0, 1)
		must(t, err)
		closed(t, dev)
	}
	clean(t)
}

// badIndex is a program that takes row index of a table.
func badIndex(rows int, index float64) *kernelstest.Builder {
	b := kernelstest.NewBuilder("bad index", kernels.F32)
	b.Output("y", b.Apply(kernels.Gather, kernels.Attr{}, b.Input("x", nil, rows, 2), b.Index("idx", []float64{index}, 1)))
	return b
}

// TestFirstBadIndex: of two programs the one that ran first is told, once, though neither was waited
// for when it was closed; and a close that fails leaves no trace in the next wait.
func TestFirstBadIndex(t *testing.T) {
	dev := opened(t, Options{})
	var sessions []*kernelstest.Session
	for _, index := range []float64{8, 9} {
		b := badIndex(7, index)
		known := len(dev.exes)
		s, err := kernelstest.NewSession(dev, b.Program(), b.Feed)
		must(t, err)
		sessions = append(sessions, s)
		for x := range dev.exes {
			if len(dev.exes) == known+1 && x.next == 0 {
				must(t, x.Run(0, 1))
			}
		}
	}
	for _, s := range sessions {
		must(t, s.Close())
	}
	if err := dev.Sync(); !errors.Is(err, kernels.ErrIndex) || !strings.Contains(err.Error(), "index 8 for 7") {
		t.Errorf("sync says %v, want index 8", err)
	}
	must(t, dev.Sync())
	if n := len(dev.suspects); n > 0 {
		t.Errorf("%d programs are still suspected", n)
	}
	if emulated != nil {
		b := badIndex(7, 8)
		s, err := kernelstest.NewSession(dev, b.Program(), b.Feed)
		must(t, err)
		must(t, only(dev).Run(0, 1))
		emulated.Clear()
		must(t, emulated.Inject("cuStreamSynchronize:0=1"))
		if s.Close() == nil {
			t.Error("a close whose wait fails says nothing")
		}
		emulated.Clear()
		must(t, dev.Sync())
	}
	closed(t, dev)
	clean(t)
}

// TestStepAfterFailure: a run that failed half way leaves the card at a step nobody knows; the next run
// sets it.
func TestStepAfterFailure(t *testing.T) {
	if emulated == nil {
		t.Skip("failures are injected by the emulator, and this is a card")
	}
	dev := opened(t, Options{whole: wholeNever})
	b := kernelstest.NewBuilder("steps", kernels.F64)
	b.Output("y", b.Apply(kernels.Step, kernels.Attr{}))
	s, err := kernelstest.NewSession(dev, b.Program(), nil)
	must(t, err)
	must(t, s.Run(0, 3))
	emulated.Clear()
	defer emulated.Clear()
	must(t, emulated.Inject("cuGraphLaunch:1=1"))
	if s.Run(3, mostAtOnce+1) == nil {
		t.Error("a launch that fails is not told")
	}
	emulated.Clear()
	must(t, s.Run(4+mostAtOnce, 1))
	got, err := s.Get()
	must(t, err)
	if got["y"][0] != 4+mostAtOnce {
		t.Errorf("step %v, want %d", got["y"][0], 4+mostAtOnce)
	}
	if n := emulated.Calls("cuGraphLaunch"); n != 1 {
		t.Errorf("one step of a program that has run takes %d graph launches", n)
	}
	must(t, s.Close())
	closed(t, dev)
	clean(t)
}

// TestTF32: factors lose digits where that was asked for, and only there.
func TestTF32(t *testing.T) {
	const n = 300
	x := make([]float64, n*n)
	for i := range n {
		x[i*n+i] = 1 + 1./2048 // one digit more than TF32 has
	}
	exact := float64(float32(1+1./2048) * float32(1+1./2048))
	for _, tf32 := range []bool{false, true} {
		dev := opened(t, Options{TF32: tf32})
		b := kernelstest.NewBuilder("product", kernels.F32)
		b.Output("y", b.Apply(kernels.MatMul, kernels.Attr{}, b.Input("a", x, n, n), b.Input("b", x, n, n)))
		got, err := kernelstest.Exec(dev, b.Program(), b.Feed, 0, 1)
		must(t, err)
		// Rounding moves either factor by 2⁻¹¹ at most.
		if off := got["y"][0] - exact; (off != 0) != tf32 || off > 2e-3 || off < -2e-3 {
			t.Errorf("TF32 %t: the product is off by %g", tf32, off)
		}
		closed(t, dev)
	}
	clean(t)
}
