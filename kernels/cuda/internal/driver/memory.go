//go:build elbo_cuda && linux

package driver

import (
	"unsafe"

	"gorgonia.org/cu"
)

// Ptr is an address in device memory. 0 is none.
type Ptr uintptr

// MemAlloc gives n bytes of device memory, aligned to 256 bytes, with any content. No bytes give Ptr 0.
func (c *Context) MemAlloc(n int) (Ptr, error) {
	if !c.here() {
		return 0, wrongThread("cuMemAlloc")
	}
	if n < 0 {
		return 0, misuse("cuMemAlloc", "%d bytes", n)
	}
	if n == 0 {
		return 0, nil
	}
	d, err := cu.MemAlloc(int64(n))
	if err != nil {
		return 0, wrap(err, "cuMemAlloc(%d bytes)", n)
	}
	c.own(Ptr(d), func() error { return wrap(cu.MemFree(d), "cuMemFree(%#x)", uintptr(d)) })
	return Ptr(d), nil
}

// MemFree gives memory back after waiting for the device. Ptr 0 may be freed.
func (c *Context) MemFree(p Ptr) error {
	if p == 0 {
		return nil
	}
	return c.free(p, "cuMemFree")
}

// MemInfo gives the device's free and total memory in bytes.
func (c *Context) MemInfo() (free, total int64, err error) {
	if !c.here() {
		return 0, 0, wrongThread("cuMemGetInfo")
	}
	free, total, err = cu.MemInfo()
	return free, total, wrap(err, "cuMemGetInfo")
}

// CopyHtoD copies src to the device and waits until it is there.
func (c *Context) CopyHtoD(dst Ptr, src []byte) error {
	const call = "cuMemcpyHtoD(%d bytes to %#x)"
	if !c.here() {
		return wrongThread("cuMemcpyHtoD")
	}
	if len(src) == 0 {
		return nil
	}
	err := cu.MemcpyHtoD(cu.DevicePtr(dst), unsafe.Pointer(&src[0]), int64(len(src)))
	return c.settled(wrap(err, call, len(src), uintptr(dst)))
}

// CopyDtoH fills dst from the device.
func (c *Context) CopyDtoH(dst []byte, src Ptr) error {
	if !c.here() {
		return wrongThread("cuMemcpyDtoH")
	}
	if len(dst) == 0 {
		return nil
	}
	err := cu.MemcpyDtoH(unsafe.Pointer(&dst[0]), cu.DevicePtr(src), int64(len(dst)))
	return wrap(err, "cuMemcpyDtoH(%d bytes from %#x)", len(dst), uintptr(src))
}

// CopyDtoD copies n bytes within the device and waits until they are there. The ranges must not overlap.
func (c *Context) CopyDtoD(dst, src Ptr, n int) error {
	if !c.here() {
		return wrongThread("cuMemcpyDtoD")
	}
	if n == 0 {
		return nil
	}
	err := cu.MemcpyDtoD(cu.DevicePtr(dst), cu.DevicePtr(src), int64(n))
	return c.settled(wrap(err, "cuMemcpyDtoD(%d bytes from %#x to %#x)", n, uintptr(src), uintptr(dst)))
}

// Memset8 sets n bytes to value and waits until they are set.
func (c *Context) Memset8(dst Ptr, value byte, n int) error {
	if !c.here() {
		return wrongThread("cuMemsetD8")
	}
	if n == 0 {
		return nil
	}
	err := cu.MemsetD8(cu.DevicePtr(dst), value, int64(n))
	return c.settled(wrap(err, "cuMemsetD8(%d bytes at %#x)", n, uintptr(dst)))
}

// settled waits for the null stream: the driver's synchronous calls may return while the device's part
// of them is under way, which streams that do not wait for the null stream would see.
func (c *Context) settled(err error) error {
	if err != nil {
		return err
	}
	return wrap(cu.NoStream.Synchronize(), "cuStreamSynchronize(null stream)")
}
