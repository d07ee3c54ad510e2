//go:build elbo_cuda && linux

package driver

// #include "launch.h"
import "C"

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// Args are a kernel's arguments in order. Types must match the kernel's parameters: they are not
// checked. A zero Args is ready for use; Reset makes it ready for another kernel.
type Args struct {
	values  []byte   // every argument at a multiple of 16 bytes
	offsets []uint32 // where each starts
}

// maxArgs is the most arguments a kernel is given here.
const maxArgs = C.ELBO_MAX_ARGS

// Reset forgets the arguments and keeps the memory.
func (a *Args) Reset() *Args {
	a.values, a.offsets = a.values[:0], a.offsets[:0]
	return a
}

// Len is how many arguments there are.
func (a *Args) Len() int { return len(a.offsets) }

// Bytes adds an argument passed by value: a struct, as the compiler lays it out.
func (a *Args) Bytes(b []byte) *Args {
	a.offsets = append(a.offsets, uint32(len(a.values)))
	a.values = append(a.values, b...)
	for len(a.values)%16 != 0 {
		a.values = append(a.values, 0)
	}
	return a
}

// word adds an argument of 4 or 8 bytes.
func (a *Args) word(bits uint64) *Args {
	a.offsets = append(a.offsets, uint32(len(a.values)))
	a.values = binary.NativeEndian.AppendUint64(a.values, bits)
	a.values = binary.NativeEndian.AppendUint64(a.values, 0)
	return a
}

// Ptr adds a pointer to device memory.
func (a *Args) Ptr(p Ptr) *Args { return a.word(uint64(p)) }

// I32 adds an int.
func (a *Args) I32(v int32) *Args { return a.word(uint64(uint32(v))) }

// U32 adds an unsigned int.
func (a *Args) U32(v uint32) *Args { return a.word(uint64(v)) }

// I64 adds a long long.
func (a *Args) I64(v int64) *Args { return a.word(uint64(v)) }

// U64 adds an unsigned long long.
func (a *Args) U64(v uint64) *Args { return a.word(v) }

// F32 adds a float.
func (a *Args) F32(v float32) *Args { return a.word(uint64(math.Float32bits(v))) }

// F64 adds a double.
func (a *Args) F64(v float64) *Args { return a.word(math.Float64bits(v)) }

// Shape is how a kernel is spread over the device. Zeros in Grid and Block stand for 1.
type Shape struct {
	Grid        [3]int // blocks along x, y and z
	Block       [3]int // threads of a block
	Shared      int    // bytes of shared memory added to each block
	Cooperative bool   // all blocks run at once and may wait for each other
}

// Launch puts a kernel into the stream. The arguments are copied before it returns.
func (s *Stream) Launch(f *Function, shape Shape, args *Args) error {
	var dims [7]C.uint
	for i := range 3 {
		if !fits(shape.Grid[i]) || !fits(shape.Block[i]) {
			return misuse("cuLaunchKernel", "%s with grid %v and block %v", f.name, shape.Grid, shape.Block)
		}
		dims[i], dims[3+i] = C.uint(max(1, shape.Grid[i])), C.uint(max(1, shape.Block[i]))
	}
	if !fits(shape.Shared) || len(args.offsets) > maxArgs {
		return misuse("cuLaunchKernel", "%s with %d bytes of shared memory and %d arguments (at most %d)",
			f.name, shape.Shared, len(args.offsets), maxArgs)
	}
	dims[6] = C.uint(shape.Shared)
	cooperative := C.int(0)
	if shape.Cooperative {
		cooperative = 1
	}
	code := C.elbo_launch(s.context.id, f.handle, &dims[0], cooperative, streamHandle(s.stream),
		unsafe.Pointer(unsafe.SliceData(args.values)),
		(*C.uint32_t)(unsafe.SliceData(args.offsets)), C.int(len(args.offsets)))
	if code == 0 {
		return nil
	}
	if code == WrongThread {
		return wrongThread("cuLaunchKernel")
	}
	return status(C.CUresult(code), "cuLaunchKernel(%s, grid %v, block %v, shared %d, cooperative %t)",
		f.name, shape.Grid, shape.Block, shape.Shared, shape.Cooperative)
}

// fits tells whether a size can be given to a launch.
func fits(n int) bool { return n >= 0 && n <= math.MaxInt32 }
