//go:build elbo_cuda && linux

package cuda

import (
	"errors"
	"fmt"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/driver"
)

// buffer is device memory.
type buffer struct {
	dev   *Device
	ptr   driver.Ptr
	size  int
	run   uint64 // number of the last run it was bound to
	freed bool
}

// Size returns the bytes asked for.
func (b *buffer) Size() int { return b.size }

// Host returns nil: the host cannot address the card's memory.
func (b *buffer) Host() []byte { return nil }

// own returns b as a live buffer of the device.
func (d *Device) own(b kernels.Buffer, what string) (*buffer, error) {
	x, ok := b.(*buffer)
	switch {
	case d.closed:
		return nil, fmt.Errorf("cuda: %s: device: %w", what, kernels.ErrClosed)
	case !ok || x == nil || x.dev != d:
		return nil, fmt.Errorf("cuda: %s: the buffer (%T) is not of this device", what, b)
	case x.freed:
		return nil, fmt.Errorf("cuda: %s: buffer of %d bytes: %w", what, x.size, kernels.ErrClosed)
	}
	return x, nil
}

// window checks that n bytes at offset lie in a buffer.
func (d *Device) window(b kernels.Buffer, offset, n int, what string) (*buffer, error) {
	x, err := d.own(b, what)
	if err == nil && (offset < 0 || offset > x.size-n) {
		err = fmt.Errorf("cuda: %s of %d bytes at %d: outside a buffer of %d", what, n, offset, x.size)
	}
	return x, err
}

// Alloc returns zeroed memory aligned to 256 bytes.
func (d *Device) Alloc(bytes int) (kernels.Buffer, error) {
	if bytes < 0 {
		return nil, fmt.Errorf("cuda: alloc of %d bytes: negative size", bytes)
	}
	b := &buffer{dev: d, size: bytes}
	err := d.do("alloc", func() error {
		var err error
		if b.ptr, err = d.memory(bytes, fmt.Sprintf("alloc of %d bytes", bytes)); err != nil {
			return err
		}
		d.pending = true
		return d.copies.Memset8Async(b.ptr, 0, bytes)
	})
	if err != nil {
		return nil, err
	}
	d.buffers[b] = struct{}{}
	return b, nil
}

// memory allocates, at least one byte. Where it does not suffice the error says what is free.
func (d *Device) memory(bytes int, what string) (driver.Ptr, error) {
	p, err := d.ctx.MemAlloc(max(bytes, 1))
	if errors.Is(err, kernels.ErrOutOfMemory) {
		if free, total, e := d.ctx.MemInfo(); e == nil {
			return 0, fmt.Errorf("cuda: %s: %d MiB wanted, %d of the card's %d MiB are free: %w",
				what, bytes>>20, free>>20, total>>20, err)
		}
	}
	return p, err
}

// Free releases a buffer after the runs that use it. A card that is lost took its memory along: then
// there is nothing to release, and nothing to complain of.
func (d *Device) Free(b kernels.Buffer) error {
	x, err := d.own(b, "free")
	if err != nil {
		return err
	}
	err = d.do("free", func() error {
		if err := errors.Join(d.copies.Sync(), d.compute.Sync()); err != nil {
			return err
		}
		return d.ctx.MemFree(x.ptr)
	})
	if d.lost.Load() != nil {
		err = nil
	}
	if err == nil {
		x.freed = true
		delete(d.buffers, x)
	}
	return err
}

// Write copies src to the buffer at offset, after the runs that use it. It returns when src has been
// taken over; runs issued later see it.
func (d *Device) Write(b kernels.Buffer, offset int, src []byte) error {
	x, err := d.window(b, offset, len(src), "write")
	if err != nil || len(src) == 0 {
		return err
	}
	return d.do("write", func() error {
		if err := d.runs.before(d.copies, x.run); err != nil {
			return err
		}
		d.pending = true
		return d.staged.send(d.copies, x.ptr+driver.Ptr(offset), src)
	})
}

// Read copies the buffer at offset to dst after all runs issued before it.
func (d *Device) Read(b kernels.Buffer, offset int, dst []byte) error {
	x, err := d.window(b, offset, len(dst), "read")
	if err != nil || len(dst) == 0 {
		return err
	}
	return d.do("read", func() error {
		if err := d.copies.Sync(); err != nil {
			return err
		}
		if err := d.compute.Sync(); err != nil {
			return err
		}
		return d.ctx.CopyDtoH(dst, x.ptr+driver.Ptr(offset))
	})
}
