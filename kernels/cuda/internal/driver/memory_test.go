//go:build elbo_cuda && linux

package driver

import (
	"bytes"
	"errors"
	"testing"

	"elbo/kernels"
)

// pattern gives n bytes no two neighbours of which are equal.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func TestCopies(t *testing.T) {
	inside(t, func(c *Context) error {
		for _, n := range []int{1, 3, 4096, 1<<20 + 5} {
			want := pattern(n)
			a, b := must(c.MemAlloc(n)), must(c.MemAlloc(n))
			if a%256 != 0 {
				t.Errorf("%d bytes at %#x, want a multiple of 256", n, uintptr(a))
			}
			got := make([]byte, n)
			err := errors.Join(c.CopyHtoD(a, want), c.CopyDtoD(b, a, n), c.CopyDtoH(got, b))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes came back changed (%v)", n, err)
			}
			err = errors.Join(c.Memset8(b, 0xa5, n), c.CopyDtoH(got, b), c.MemFree(a), c.MemFree(b))
			if err != nil || !bytes.Equal(got, bytes.Repeat([]byte{0xa5}, n)) {
				t.Errorf("Memset8 of %d bytes failed (%v)", n, err)
			}
		}
		if c.Owned() != 0 {
			t.Errorf("%d allocations are left", c.Owned())
		}
		return nil
	})
}

func TestNoBytes(t *testing.T) {
	inside(t, func(c *Context) error {
		p, err := c.MemAlloc(0)
		if p != 0 || err != nil {
			t.Errorf("MemAlloc(0) gives %#x, %v", uintptr(p), err)
		}
		return errors.Join(c.MemFree(0), c.CopyHtoD(0, nil), c.CopyDtoH(nil, 0), c.CopyDtoD(0, 0, 0),
			c.Memset8(0, 1, 0))
	})
}

func TestMemoryErrors(t *testing.T) {
	inside(t, func(c *Context) error {
		if _, err := c.MemAlloc(-1); err == nil {
			t.Error("-1 bytes were allocated")
		}
		free, total, err := c.MemInfo()
		if err != nil || free <= 0 || free > total || total > c.Info().Memory {
			t.Errorf("MemInfo gives %d of %d bytes, %v", free, total, err)
		}
		_, err = c.MemAlloc(int(total) + 1<<20)
		var e *Error
		if !errors.Is(err, kernels.ErrOutOfMemory) || !errors.As(err, &e) || e.Name != "CUDA_ERROR_OUT_OF_MEMORY" {
			t.Errorf("more than all memory: %v, want kernels.ErrOutOfMemory", err)
		}
		p := must(c.MemAlloc(10))
		if err := c.MemFree(p); err != nil {
			t.Error(err)
		}
		if err := c.MemFree(p); !errors.Is(err, kernels.ErrClosed) {
			t.Errorf("freed twice: %v", err)
		}
		return nil
	})
}

func TestPinned(t *testing.T) {
	inside(t, func(c *Context) error {
		const n = 100_000
		s, p := must(c.NewStream()), must(c.MemAlloc(n))
		from, to := must(c.PinnedAlloc(n)), must(c.PinnedAlloc(n))
		copy(from.Bytes(), pattern(n))
		err := errors.Join(
			s.CopyHtoDAsync(p, from, 0, n), s.CopyDtoHAsync(to, 0, p, n), s.Sync())
		if err != nil || !bytes.Equal(to.Bytes(), pattern(n)) {
			t.Errorf("pinned copies changed the bytes (%v)", err)
		}
		for _, r := range [][2]int{{-1, 1}, {0, -1}, {0, n + 1}, {n, 1}, {1, n}} {
			if s.CopyHtoDAsync(p, from, r[0], r[1]) == nil || s.CopyDtoHAsync(to, r[0], p, r[1]) == nil {
				t.Errorf("%d bytes from %d of %d were copied", r[1], r[0], n)
			}
		}
		if err := s.CopyHtoDAsync(p, from, n, 0); err != nil {
			t.Errorf("no bytes: %v", err)
		}
		if _, err := c.PinnedAlloc(0); err == nil {
			t.Error("no pinned bytes were allocated")
		}
		err = errors.Join(from.Free(), to.Free(), c.MemFree(p), s.Destroy())
		if len(from.Bytes()) != 0 || !errors.Is(from.Free(), kernels.ErrClosed) {
			t.Error("pinned memory lives on after Free")
		}
		return err
	})
}

// TestSettled holds the calls that return early on a GPU to waiting: each must be followed by a wait
// for the null stream.
func TestSettled(t *testing.T) {
	needEmulator(t)
	inside(t, func(c *Context) error {
		p := must(c.MemAlloc(64))
		waits := emu.Calls("cuStreamSynchronize")
		err := errors.Join(c.CopyHtoD(p, pattern(64)), c.CopyDtoD(p, p+32, 32), c.Memset8(p, 0, 64))
		if n := emu.Calls("cuStreamSynchronize") - waits; n != 3 {
			t.Errorf("three calls wait %d times", n)
		}
		return err
	})
}
