//go:build elbo_cuda && linux

package driver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"

	"elbo/kernels"
)

// matrices are small integers and their halves, whose products every precision computes exactly.
func matrix(n, seed int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64((i*7+seed*5)%13-6) / 2
	}
	return x
}

// product is what Gemm computes, for one matrix of a batch.
func product(g Gemm, a, b, c []float64) {
	at := func(i, k int) float64 {
		if g.TransA {
			return a[k*g.LDA+i]
		}
		return a[i*g.LDA+k]
	}
	bt := func(k, j int) float64 {
		if g.TransB {
			return b[j*g.LDB+k]
		}
		return b[k*g.LDB+j]
	}
	for i := range g.M {
		for j := range g.N {
			sum := 0.0
			for k := range g.K {
				sum += at(i, k) * bt(k, j)
			}
			if g.Beta == 0 {
				c[i*g.LDC+j] = g.Alpha * sum
			} else {
				c[i*g.LDC+j] = g.Alpha*sum + g.Beta*c[i*g.LDC+j]
			}
		}
	}
}

// encode writes numbers as elements of a type; decode reads them back.
func encode(x []float64, t Type) []byte {
	var b []byte
	for _, v := range x {
		switch t {
		case F64:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		case BF16: // the numbers used here have few enough digits to be cut off exactly
			b = binary.LittleEndian.AppendUint16(b, uint16(math.Float32bits(float32(v))>>16))
		default:
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
		}
	}
	return b
}

