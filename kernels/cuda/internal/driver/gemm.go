//go:build elbo_cuda && linux

package driver

// #include <cublas_v2.h>
import "C"

import (
	"fmt"
	"unsafe"

	"gonum.org/v1/gonum/blas"
)

// Gemm is a product of row-major matrices in device memory:
//
//	C (M,N) ← Alpha · op(A) (M,K) · op(B) (K,N) + Beta · C
//
// where op transposes if asked. Strides are in elements. A leading stride of 0 stands for that of a
// matrix without gaps. Beta 0 does not read C.
type Gemm struct {
	M, N, K        int
	TransA, TransB bool // A is stored (K,M), B is stored (N,K)
	Alpha, Beta    float64
	A, B, C        Ptr
	LDA, LDB, LDC  int // elements from one row to the next
	Batch          int // products in the batched forms
	NextA, NextB   int // elements from one matrix of the batch to the next; 0 uses the same again
	NextC          int
	TypeA, TypeB   Type // types in GemmEx; the other forms know theirs
	TypeC          Type
	Compute        Compute
}

// Type is the type of a matrix's elements in GemmEx.
type Type int

// The types of GemmEx.
const (
	F32 Type = iota
	F64
	F16
	BF16
)

// Compute is the arithmetic of GemmEx.
type Compute int

// The kinds of arithmetic of GemmEx.
const (
	Compute32     Compute = iota // products and sums in float32
	Compute32TF32                // factors rounded to 10 bits of mantissa
	Compute64                    // float64 matrices alone
)

// types and computes are the constants of cuBLAS.
var (
	types    = [...]C.cudaDataType{F32: C.CUDA_R_32F, F64: C.CUDA_R_64F, F16: C.CUDA_R_16F, BF16: C.CUDA_R_16BF}
	computes = [...]C.cublasComputeType_t{Compute32: C.CUBLAS_COMPUTE_32F,
		Compute32TF32: C.CUBLAS_COMPUTE_32F_FAST_TF32, Compute64: C.CUBLAS_COMPUTE_64F}
)

// filled checks the sizes and replaces leading strides of 0.
func (g Gemm) filled(call string) (Gemm, error) {
	widthA, widthB := g.K, g.N
	if g.TransA {
		widthA = g.M
	}
	if g.TransB {
		widthB = g.K
	}
	for _, s := range []struct {
		name  string
		ld    *int
		width int
	}{{"LDA", &g.LDA, widthA}, {"LDB", &g.LDB, widthB}, {"LDC", &g.LDC, g.N}} {
		if *s.ld == 0 {
			*s.ld = max(1, s.width)
		}
		if *s.ld < s.width || !fits(*s.ld) {
			return g, misuse(call, "%s %d for rows of %d elements", s.name, *s.ld, s.width)
		}
	}
	if !fits(g.M) || !fits(g.N) || !fits(g.K) || !fits(g.Batch) {
		return g, misuse(call, "M %d, N %d, K %d, batch %d", g.M, g.N, g.K, g.Batch)
	}
	if g.K == 0 {
		g.A, g.B = g.C, g.C // never read, but must be addresses
	}
	return g, nil
}

// empty tells whether there is nothing to compute.
func (g Gemm) empty() bool { return g.M == 0 || g.N == 0 }

// name describes the product for errors.
func (g Gemm) name(call string) string {
	return fmt.Sprintf("%s(M %d, N %d, K %d, transposed %t %t, batch %d)",
		call, g.M, g.N, g.K, g.TransA, g.TransB, g.Batch)
}

func trans(t bool) blas.Transpose {
	if t {
		return blas.Trans
	}
	return blas.NoTrans
}

func operation(t bool) C.cublasOperation_t {
	if t {
		return C.CUBLAS_OP_T
	}
	return C.CUBLAS_OP_N
}

// Gemm32 computes a product of float32 matrices. cuBLAS stores by columns, so it is given
// Cᵀ = op(B)ᵀ op(A)ᵀ: the factors change places.
func (b *Blas) Gemm32(g Gemm) error {
	g, err := g.filled("cublasSgemm")
	if err != nil || g.empty() {
		return err
	}
	if err := b.usable("cublasSgemm"); err != nil {
		return err
	}
	b.standard.Sgemm(trans(g.TransB), trans(g.TransA), g.N, g.M, g.K, float32(g.Alpha), dressed[float32](g.B), g.LDB,
		dressed[float32](g.A), g.LDA, float32(g.Beta), dressed[float32](g.C), g.LDC)
	return b.checked(g.name("cublasSgemm"))
}

