//go:build elbo_cuda && linux

package driver

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"elbo/kernels"
)

// TestStreamsOverEvents passes bytes through two streams that only an event orders.
func TestStreamsOverEvents(t *testing.T) {
	inside(t, func(c *Context) error {
		const n = 4096
		a, b := must(c.NewStream()), must(c.NewStream())
		e := must(c.NewEvent(false))
		p, q := must(c.MemAlloc(n)), must(c.MemAlloc(n))
		from, to := must(c.PinnedAlloc(n)), must(c.PinnedAlloc(n))
		copy(from.Bytes(), pattern(n))
		err := errors.Join(
			a.CopyHtoDAsync(p, from, 0, n), e.Record(a),
			b.Wait(e), b.CopyDtoDAsync(q, p, n), b.CopyDtoHAsync(to, 0, q, n), b.Sync())
		if !bytes.Equal(to.Bytes(), pattern(n)) {
			t.Error("the bytes came out changed")
		}
		if done, err := e.Query(); !done || err != nil {
			t.Errorf("the event is done %t, %v", done, err)
		}
		if done, err := b.Query(); !done || err != nil {
			t.Errorf("the stream is done %t, %v", done, err)
		}
		return errors.Join(err, e.Destroy(), a.Sync())
	})
}

func TestMemsetsAsync(t *testing.T) {
	inside(t, func(c *Context) error {
		s, p := must(c.NewStream()), must(c.MemAlloc(64))
		got := make([]byte, 64)
		err := errors.Join(s.Memset8Async(p, 9, 64), s.Memset32Async(p+16, 0x04030201, 4), s.Memset8Async(p, 0, 0),
			s.Memset32Async(p, 0, 0), s.CopyDtoDAsync(p, p, 0), s.Sync(), c.CopyDtoH(got, p))
		want := append(bytes.Repeat([]byte{9}, 16), bytes.Repeat([]byte{1, 2, 3, 4}, 4)...)
		want = append(want, bytes.Repeat([]byte{9}, 32)...)
		if !bytes.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		return err
	})
}

func TestElapsed(t *testing.T) {
	inside(t, func(c *Context) error {
		s, a, b := must(c.NewStream()), must(c.NewEvent(true)), must(c.NewEvent(true))
		p := must(c.MemAlloc(1 << 20))
		err := errors.Join(a.Record(s), s.Memset8Async(p, 1, 1<<20), b.Record(s), b.Sync())
		d, e := a.Elapsed(b)
		if d < 0 || d > time.Minute {
			t.Errorf("setting 1 MiB took %v", d)
		}
		return errors.Join(err, e)
	})
}

// TestNotReady asks about work that has not been waited for. The emulator never runs ahead.
func TestNotReady(t *testing.T) {
	needEmulator(t)
	inside(t, func(c *Context) error {
		s, e, p := must(c.NewStream()), must(c.NewEvent(false)), must(c.MemAlloc(1<<20))
		err := errors.Join(s.Memset8Async(p, 1, 1<<20), e.Record(s))
		if done, err := s.Query(); done || err != nil {
			t.Errorf("the stream is done %t, %v", done, err)
		}
		if done, err := e.Query(); done || err != nil {
			t.Errorf("the event is done %t, %v", done, err)
		}
		return errors.Join(err, s.Sync())
	})
}

func TestStreamAfterDestroy(t *testing.T) {
	inside(t, func(c *Context) error {
		s, e := must(c.NewStream()), must(c.NewEvent(false))
		err := errors.Join(s.Destroy(), e.Destroy())
		if !errors.Is(s.Destroy(), kernels.ErrClosed) || !errors.Is(e.Destroy(), kernels.ErrClosed) {
			t.Error("a stream and an event were destroyed twice")
		}
		return err
	})
}
