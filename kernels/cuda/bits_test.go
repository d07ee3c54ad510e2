//go:build elbo_cuda && linux

package cuda

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"elbo/kernels"
	"elbo/kernels/cpu"
	"elbo/kernels/kernelstest"
)

// numbers fills n numbers of a domain, with the special values in front.
func numbers(r *rand.Rand, n int, d kernels.Domain, dt kernels.DType) []float64 {
	x := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), d.Lo, d.Hi, 1e-30, 1e-40, 3e38}
	for len(x) < n {
		x = append(x, d.Lo+(d.Hi-d.Lo)*r.Float64())
	}
	if dt == kernels.F32 {
		for i := range x {
			x[i] = float64(float32(x[i]))
		}
	}
	return x
}

// TestBitsOfCPU: every elementwise op, random numbers and minibatches have the bits the CPU device
// gives. GammaGrad among them: its loops stop by comparisons of equal bits.
func TestBitsOfCPU(t *testing.T) {
	const n = 700
	for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
		b := kernelstest.NewBuilder("bits "+dt.String(), dt)
		b.Seed(77)
		r := rand.New(rand.NewPCG(3, 4))
		for _, row := range kernels.Elementwise() {
			var args []kernels.ValueID
			for i := range row.Arity {
				args = append(args, b.Input(fmt.Sprintf("%s %d", row.Name, i), numbers(r, n, row.Domain[i], dt), n))
			}
			imm := [2]float64{1.3, 2.1}
			b.Output("out "+row.Name, b.Elem(row.Op, imm, args...))
		}
		shape := kernels.Shape{1000}
		b.Output("normal", b.Apply(kernels.RandNormal, kernels.Attr{Shape: shape, Site: 9}))
		b.Output("uniform", b.Apply(kernels.RandUniform, kernels.Attr{Shape: shape, Site: 9}))
		b.Output("batch", b.Apply(kernels.BatchIndex, kernels.Attr{N: 12345, Shape: kernels.Shape{300}}))
		p := b.Program()
		dev := opened(t, Options{})
		got, err := kernelstest.Exec(dev, p, b.Feed, 41, 1)
		must(t, err)
		host, err := cpu.Open(cpu.Options{Threads: 1})
		must(t, err)
		want, err := kernelstest.Exec(host, p, b.Feed, 41, 1)
		must(t, err)
		if err := kernelstest.SameBits(got, want); err != nil {
			t.Errorf("%v: %v", dt, err)
		}
		must(t, host.Close())
		closed(t, dev)
	}
	clean(t)
}
