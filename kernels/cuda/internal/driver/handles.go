//go:build elbo_cuda && linux

package driver

// #include <cuda.h>
// #include <cublas_v2.h>
// #include <nvrtc.h>
import "C"

import (
	"unsafe"

	"gorgonia.org/cu"
	cublas "gorgonia.org/cu/blas"
	"gorgonia.org/cu/nvrtc"
)

// gorgonia.org/cu does not give its C handles away, so our own calls take them out of its structs,
// each of which holds one C pointer. The lines below stop the build where a struct of another version
// of cu has another size; TestHandles compares the fields.
const pointer = unsafe.Sizeof(uintptr(0))

var (
	_ [unsafe.Sizeof(cu.Function{}) - pointer]struct{}
	_ [pointer - unsafe.Sizeof(cu.Function{})]struct{}
	_ [unsafe.Sizeof(cu.Module{}) - pointer]struct{}
	_ [pointer - unsafe.Sizeof(cu.Module{})]struct{}
	_ [unsafe.Sizeof(cu.Graph{}) - pointer]struct{}
	_ [pointer - unsafe.Sizeof(cu.Graph{})]struct{}
	_ [unsafe.Sizeof(cu.ExecGraph{}) - pointer]struct{}
	_ [pointer - unsafe.Sizeof(cu.ExecGraph{})]struct{}
	_ [unsafe.Sizeof(nvrtc.Program{}) - pointer]struct{}
	_ [pointer - unsafe.Sizeof(nvrtc.Program{})]struct{}
)

// standardSize is the size of cublas.Standard in cu v0.9.6, whose first field is the handle.
const standardSize = 64

var (
	_ [unsafe.Sizeof(cublas.Standard{}) - standardSize]struct{}
	_ [standardSize - unsafe.Sizeof(cublas.Standard{})]struct{}
)

func streamHandle(s cu.Stream) C.CUstream       { return C.CUstream(unsafe.Pointer(s.C())) }
func functionHandle(f cu.Function) C.CUfunction { return *(*C.CUfunction)(unsafe.Pointer(&f)) }
func moduleOf(m C.CUmodule) cu.Module           { return *(*cu.Module)(unsafe.Pointer(&m)) }
func graphHandle(g cu.Graph) C.CUgraph          { return *(*C.CUgraph)(unsafe.Pointer(&g)) }
func graphOf(g C.CUgraph) cu.Graph              { return *(*cu.Graph)(unsafe.Pointer(&g)) }
func execHandle(g cu.ExecGraph) C.CUgraphExec   { return *(*C.CUgraphExec)(unsafe.Pointer(&g)) }
func execOf(g C.CUgraphExec) cu.ExecGraph       { return *(*cu.ExecGraph)(unsafe.Pointer(&g)) }
func programHandle(p nvrtc.Program) C.nvrtcProgram {
	return *(*C.nvrtcProgram)(unsafe.Pointer(&p))
}
func blasHandle(s *cublas.Standard) C.cublasHandle_t {
	return *(*C.cublasHandle_t)(unsafe.Pointer(s))
}

// dressed gives device memory the type cu's cuBLAS methods ask for. The slice must reach nothing but
// such a call: its memory is not the host's.
func dressed[T float32 | float64](p Ptr) []T {
	return unsafe.Slice(*(**T)(unsafe.Pointer(&p)), 1)
}