// Gemm64 computes a product of float64 matrices.
func (b *Blas) Gemm64(g Gemm) error {
	g, err := g.filled("cublasDgemm")
	if err != nil || g.empty() {
		return err
	}
	if err := b.usable("cublasDgemm"); err != nil {
		return err
	}
	b.standard.Dgemm(trans(g.TransB), trans(g.TransA), g.N, g.M, g.K, g.Alpha, dressed[float64](g.B), g.LDB,
		dressed[float64](g.A), g.LDA, g.Beta, dressed[float64](g.C), g.LDC)
	return b.checked(g.name("cublasDgemm"))
}

// GemmBatched32 computes Batch products of float32 matrices.
func (b *Blas) GemmBatched32(g Gemm) error {
	const call = "cublasSgemmStridedBatched"
	g, err := g.filled(call)
	if err != nil || g.empty() || g.Batch == 0 {
		return err
	}
	if err := b.usable(call); err != nil {
		return err
	}
	alpha, beta := C.float(g.Alpha), C.float(g.Beta)
	return blasError(int(C.cublasSgemmStridedBatched(blasHandle(b.standard), operation(g.TransB), operation(g.TransA),
		C.int(g.N), C.int(g.M), C.int(g.K), &alpha, (*C.float)(address(g.B)), C.int(g.LDB), C.longlong(g.NextB),
		(*C.float)(address(g.A)), C.int(g.LDA), C.longlong(g.NextA), &beta,
		(*C.float)(address(g.C)), C.int(g.LDC), C.longlong(g.NextC), C.int(g.Batch))), g.name(call))
}

// GemmBatched64 computes Batch products of float64 matrices.
func (b *Blas) GemmBatched64(g Gemm) error {
	const call = "cublasDgemmStridedBatched"
	g, err := g.filled(call)
	if err != nil || g.empty() || g.Batch == 0 {
		return err
	}
	if err := b.usable(call); err != nil {
		return err
	}
	alpha, beta := C.double(g.Alpha), C.double(g.Beta)
	return blasError(int(C.cublasDgemmStridedBatched(blasHandle(b.standard), operation(g.TransB), operation(g.TransA),
		C.int(g.N), C.int(g.M), C.int(g.K), &alpha, (*C.double)(address(g.B)), C.int(g.LDB), C.longlong(g.NextB),
		(*C.double)(address(g.A)), C.int(g.LDA), C.longlong(g.NextA), &beta,
		(*C.double)(address(g.C)), C.int(g.LDC), C.longlong(g.NextC), C.int(g.Batch))), g.name(call))
}

// GemmEx computes a product whose matrices may have different types, or Batch of them where Batch is
// not 0.
func (b *Blas) GemmEx(g Gemm) error {
	g, err := g.filled("cublasGemmEx")
	if err != nil || g.empty() {
		return err
	}
	if err := b.usable("cublasGemmEx"); err != nil {
		return err
	}
	alpha32, beta32 := C.float(g.Alpha), C.float(g.Beta)
	alpha64, beta64 := C.double(g.Alpha), C.double(g.Beta)
	alpha, beta := unsafe.Pointer(&alpha32), unsafe.Pointer(&beta32)
	if g.Compute == Compute64 {
		alpha, beta = unsafe.Pointer(&alpha64), unsafe.Pointer(&beta64)
	}
	h, ta, tb := blasHandle(b.standard), operation(g.TransA), operation(g.TransB)
	m, n, k := C.int(g.M), C.int(g.N), C.int(g.K)
	if g.Batch == 0 {
		return blasError(int(C.cublasGemmEx(h, tb, ta, n, m, k, alpha, address(g.B), types[g.TypeB], C.int(g.LDB),
			address(g.A), types[g.TypeA], C.int(g.LDA), beta, address(g.C), types[g.TypeC], C.int(g.LDC),
			computes[g.Compute], C.CUBLAS_GEMM_DEFAULT)), g.name("cublasGemmEx"))
	}
	return blasError(int(C.cublasGemmStridedBatchedEx(h, tb, ta, n, m, k, alpha,
		address(g.B), types[g.TypeB], C.int(g.LDB), C.longlong(g.NextB),
		address(g.A), types[g.TypeA], C.int(g.LDA), C.longlong(g.NextA), beta,
		address(g.C), types[g.TypeC], C.int(g.LDC), C.longlong(g.NextC), C.int(g.Batch),
		computes[g.Compute], C.CUBLAS_GEMM_DEFAULT)), g.name("cublasGemmStridedBatchedEx"))
}

// address gives device memory the type of a C pointer.
func address(p Ptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }
