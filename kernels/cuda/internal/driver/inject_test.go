//go:build elbo_cuda && linux

package driver

import (
	"errors"
	"fmt"
	"testing"

	"gorgonia.org/cu"
)

// session uses the device in every way, once.
func session() (err error) {
	c, err := Open(0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return c.Do(func() error { return use(c) })
}

// use makes calls of every kind and stops at the first that fails.
func use(c *Context) error {
	p, err := c.MemAlloc(64)
	if err != nil {
		return err
	}
	h, err := c.PinnedAlloc(64)
	if err != nil {
		return err
	}
	s, err := c.NewStream()
	if err != nil {
		return err
	}
	e, err := c.NewEvent(true)
	if err != nil {
		return err
	}
	image, _, err := Compile(addSource, nil, []string{"--gpu-architecture=sm_90"})
	if err != nil {
		return err
	}
	m, err := c.LoadModule(image)
	if err != nil {
		return err
	}
	f, err := m.Function("add")
	if err != nil {
		return err
	}
	b, err := c.NewBlas(s, 1<<20)
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error { _, _, err := c.MemInfo(); return err },
		func() error { return c.CopyHtoD(p, make([]byte, 64)) },
		func() error { return c.CopyDtoD(p, p+32, 32) },
		func() error { return c.Memset8(p, 0, 64) },
		func() error { return c.CopyDtoH(make([]byte, 64), p) },
		func() error { return e.Record(s) },
		func() error { return s.CopyHtoDAsync(p, h, 0, 64) },
		func() error { return s.Memset32Async(p, 0, 16) },
		func() error { return b.Gemm32(Gemm{M: 2, N: 2, K: 2, Alpha: 1, A: p, B: p + 16, C: p + 32}) },
		func() error { _, err := f.Occupancy(32, 0); return err },
		func() error { return s.Launch(f, Shape{}, new(Args).Ptr(p).F32(1).I32(16)) },
		func() error { return s.CopyDtoHAsync(h, 0, p, 64) },
		e.Sync,
		s.Sync,
		func() error { return replay(s, p) },
		c.Synchronize,
		m.Unload,
		b.Close,
		h.Free,
	}
	for i, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

// replay captures a copy and runs it. A capture that began is ended whatever happens.
func replay(s *Stream, p Ptr) error {
	g, err := captured(s, func() error { return s.Memset8Async(p, 1, 64) })
	if err != nil {
		return err
	}
	x, err := g.Instantiate()
	if err != nil {
		return err
	}
	return errors.Join(x.Upload(s), x.Launch(s), s.Sync(), g.Destroy(), x.Destroy())
}

// drain gives back what a context could not while every call failed.
func drain(t *testing.T) {
	t.Helper()
	for {
		_, active, err := cu.Device(0).PrimaryCtxState()
		if err != nil {
			t.Fatal(err)
		}
		if active == 0 {
			return
		}
		if err := cu.Device(0).ReleasePrimaryCtx(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryCallFails makes each call of a session fail in turn, once and for good. The session must
// end with an error of that library, and the next one must work.
func TestEveryCallFails(t *testing.T) {
	needEmulator(t)
	emu.Clear()
	must(0, emu.Set("quiet", 1))
	defer func() { must(0, emu.Set("quiet", 0)) }()
	if err := session(); err != nil {
		t.Fatalf("a session without failures: %v", err)
	}
	calls := emu.Calls("")
	if calls < 60 {
		t.Fatalf("a session makes %d calls", calls)
	}
	silent := 0
	for _, plan := range []string{"%d=2", "%d+=719"} {
		for i := range calls {
			emu.Clear()
			if err := emu.Inject(fmt.Sprintf(plan, i)); err != nil {
				t.Fatal(err)
			}
			err := session()
			failed := emu.LastCall()
			emu.Clear()
			drain(t)
			var e *Error
			switch {
			case err == nil:
				silent++
			case !errors.As(err, &e):
				t.Errorf("plan "+plan+" (%s): %v is no *Error", i, failed, err)
			case plan == "%d+=719" && e.Library == Driver && !IsLost(err):
				t.Errorf("plan "+plan+": %v is not the loss of the device", i, err)
			}
		}
	}
	// What may fail without harm: the driver's version, a device's UUID, bus address, cache size, memory
	// clock and bus width, which are only shown; the size and text of a log; the size of a CUBIN, as old
	// compilers make none.
	if silent != 9 {
		t.Errorf("%d failures went unnoticed, want 9", silent)
	}
	emu.Clear()
	if err := session(); err != nil {
		t.Errorf("after all failures: %v", err)
	}
}
