//go:build elbo_cuda && linux

package driver

// #include <cuda.h>
import "C"

import (
	"unsafe"

	"gorgonia.org/cu"
)

// A Stream is a queue of work the device does in order. Streams wait for each other only through
// events, and never for the synchronous calls of a Context.
type Stream struct {
	context *Context
	stream  cu.Stream
}

// NewStream makes an empty stream.
func (c *Context) NewStream() (*Stream, error) {
	if !c.here() {
		return nil, wrongThread("cuStreamCreate")
	}
	handle, err := cu.MakeStream(cu.NonBlocking)
	if err != nil {
		return nil, wrap(err, "cuStreamCreate")
	}
	s := &Stream{c, handle}
	c.own(s, func() error { return wrap(s.stream.Destroy(), "cuStreamDestroy") })
	return s, nil
}

// Destroy gives the stream back; work in it is still done.
func (s *Stream) Destroy() error { return s.context.free(s, "cuStreamDestroy") }

// Sync waits until all work in the stream is done.
func (s *Stream) Sync() error {
	if !s.context.here() {
		return wrongThread("cuStreamSynchronize")
	}
	return wrap(s.stream.Synchronize(), "cuStreamSynchronize")
}

// Query tells whether all work in the stream is done.
func (s *Stream) Query() (bool, error) {
	if !s.context.here() {
		return false, wrongThread("cuStreamQuery")
	}
	return done(s.stream.Query(), "cuStreamQuery")
}

// done reads the answer of a query, for which "not ready" is no failure.
func done(answer error, call string) (bool, error) {
	err := wrap(answer, "%s", call)
	if e, ok := err.(*Error); ok && e.Code == C.CUDA_ERROR_NOT_READY {
		return false, nil
	}
	return err == nil, err
}

// Wait has later work in the stream wait for what the event has recorded.
func (s *Stream) Wait(e *Event) error {
	if !s.context.here() {
		return wrongThread("cuStreamWaitEvent")
	}
	return wrap(s.stream.Wait(e.event, 0), "cuStreamWaitEvent")
}

// CopyHtoDAsync copies n bytes of pinned memory from offset to the device.
func (s *Stream) CopyHtoDAsync(dst Ptr, src *Pinned, offset, n int) error {
	const call = "cuMemcpyHtoDAsync"
	from, err := s.span(call, src, offset, n)
	if err != nil || n == 0 {
		return err
	}
	err = cu.MemcpyHtoDAsync(cu.DevicePtr(dst), from, int64(n), s.stream)
	return wrap(err, "%s(%d bytes to %#x)", call, n, uintptr(dst))
}

// CopyDtoHAsync copies n bytes of the device to pinned memory at offset.
func (s *Stream) CopyDtoHAsync(dst *Pinned, offset int, src Ptr, n int) error {
	const call = "cuMemcpyDtoHAsync"
	to, err := s.span(call, dst, offset, n)
	if err != nil || n == 0 {
		return err
	}
	err = cu.MemcpyDtoHAsync(to, cu.DevicePtr(src), int64(n), s.stream)
	return wrap(err, "%s(%d bytes from %#x)", call, n, uintptr(src))
}

// span checks a range of pinned memory and gives its address.
func (s *Stream) span(call string, p *Pinned, offset, n int) (unsafe.Pointer, error) {
	if !s.context.here() {
		return nil, wrongThread(call)
	}
	if offset < 0 || n < 0 || offset > len(p.bytes)-n {
		return nil, misuse(call, "bytes %d to %d of %d pinned bytes", offset, offset+n, len(p.bytes))
	}
	if n == 0 {
		return nil, nil
	}
	return unsafe.Pointer(&p.bytes[offset]), nil
}

// CopyDtoDAsync copies n bytes within the device. The ranges must not overlap.
func (s *Stream) CopyDtoDAsync(dst, src Ptr, n int) error {
	if !s.context.here() {
		return wrongThread("cuMemcpyDtoDAsync")
	}
	if n == 0 {
		return nil
	}
	err := cu.MemcpyDtoDAsync(cu.DevicePtr(dst), cu.DevicePtr(src), int64(n), s.stream)
	return wrap(err, "cuMemcpyDtoDAsync(%d bytes from %#x to %#x)", n, uintptr(src), uintptr(dst))
}

// Memset8Async sets n bytes to value.
func (s *Stream) Memset8Async(dst Ptr, value byte, n int) error {
	if !s.context.here() {
		return wrongThread("cuMemsetD8Async")
	}
	if n == 0 {
		return nil
	}
	err := cu.MemsetD8Async(cu.DevicePtr(dst), value, int64(n), s.stream)
	return wrap(err, "cuMemsetD8Async(%d bytes at %#x)", n, uintptr(dst))
}

// Memset32Async sets n words of 4 bytes to value. dst must be a multiple of 4.
func (s *Stream) Memset32Async(dst Ptr, value uint32, n int) error {
	if !s.context.here() {
		return wrongThread("cuMemsetD32Async")
	}
	if n == 0 {
		return nil
	}
	err := cu.MemsetD32Async(cu.DevicePtr(dst), uint(value), int64(n), s.stream)
	return wrap(err, "cuMemsetD32Async(%d words at %#x)", n, uintptr(dst))
}
