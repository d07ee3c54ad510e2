//go:build elbo_cuda

package emulator_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// product is C = alpha op(A) op(B) + beta C by the definition, column-major.
func product(ta, tb, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32,
	c []float32, ldc int) {
	for j := range n {
		for i := range m {
			var sum float64
			for l := range k {
				at, bt := l*lda+i, j*ldb+l
				if ta == 1 {
					at = i*lda + l
				}
				if tb == 1 {
					bt = l*ldb + j
				}
				sum += float64(a[at]) * float64(b[bt])
			}
			old := float64(0)
			if beta != 0 {
				old = float64(beta) * float64(c[j*ldc+i])
			}
			c[j*ldc+i] = float32(float64(alpha)*sum + old)
		}
	}
}

func uniform(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = r.Float32() - 0.5
	}
	return v
}

// near allows the rounding of sums of k float32 products below 1/4 each.
func near(t *testing.T, got, want []float32, k int, each float64) {
	t.Helper()
	for i := range want {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= each*float64(k+1)) {
			t.Fatalf("element %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func (d *device) factors(alpha, beta float32) (a, b uintptr) {
	v := floats(d.bytes(8))
	v[0], v[1] = alpha, beta
	return address(v[:1]), address(v[1:])
}

func (d *device) blas() uintptr {
	h := d.out("cublasCreate_v2")
	d.t.Cleanup(func() { lib.Call("cublasDestroy_v2", h) })
	return h
}

func TestGemm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][3]int{{1, 1, 1}, {5, 7, 3}, {33, 18, 40}, {4, 4, 0}} {
		for flags := range 4 {
			for _, beta := range []float32{0, 0.5} {
				m, n, k, ta, tb := size[0], size[1], size[2], flags&1, flags>>1
				t.Run(fmt.Sprint(size, ta, tb, beta), func(t *testing.T) {
					d := open(t)
					ra, ca, rb, cb := m, k, k, n
					if ta == 1 {
						ra, ca = k, m
					}
					if tb == 1 {
						rb, cb = n, k
					}
					lda, ldb, ldc := ra+2, rb+1, m+3
					a, b, c := uniform(r, lda*ca+1), uniform(r, ldb*cb+1), uniform(r, ldc*n)
					alpha, pb := d.factors(2, beta)
					pa, pbm, pc := d.upload(a), d.upload(b), d.upload(c)
					d.ok("cublasSgemm_v2", d.blas(), uintptr(ta), uintptr(tb), uintptr(m), uintptr(n), uintptr(k), alpha, pa,
						uintptr(lda), pbm, uintptr(ldb), pb, pc, uintptr(ldc))
					product(ta, tb, m, n, k, 2, a, lda, b, ldb, beta, c, ldc)
					near(t, d.download(pc, len(c)), c, k, 1e-7)
					d.clean()
				})
			}
		}
	}
}

// TestGemmMistakes plants a leading dimension, a length and a place that are wrong.
func TestGemmMistakes(t *testing.T) {
	for _, c := range []struct {
		name, kind string
		code       int
		lda, ldc   uintptr
		short      uintptr
	}{
		{"leading dimension", "blas", 7, 3, 4, 0},
		{"result too short", "copy", 13, 4, 8, 0},
		{"operand freed", "freed", 13, 4, 4, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			h := d.blas()
			a, b, y := d.upload(make([]float32, 16)), d.upload(make([]float32, 16)), d.upload(make([]float32, 16))
			if c.short != 0 {
				d.ok("cuMemFree_v2", b)
			}
			alpha, beta := d.factors(1, 0)
			d.want(c.code, "cublasSgemm_v2", h, 0, 0, 4, 4, 4, alpha, a, c.lda, b, 4, beta, y, c.ldc)
			d.found(c.kind)
		})
	}
}

func TestGemmBatchedAndMixed(t *testing.T) {
	d := open(t)
	r := rand.New(rand.NewPCG(3, 4))
	const m, n, k, batch = 6, 5, 9, 3
	a, b, c := uniform(r, m*k*batch), uniform(r, k*n*batch), make([]float32, m*n*batch)
	for i := range batch {
		product(0, 0, m, n, k, 1, a[i*m*k:], m, b[i*k*n:], k, 0, c[i*m*n:], m)
	}
	pa, pb, pc, h := d.upload(a), d.upload(b), d.alloc(4*len(c)), d.blas()
	alpha, beta := d.factors(1, 0)
	d.ok("cublasSgemmStridedBatched", h, 0, 0, m, n, k, alpha, pa, m, m*k, pb, k, k*n, beta, pc, m, m*n, batch)
	near(t, d.download(pc, len(c)), c, k, 1e-7)

	// Operands of 19 bits: each product is off by 2^-10 of at most 1/4.
	d.ok("cublasSetMathMode", h, 3)
	d.ok("cublasSgemm_v2", h, 0, 0, m, n, k, alpha, pa, m, pb, k, beta, pc, m)
	tf32 := d.download(pc, m*n)
	near(t, tf32, c[:m*n], k, 0.25/1024)
	if maxDifference(tf32, c[:m*n]) < 1e-6 {
		t.Error("the TF32 mode rounds nothing")
	}

	// bf16 operands, exact values, float32 result.
	half := d.bytes(2 * m * k)
	for i := range m * k {
		*(*uint16)(unsafe.Pointer(&half[2*i])) = uint16(math.Float32bits(float32(i%8)) >> 16)
	}
	ph := d.alloc(len(half))
	d.ok("cuMemcpyHtoD_v2", ph, address(half), uintptr(len(half)))
	d.ok("cublasGemmEx", h, 1, 0, m, m, k, alpha, ph, 14, k, ph, 14, k, beta, pc, 0, m, 68, 0)
	x := make([]float32, m*k)
	for i := range x {
		x[i] = float32(i % 8)
	}
	want := make([]float32, m*m)
	product(1, 0, m, m, k, 1, x, k, x, k, 0, want, m)
	near(t, d.download(pc, m*m), want, 0, 0)
	d.clean()
}

func maxDifference(a, b []float32) float64 {
	var most float64
	for i := range a {
		most = max(most, math.Abs(float64(a[i]-b[i])))
	}
	return most
}

func TestGemv(t *testing.T) {
	d := open(t)
	r := rand.New(rand.NewPCG(5, 6))
	const m, n = 7, 4
	a, h := uniform(r, m*n), d.blas()
	pa := d.upload(a)
	for trans := range 2 {
		in, out := n, m
		if trans == 1 {
			in, out = m, n
		}
		x, want := uniform(r, in), make([]float32, out)
		if trans == 0 {
			product(0, 0, m, 1, n, 1, a, m, x, n, 0, want, m)
		} else {
			product(1, 0, n, 1, m, 1, a, m, x, m, 0, want, n)
		}
		alpha, beta := d.factors(1, 0)
		y := d.alloc(4 * out)
		d.ok("cublasSgemv_v2", h, uintptr(trans), m, n, alpha, pa, m, d.upload(x), 1, beta, y, 1)
		near(t, d.download(y, out), want, in, 1e-7)
	}
	d.clean()
}
