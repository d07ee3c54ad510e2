//go:build cgo

package cpu

// #include "exec.h"
import "C"

import (
	"fmt"
	"unsafe"

	"elbo/kernels"
)

// buffer is C memory handed to the host.
type buffer struct {
	dev  *Device
	ptr  unsafe.Pointer
	size int
}

// Size returns the bytes asked for.
func (b *buffer) Size() int { return b.size }

// Host returns the memory itself, nil after Free.
func (b *buffer) Host() []byte {
	if b.ptr == nil {
		return nil
	}
	return unsafe.Slice((*byte)(b.ptr), b.size)
}

// allocate returns zeroed C memory.
func allocate(bytes int) (unsafe.Pointer, error) {
	if bytes < 0 {
		return nil, fmt.Errorf("cpu: alloc of %d bytes: negative size", bytes)
	}
	p := C.elbo_alloc(C.size_t(bytes))
	if p == nil {
		return nil, fmt.Errorf("cpu: alloc of %d bytes: %w", bytes, kernels.ErrOutOfMemory)
	}
	return p, nil
}

// own returns b as a live buffer of the device.
func (d *Device) own(b kernels.Buffer, operation string) (*buffer, error) {
	x, ok := b.(*buffer)
	switch {
	case d.closed:
		return nil, fmt.Errorf("cpu: %s: device: %w", operation, kernels.ErrClosed)
	case !ok || x == nil || x.dev != d:
		return nil, fmt.Errorf("cpu: %s: the buffer (%T) is not of this device", operation, b)
	case x.ptr == nil:
		return nil, fmt.Errorf("cpu: %s: buffer of %d bytes: %w", operation, x.size, kernels.ErrClosed)
	}
	return x, nil
}

func (b *buffer) check(operation string, offset, n int) error {
	if offset < 0 || offset > b.size-n {
		return fmt.Errorf("cpu: %s of %d bytes at %d: outside a buffer of %d", operation, n, offset, b.size)
	}
	return nil
}
