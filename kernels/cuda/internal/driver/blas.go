//go:build elbo_cuda && linux

package driver

// #include <cublas_v2.h>
import "C"

import (
	"errors"
	"unsafe"

	cublas "gorgonia.org/cu/blas"
)

// Math is how precisely float32 products are computed.
type Math int

// The ways of multiplying float32 matrices.
const (
	FP32 Math = iota // every product in float32
	TF32             // on tensor cores, factors rounded to 10 bits of mantissa, sums in float32
)

// Blas is cuBLAS on one stream.
type Blas struct {
	context   *Context
	stream    *Stream
	math      Math
	workspace Ptr
	size      int
	standard  *cublas.Standard // nil after an error from which no new handle came
}

// NewBlas opens cuBLAS for a stream, with workspace bytes of its own on the device (a multiple of 256):
// its own memory lets cuBLAS give the same bits in every run and be captured in a graph. Enough are 4 MiB,
// 32 MiB from compute capability 9.0. With 0 bytes cuBLAS allocates what it likes.
func (c *Context) NewBlas(s *Stream, workspace int) (*Blas, error) {
	if !c.here() {
		return nil, wrongThread("cublasCreate")
	}
	memory, err := c.MemAlloc(workspace)
	if err != nil {
		return nil, err
	}
	b := &Blas{context: c, stream: s, workspace: memory, size: workspace}
	if err := b.open(); err != nil {
		return nil, errors.Join(err, c.MemFree(memory))
	}
	c.own(b, b.close)
	return b, nil
}

// open makes the handle and sets it up.
func (b *Blas) open() error {
	standard := new(cublas.Standard)
	if err := standard.Init(); err != nil {
		var s cublas.Status
		if errors.As(err, &s) {
			return blasError(int(s), "cublasCreate")
		}
		return blasError(C.CUBLAS_STATUS_NOT_INITIALIZED, "cublasCreate")
	}
	b.standard = standard
	h := blasHandle(standard)
	for _, step := range []struct {
		call string
		code C.cublasStatus_t
	}{
		{"cublasSetStream", C.cublasSetStream_v2(h, C.cudaStream_t(unsafe.Pointer(b.stream.stream.C())))},
		{"cublasSetWorkspace", b.lend(h)},
		{"cublasSetAtomicsMode", C.cublasSetAtomicsMode(h, C.CUBLAS_ATOMICS_NOT_ALLOWED)},
		{"cublasSetMathMode", C.cublasSetMathMode(h, b.math.mode())},
	} {
		if err := blasError(int(step.code), step.call); err != nil {
			return errors.Join(err, b.close())
		}
	}
	return nil
}

// lend gives the handle the workspace, which must come after the stream.
func (b *Blas) lend(h C.cublasHandle_t) C.cublasStatus_t {
	if b.size == 0 {
		return C.CUBLAS_STATUS_SUCCESS
	}
	return C.cublasSetWorkspace_v2(h, address(b.workspace), C.size_t(b.size))
}

// close gives the handle back.
func (b *Blas) close() error {
	if b.standard == nil {
		return nil
	}
	err := b.standard.Close()
	b.standard = nil
	return wrapBlas(err, "cublasDestroy")
}

// Close gives the handle and its workspace back.
func (b *Blas) Close() error {
	if err := b.context.free(b, "cublasDestroy"); err != nil {
		return err
	}
	return b.context.MemFree(b.workspace)
}

// SetMath chooses how later float32 products are computed.
func (b *Blas) SetMath(m Math) error {
	const call = "cublasSetMathMode"
	if err := b.usable(call); err != nil {
		return err
	}
	if err := blasError(int(C.cublasSetMathMode(blasHandle(b.standard), m.mode())), call); err != nil {
		return err
	}
	b.math = m
	return nil
}

// mode is the math as cuBLAS knows it.
func (m Math) mode() C.cublasMath_t {
	if m == TF32 {
		return C.CUBLAS_TF32_TENSOR_OP_MATH
	}
	return C.CUBLAS_DEFAULT_MATH
}

// usable tells whether a call can be made. Where an error took the handle away, it tries for a new one.
func (b *Blas) usable(call string) error {
	if !b.context.here() {
		return wrongThread(call)
	}
	if b.standard == nil {
		return b.open()
	}
	return nil
}

// checked looks at the error cu keeps. cu never forgets it and refuses every later call, so the handle
// is replaced.
func (b *Blas) checked(call string) error {
	err := wrapBlas(b.standard.Err(), call)
	if err == nil {
		return nil
	}
	return errors.Join(err, b.close(), b.open())
}
