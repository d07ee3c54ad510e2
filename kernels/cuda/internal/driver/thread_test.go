//go:build elbo_cuda && linux

package driver

import (
	"errors"
	"testing"
)

// TestOutsideDo makes every call on a goroutine that is not the worker. None may reach the driver.
func TestOutsideDo(t *testing.T) {
	c := open(t)
	var (
		p Ptr
		h *Pinned
		s *Stream
		e *Event
		m *Module
		f *Function
		g *Graph
		x *GraphExec
		b *Blas
	)
	err := c.Do(func() error {
		p, h, s, e = must(c.MemAlloc(64)), must(c.PinnedAlloc(64)), must(c.NewStream()), must(c.NewEvent(true))
		m = must(c.LoadModule(compiled(addSource)))
		f = must(m.Function("add"))
		b = must(c.NewBlas(s, 4<<20))
		g = must(captured(s, func() error { return s.Memset8Async(p, 0, 64) }))
		x = must(g.Instantiate())
		return s.Sync()
	})
	if err != nil {
		t.Fatal(err)
	}
	one := func(_ any, err error) error { return err }
	gemm := Gemm{M: 1, N: 1, K: 1, A: p, B: p, C: p, Batch: 1}
	gemv := Gemv{M: 1, N: 1, A: p, X: p, Y: p}
	calls := 0
	if emu != nil {
		calls = emu.Calls("")
	}
	for name, call := range map[string]func() error{
		"Synchronize":       c.Synchronize,
		"MemAlloc":          func() error { return one(c.MemAlloc(1)) },
		"MemFree":           func() error { return c.MemFree(p) },
		"MemInfo":           func() error { _, _, err := c.MemInfo(); return err },
		"CopyHtoD":          func() error { return c.CopyHtoD(p, []byte{1}) },
		"CopyDtoH":          func() error { return c.CopyDtoH([]byte{1}, p) },
		"CopyDtoD":          func() error { return c.CopyDtoD(p, p+32, 32) },
		"Memset8":           func() error { return c.Memset8(p, 0, 1) },
		"PinnedAlloc":       func() error { return one(c.PinnedAlloc(1)) },
		"Pinned.Free":       h.Free,
		"NewStream":         func() error { return one(c.NewStream()) },
		"Stream.Destroy":    s.Destroy,
		"Stream.Sync":       s.Sync,
		"Stream.Query":      func() error { return one(s.Query()) },
		"Stream.Wait":       func() error { return s.Wait(e) },
		"CopyHtoDAsync":     func() error { return s.CopyHtoDAsync(p, h, 0, 1) },
		"CopyDtoHAsync":     func() error { return s.CopyDtoHAsync(h, 0, p, 1) },
		"CopyDtoDAsync":     func() error { return s.CopyDtoDAsync(p, p+32, 32) },
		"Memset8Async":      func() error { return s.Memset8Async(p, 0, 1) },
		"Memset32Async":     func() error { return s.Memset32Async(p, 0, 1) },
		"Launch":            func() error { return s.Launch(f, Shape{}, new(Args).Ptr(p).F32(1).I32(1)) },
		"BeginCapture":      s.BeginCapture,
		"EndCapture":        func() error { return one(s.EndCapture()) },
		"Capturing":         func() error { return one(s.Capturing()) },
		"NewEvent":          func() error { return one(c.NewEvent(false)) },
		"Event.Record":      func() error { return e.Record(s) },
		"Event.Sync":        e.Sync,
		"Event.Query":       func() error { return one(e.Query()) },
		"Event.Elapsed":     func() error { return one(e.Elapsed(e)) },
		"Event.Destroy":     e.Destroy,
		"LoadModule":        func() error { return one(c.LoadModule([]byte("x"))) },
		"Module.Function":   func() error { return one(m.Function("add")) },
		"Module.Unload":     m.Unload,
		"SetMaxShared":      func() error { return f.SetMaxShared(1) },
		"Occupancy":         func() error { return one(f.Occupancy(32, 0)) },
		"Graph.Nodes":       func() error { return one(g.Nodes()) },
		"Instantiate":       func() error { return one(g.Instantiate()) },
		"Graph.Destroy":     g.Destroy,
		"GraphExec.Upload":  func() error { return x.Upload(s) },
		"GraphExec.Launch":  func() error { return x.Launch(s) },
		"GraphExec.Destroy": x.Destroy,
		"NewBlas":           func() error { return one(c.NewBlas(s, 0)) },
		"SetMath":           func() error { return b.SetMath(TF32) },
		"Gemm32":            func() error { return b.Gemm32(gemm) },
		"Gemm64":            func() error { return b.Gemm64(gemm) },
		"GemmBatched32":     func() error { return b.GemmBatched32(gemm) },
		"GemmBatched64":     func() error { return b.GemmBatched64(gemm) },
		"GemmEx":            func() error { return b.GemmEx(gemm) },
		"Gemv32":            func() error { return b.Gemv32(gemv) },
		"Gemv64":            func() error { return b.Gemv64(gemv) },
		"Blas.Close":        b.Close,
	} {
		err := call()
		var e *Error
		if !errors.As(err, &e) || e.Code != WrongThread {
			t.Errorf("%s outside Do: %v, want WrongThread", name, err)
		}
	}
	if emu != nil && emu.Calls("") != calls {
		t.Errorf("%d calls reached the driver, the last %s", emu.Calls("")-calls, emu.LastCall())
	}
}
