//go:build elbo_cuda && linux

package driver

import (
	"errors"
	"testing"
)

// captured records what f puts into the stream.
func captured(s *Stream, f func() error) (*Graph, error) {
	if err := s.BeginCapture(); err != nil {
		return nil, err
	}
	failed := f()
	g, err := s.EndCapture()
	return g, errors.Join(failed, err)
}

// TestReplay records two launches and a copy, and replays them with other bytes each time.
func TestReplay(t *testing.T) {
	inside(t, func(c *Context) error {
		f := must(must(c.LoadModule(compiled(addSource))).Function("add"))
		s, p, out := must(c.NewStream()), must(c.MemAlloc(4)), must(c.PinnedAlloc(4))
		args := new(Args).Ptr(p).F32(2).I32(1)
		g := must(captured(s, func() error {
			if on, err := s.Capturing(); !on || err != nil {
				t.Errorf("capturing %t, %v", on, err)
			}
			err := s.Launch(f, Shape{}, args)
			args.Reset().Ptr(p).F32(0.5).I32(1)
			return errors.Join(err, s.Launch(f, Shape{}, args), s.CopyDtoHAsync(out, 0, p, 4))
		}))
		if n, err := g.Nodes(); n != 3 || err != nil {
			t.Errorf("%d nodes, %v, want 3", n, err)
		}
		x := must(g.Instantiate())
		err := errors.Join(c.CopyHtoD(p, floats(0)), g.Destroy(), x.Upload(s))
		for i := range 100 {
			err = errors.Join(err, x.Launch(s))
			if i%10 != 9 {
				continue
			}
			err = errors.Join(err, s.Sync())
			if got := fromFloats(out.Bytes())[0]; got != 2.5*float32(i+1) {
				t.Fatalf("after %d replays %v, want %v", i+1, got, 2.5*float32(i+1))
			}
		}
		if on, err := s.Capturing(); on || err != nil {
			t.Errorf("capturing %t, %v after the end", on, err)
		}
		return errors.Join(err, x.Destroy())
	})
}

// TestCaptureAcrossStreams records work of two streams tied by events.
func TestCaptureAcrossStreams(t *testing.T) {
	inside(t, func(c *Context) error {
		a, b, p := must(c.NewStream()), must(c.NewStream()), must(c.MemAlloc(8))
		fork, join := must(c.NewEvent(false)), must(c.NewEvent(false))
		g := must(captured(a, func() error {
			return errors.Join(fork.Record(a), b.Wait(fork), a.Memset8Async(p, 1, 4), b.Memset8Async(p+4, 2, 4),
				join.Record(b), a.Wait(join))
		}))
		x := must(g.Instantiate())
		got := make([]byte, 8)
		err := errors.Join(x.Launch(a), a.Sync(), c.CopyDtoH(got, p))
		if got[0] != 1 || got[7] != 2 {
			t.Errorf("got %v", got)
		}
		return err
	})
}

// TestCaptureRefused waits for a stream while it is recording, which no stream allows.
func TestCaptureRefused(t *testing.T) {
	if emu != nil {
		must(0, emu.Set("quiet", 1)) // it reports what a real driver only refuses
		defer func() { must(0, emu.Set("quiet", 0)) }()
	}
	c, err := Open(0)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Do(func() error {
		s, p := must(c.NewStream()), must(c.MemAlloc(8))
		_, err := captured(s, s.Sync)
		var e *Error
		if !errors.As(err, &e) || e.Code < 900 || e.Code > 908 {
			t.Errorf("Sync under capture: %v, want a capture error", err)
		}
		return errors.Join(s.Memset8Async(p, 1, 8), s.Sync()) // the stream works again
	})
	if err := errors.Join(err, c.Close()); err != nil {
		t.Error(err)
	}
}