func decode(b []byte, t Type) []float64 {
	x := make([]float64, len(b)/size(t))
	for i := range x {
		if t == F64 {
			x[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		} else {
			x[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
		}
	}
	return x
}

// onDevice copies numbers to new device memory.
func onDevice(c *Context, x []float64, t Type) Ptr {
	b := encode(x, t)
	p := must(c.MemAlloc(len(b)))
	return must(p, c.CopyHtoD(p, b))
}

func size(t Type) int { return map[Type]int{F32: 4, F64: 8, BF16: 2}[t] }

// shapes covers transposes, strides with gaps, alpha and beta, and edges of length 1.
func shapes() []Gemm {
	var list []Gemm
	for _, d := range [][3]int{{3, 4, 5}, {1, 7, 2}, {6, 1, 3}, {5, 5, 1}, {17, 9, 33}} {
		for _, ta := range []bool{false, true} {
			for _, tb := range []bool{false, true} {
				list = append(list, Gemm{M: d[0], N: d[1], K: d[2], TransA: ta, TransB: tb, Alpha: 1})
				list = append(list, Gemm{M: d[0], N: d[1], K: d[2], TransA: ta, TransB: tb, Alpha: -2, Beta: 0.5,
					LDA: max(d[0], d[2]) + 3, LDB: max(d[1], d[2]) + 1, LDC: d[1] + 2})
			}
		}
	}
	return append(list, Gemm{M: 2, N: 3, K: 0, Alpha: 1, Beta: 2})
}

// compare computes a product on the device and here. The factors are small halves of integers, so
// both must agree exactly whatever the order of the sum.
func compare(c *Context, g Gemm, factors, sum Type, run func(Gemm) error) error {
	g = must(g.filled("test"))
	batch := max(1, g.Batch)
	if g.Batch > 0 {
		g.NextA, g.NextB, g.NextC = 2000, 0, 2100 // one B for all
	}
	a, b, out := matrix(batch*2000, 1), matrix(2000, 2), matrix(batch*2100, 3)
	g.A, g.B, g.C = onDevice(c, a, factors), onDevice(c, b, factors), onDevice(c, out, sum)
	bytes := make([]byte, len(out)*size(sum))
	err := errors.Join(run(g), c.Synchronize(), c.CopyDtoH(bytes, g.C), c.MemFree(g.A), c.MemFree(g.B), c.MemFree(g.C))
	for i := range batch {
		product(g, a[i*g.NextA:], b, out[i*g.NextC:])
	}
	for i, v := range decode(bytes, sum) {
		if v != out[i] {
			return errors.Join(err, fmt.Errorf("%+v: element %d is %v, want %v", g, i, v, out[i]))
		}
	}
	return err
}

func TestGemm(t *testing.T) {
	inside(t, func(c *Context) error {
		b := must(c.NewBlas(must(c.NewStream()), 4<<20))
		var err error
		for _, g := range shapes() {
			err = errors.Join(err, compare(c, g, F32, F32, b.Gemm32), compare(c, g, F64, F64, b.Gemm64))
			g.TypeA, g.TypeB = BF16, BF16
			err = errors.Join(err, compare(c, g, BF16, F32, b.GemmEx))
			g.Batch = 3
			err = errors.Join(err, compare(c, g, BF16, F32, b.GemmEx),
				compare(c, g, F32, F32, b.GemmBatched32), compare(c, g, F64, F64, b.GemmBatched64))
			g.TypeA, g.TypeB, g.TypeC, g.Compute = F64, F64, F64, Compute64
			err = errors.Join(err, compare(c, g, F64, F64, b.GemmEx))
		}
		return errors.Join(err, b.Close())
	})
}

// TestMath has the product of two factors with 12 bits each, of which TF32 keeps 10.
func TestMath(t *testing.T) {
	inside(t, func(c *Context) error {
		b := must(c.NewBlas(must(c.NewStream()), 4<<20))
		p := must(c.MemAlloc(4 * 3 * 64 * 64))
		x := make([]float32, 64*64)
		for i := range 64 {
			x[65*i] = 1 + 1.0/2048
		}
		err := errors.Join(c.CopyHtoD(p, floats(x...)), c.CopyHtoD(p+4*64*64, floats(x...)))
		g := Gemm{M: 64, N: 64, K: 64, Alpha: 1, A: p, B: p + 4*64*64, C: p + 8*64*64}
		got := make([]byte, 4)
		exact := float32(1+1.0/2048) * float32(1+1.0/2048)
		for _, m := range []Math{TF32, FP32} {
			err = errors.Join(err, b.SetMath(m), b.Gemm32(g), c.Synchronize(), c.CopyDtoH(got, g.C))
			if v := fromFloats(got)[0]; m == FP32 && v != exact || math.Abs(float64(v-exact)) > 1e-3 {
				t.Errorf("math %d gives %v, want %v", m, v, exact) // TF32: 2·2⁻¹¹ relative
			}
		}
		return err
	})
}

func TestGemv(t *testing.T) {
	inside(t, func(c *Context) error {
		b := must(c.NewBlas(must(c.NewStream()), 0))
		var err error
		for _, trans := range []bool{false, true} {
			for _, typ := range []Type{F32, F64} {
				g := Gemv{M: 5, N: 7, Trans: trans, Alpha: 2, Beta: -1, LDA: 9}
				rows, columns := 5, 7
				if trans {
					rows, columns = 7, 5
				}
				a, x, y := matrix(5*9, 1), matrix(columns, 2), matrix(rows, 3)
				g.A, g.X, g.Y = onDevice(c, a, typ), onDevice(c, x, typ), onDevice(c, y, typ)
				got := make([]byte, rows*size(typ))
				run := b.Gemv32
				if typ == F64 {
					run = b.Gemv64
				}
				err = errors.Join(err, run(g), c.Synchronize(), c.CopyDtoH(got, g.Y))
				same := Gemm{M: rows, N: 1, K: columns, TransA: trans, Alpha: 2, Beta: -1, LDA: 9, LDB: 1, LDC: 1}
				product(same, a, x, y)
				for i, v := range decode(got, typ) {
					if v != y[i] {
						t.Errorf("transposed %t: element %d is %v, want %v", trans, i, v, y[i])
					}
				}
			}
		}
		return err
	})
}

func TestGemmMisuse(t *testing.T) {
	inside(t, func(c *Context) error {
		b := must(c.NewBlas(must(c.NewStream()), 0))
		for _, g := range []Gemm{
			{M: 2, N: 2, K: 3, LDA: 2},
			{M: 2, N: 2, K: 3, TransB: true, LDB: 2},
			{M: 2, N: 2, K: 3, LDC: 1},
			{M: -1, N: 2, K: 3},
			{M: 2, N: 2, K: 1 << 31},
		} {
			for _, run := range []func(Gemm) error{b.Gemm32, b.Gemm64, b.GemmBatched32, b.GemmBatched64, b.GemmEx} {
				if run(g) == nil {
					t.Errorf("%+v was accepted", g)
				}
			}
		}
		if b.Gemv32(Gemv{M: 2, N: 3, LDA: 2}) == nil || b.Gemv64(Gemv{M: -2, N: 3}) == nil {
			t.Error("a matrix whose rows overlap and one without size were accepted")
		}
		empty := Gemm{M: 0, N: 5, K: 5}
		return errors.Join(b.Gemm32(empty), b.Gemm64(empty), b.GemmEx(empty),
			b.GemmBatched32(empty), b.GemmBatched64(empty), b.Gemv32(Gemv{}), b.Gemv64(Gemv{}))
	})
}

// TestBlasAfterError has one product fail. cu keeps the error for ever, so the handle must be replaced.
func TestBlasAfterError(t *testing.T) {
	needEmulator(t)
	inside(t, func(c *Context) error {
		b := must(c.NewBlas(must(c.NewStream()), 0))
		g := Gemm{M: 3, N: 3, K: 3, Alpha: 1}
		if err := b.SetMath(TF32); err != nil {
			return err
		}
		if err := emu.Inject("cublasSgemm_v2:0=2"); err != nil {
			return err
		}
		var e *Error
		err := compare(c, g, F32, F32, b.Gemm32)
		if !errors.As(err, &e) || e.Library != CUBLAS || !errors.Is(err, kernels.ErrOutOfMemory) {
			t.Errorf("the product that was made to fail: %v", err)
		}
		if emu.Calls("cublasCreate_v2") != 2 || emu.Calls("cublasDestroy_v2") != 1 {
			t.Errorf("%d handles made, %d destroyed", emu.Calls("cublasCreate_v2"), emu.Calls("cublasDestroy_v2"))
		}
		// The second handle cannot be made either: the call after it tries again.
		if err := emu.Inject("cublasSgemm_v2:0=2,cublasCreate_v2:0=2"); err != nil {
			return err
		}
		if compare(c, g, F32, F32, b.Gemm32) == nil {
			t.Error("no error where neither product nor handle came about")
		}
		return compare(c, g, F32, F32, b.Gemm32)
	})
}
