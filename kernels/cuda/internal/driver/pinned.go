//go:build elbo_cuda && linux

package driver

// #include <cuda.h>
import "C"

import "unsafe"

// Pinned is page-locked host memory, which the device copies from and to on its own.
type Pinned struct {
	context *Context
	bytes   []byte
}

// PinnedAlloc gives n > 0 bytes of page-locked memory, with any content.
func (c *Context) PinnedAlloc(n int) (*Pinned, error) {
	if !c.here() {
		return nil, wrongThread("cuMemHostAlloc")
	}
	if n <= 0 {
		return nil, misuse("cuMemHostAlloc", "%d bytes", n)
	}
	var address unsafe.Pointer
	if err := status(C.cuMemHostAlloc(&address, C.size_t(n), 0), "cuMemHostAlloc(%d bytes)", n); err != nil {
		return nil, err
	}
	p := &Pinned{c, unsafe.Slice((*byte)(address), n)}
	c.own(p, func() error {
		p.bytes = nil
		return status(C.cuMemFreeHost(address), "cuMemFreeHost(%d bytes)", n)
	})
	return p, nil
}

// Bytes is the memory, and empty after Free. Any goroutine may use it while no copy does.
func (p *Pinned) Bytes() []byte { return p.bytes }

// Free gives the memory back. No copy from or to it may be in flight.
func (p *Pinned) Free() error { return p.context.free(p, "cuMemFreeHost") }
