//go:build elbo_cuda && linux

package driver

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"gorgonia.org/cu"

	"elbo/kernels"
)

func TestOpen(t *testing.T) {
	devices, err := Devices()
	if err != nil {
		t.Fatal(err)
	}
	d := devices[0]
	if d.Name == "" || d.Memory <= 0 || d.Major < 5 || d.SMs < 1 || d.Warp != 32 || d.BlockThreads < 512 ||
		d.Driver == "" || !strings.HasPrefix(d.UUID, "GPU-") || d.Shared < 16<<10 || d.SharedOptIn < d.Shared {
		t.Errorf("device 0 is %+v", d)
	}
	for _, index := range []int{-1, len(devices)} {
		if _, err := Open(index); !errors.Is(err, kernels.ErrUnavailable) {
			t.Errorf("Open(%d): %v, want kernels.ErrUnavailable", index, err)
		}
	}
	if c := open(t); c.Info() != d {
		t.Errorf("Info %+v, want %+v", c.Info(), d)
	}
}

func TestDo(t *testing.T) {
	c := open(t)
	boom := errors.New("boom")
	if err := c.Do(func() error { return boom }); err != boom {
		t.Errorf("Do returned %v, want f's error", err)
	}
	nested := c.Do(func() error {
		return c.Do(func() error { return c.Synchronize() })
	})
	if nested != nil {
		t.Errorf("Do inside Do: %v", nested)
	}
	func() {
		defer func() {
			if v := recover(); v != boom {
				t.Errorf("recovered %v, want f's panic", v)
			}
		}()
		_ = c.Do(func() error { panic(boom) })
		t.Error("Do returned after a panic")
	}()
	if err := c.Do(c.Synchronize); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}

// TestDoFromMany has many goroutines count without a lock: Do runs one function at a time.
func TestDoFromMany(t *testing.T) {
	c := open(t)
	n := 0
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 20 {
				if err := c.Do(func() error { n++; return nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n != 1000 {
		t.Errorf("counted %d, want 1000", n)
	}
}

func TestGoexitDoesNotHang(t *testing.T) {
	c, err := Open(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Do(func() error { runtime.Goexit(); return nil }); err == nil {
		t.Error("Do returned no error for a function that never did")
	}
	if err := c.Do(func() error { return nil }); !errors.Is(err, kernels.ErrClosed) {
		t.Errorf("Do on a worker that ended: %v", err)
	}
	if err := c.device.ReleasePrimaryCtx(); err != nil { // the worker could not
		t.Error(err)
	}
}

func TestClose(t *testing.T) {
	c, err := Open(0)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { // some come before Close, some after
			if err := c.Do(func() error { return nil }); err != nil && !errors.Is(err, kernels.ErrClosed) {
				t.Error(err)
			}
		})
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	wg.Wait()
	if err := c.Do(func() error { return nil }); !errors.Is(err, kernels.ErrClosed) {
		t.Errorf("Do after Close: %v", err)
	}
	if _, active, err := c.device.PrimaryCtxState(); err != nil || active != 0 {
		t.Errorf("the primary context is active %d after Close (%v)", active, err)
	}
}

// TestCloseFrees leaves one of everything to Close.
func TestCloseFrees(t *testing.T) {
	c := open(t)
	err := c.Do(func() error {
		everything(c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Owned() == 0 {
		t.Error("nothing is owned")
	}
	if err := c.Close(); err != nil || c.Owned() != 0 {
		t.Errorf("Close: %v, and %d things are owned", err, c.Owned())
	}
}

// everything makes one of each thing a context owns.
func everything(c *Context) {
	must(c.MemAlloc(1000))
	must(c.PinnedAlloc(1000))
	s := must(c.NewStream())
	must(c.NewEvent(true))
	m := must(c.LoadModule(compiled(addSource)))
	f := must(m.Function("add"))
	must(c.NewBlas(s, 4<<20))
	g := must(captured(s, func() error {
		return s.Launch(f, Shape{}, new(Args).Ptr(0).F32(0).I32(0))
	}))
	must(g.Instantiate())
}

// TestThousandContexts opens and closes 1,000 times. Goroutines and file descriptors must not grow.
func TestThousandContexts(t *testing.T) {
	if gpu {
		t.Skip("a thousand primary contexts take minutes on a GPU")
	}
	before := runtime.NumGoroutine()
	for range 1000 {
		c, err := Open(0)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Do(func() error {
			_, err := c.MemAlloc(100)
			return err
		})
		if err := errors.Join(err, c.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
	if _, active, err := cu.Device(0).PrimaryCtxState(); err != nil || active != 0 {
		t.Errorf("the primary context is active %d (%v)", active, err)
	}
}

// TestTwoContexts has two contexts of one device share its primary context.
func TestTwoContexts(t *testing.T) {
	a, b := open(t), open(t)
	var p Ptr
	err := a.Do(func() error {
		p = must(a.MemAlloc(4))
		return a.CopyHtoD(p, []byte{1, 2, 3, 4})
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if err := b.Do(func() error { return b.CopyDtoH(got, p) }); err != nil || got[3] != 4 {
		t.Errorf("the other context read %v, %v", got, err)
	}
	if err := b.Do(func() error { return b.MemFree(p) }); !errors.Is(err, kernels.ErrClosed) {
		t.Errorf("freeing the other's memory: %v", err)
	}
}
