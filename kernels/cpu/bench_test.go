//go:build cgo

package cpu

import (
	"fmt"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// benchmark times a program's steps on one thread and, beside them, on all.
func benchmark(b *testing.B, build *kernelstest.Builder, flops, bytes float64) {
	p := build.Program()
	for _, threads := range []int{1, 0} {
		name := "1t"
		if threads == 0 {
			name = "all"
		}
		b.Run(name, func(b *testing.B) {
			dev, err := Open(Options{Threads: threads})
			if err != nil {
				b.Fatal(err)
			}
			defer dev.Close()
			s, err := kernelstest.NewSession(dev, p, build.Feed)
			if err != nil {
				b.Fatal(err)
			}
			step := uint64(0)
			for b.Loop() {
				if err := s.Run(step, 1); err != nil {
					b.Fatal(err)
				}
				step++
			}
			seconds := b.Elapsed().Seconds() / float64(b.N)
			if flops > 0 {
				b.ReportMetric(flops/seconds/1e9, "GFLOP/s")
			}
			if bytes > 0 {
				b.ReportMetric(bytes/seconds/1e9, "GB/s")
			}
		})
	}
}

func ramp(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64((i*7919)%1000)/500 - 1
	}
	return x
}

func BenchmarkGEMM(b *testing.B) {
	for _, d := range []struct {
		m, n, k int
		ta, tb  bool
	}{
		{128, 400, 784, false, false}, {128, 784, 400, false, true}, {784, 400, 128, true, false},
		{128, 40, 400, false, false}, {31, 31, 31, false, false}, {31, 31, 20000, true, false},
	} {
		for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
			b.Run(fmt.Sprintf("%dx%dx%d/%v", d.m, d.n, d.k, dt), func(b *testing.B) {
				g := kernelstest.NewBuilder("gemm", dt)
				as, bs := []int{d.m, d.k}, []int{d.k, d.n}
				if d.ta {
					as = []int{d.k, d.m}
				}
				if d.tb {
					bs = []int{d.n, d.k}
				}
				x, y := g.Input("a", ramp(d.m*d.k), as...), g.Input("b", ramp(d.k*d.n), bs...)
				g.Output("c", g.Apply(kernels.MatMul, kernels.Attr{TransA: d.ta, TransB: d.tb}, x, y))
				benchmark(b, g, 2*float64(d.m)*float64(d.n)*float64(d.k), 0)
			})
		}
	}
}

func BenchmarkGEMV(b *testing.B) {
	for _, trans := range []bool{false, true} {
		for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
			b.Run(fmt.Sprintf("512x100/trans=%v/%v", trans, dt), func(b *testing.B) {
				g := kernelstest.NewBuilder("gemv", dt)
				n := 100
				if trans {
					n = 512
				}
				x, y := g.Input("a", ramp(51200), 512, 100), g.Input("x", ramp(n), n)
				g.Output("y", g.Apply(kernels.MatMul, kernels.Attr{TransA: trans}, x, y))
				benchmark(b, g, 0, 51200*float64(dt.Size()))
			})
		}
	}
}

// chain is a group of ops[i](previous, x) over n elements.
func chain(n int, dt kernels.DType, ops ...kernels.Op) *kernelstest.Builder {
	g := kernelstest.NewBuilder("chain", dt)
	x := g.Input("x", ramp(n), n)
	f := &kernels.Fused{Shape: kernels.Shape{n}, Ins: []kernels.Operand{{Strides: []int{1}}}}
	for i, op := range ops {
		f.Code = append(f.Code, kernels.FusedOp{Op: op, Args: [3]int16{int16(i), 0, 0}, Imm0: 0.7, Imm1: 0.1})
	}
	f.Outs = []kernels.FusedOut{{Reg: int16(len(ops)), Strides: []int{1}}}
	g.Output("y", g.Fused(f, []kernelstest.Out{{Shape: kernels.Shape{n}, Over: kernelstest.NoValue}}, x)[0])
	return g
}

func BenchmarkTile(b *testing.B) {
	cheap := []kernels.Op{kernels.Affine, kernels.Mul, kernels.Add, kernels.Max, kernels.Axpy, kernels.FMA}
	costly := []kernels.Op{kernels.Affine, kernels.Tanh, kernels.Mul, kernels.Sigmoid, kernels.Affine, kernels.Add}
	for name, ops := range map[string][]kernels.Op{"cheap6": cheap, "tanhsigmoid6": costly, "one": {kernels.Affine}} {
		for _, n := range []int{1, 100, 4096, 1 << 20} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				benchmark(b, chain(n, kernels.F32, ops...), 0, 8*float64(n))
			})
		}
	}
}

// logistic is a mean-field logistic step: reparameterised weights, likelihood, gradients, Adam.
func logistic(rows, table int) *kernelstest.Builder {
	const dim = 100
	g := kernelstest.NewBuilder("logistic", kernels.F32)
	var x, y kernels.ValueID
	if table > 0 {
		idx := g.Apply(kernels.BatchIndex, kernels.Attr{Shape: kernels.Shape{rows}, N: table})
		x = g.Apply(kernels.Gather, kernels.Attr{}, g.Input("X", ramp(table*dim), table, dim), idx)
		y = g.Apply(kernels.Gather, kernels.Attr{}, g.Input("y", ramp(table), table), idx)
	} else {
		x, y = g.Input("X", ramp(rows*dim), rows, dim), g.Input("y", ramp(rows), rows)
	}
	mean, rho := g.State("mean", ramp(dim), dim), g.State("rho", ramp(dim), dim)
	eps := g.Apply(kernels.RandNormal, kernels.Attr{Shape: kernels.Shape{dim}, Site: 5})
	vec := kernels.Shape{dim}
	one := []kernels.Operand{{Strides: []int{1}}, {Strides: []int{1}}, {Strides: []int{1}}}
	w := g.Fused(&kernels.Fused{Shape: vec, Ins: one, Code: []kernels.FusedOp{
		{Op: kernels.Softplus, Args: [3]int16{1}}, {Op: kernels.FMA, Args: [3]int16{3, 2, 0}}},
		Outs: []kernels.FusedOut{{Reg: 4, Strides: []int{1}}}},
		[]kernelstest.Out{{Shape: vec, Over: kernelstest.NoValue}}, mean, rho, eps)[0]
	eta := g.Apply(kernels.MatMul, kernels.Attr{}, x, w)
	loss := g.Fused(&kernels.Fused{Shape: kernels.Shape{rows}, Ins: one[:2], Code: []kernels.FusedOp{
		{Op: kernels.Softplus, Args: [3]int16{0}}, {Op: kernels.Mul, Args: [3]int16{0, 1}},
		{Op: kernels.Sub, Args: [3]int16{3, 2}}, {Op: kernels.Sigmoid, Args: [3]int16{0}},
		{Op: kernels.Sub, Args: [3]int16{1, 5}}},
		Outs: []kernels.FusedOut{{Reg: 4, Strides: []int{0}, Reduce: true}, {Reg: 6, Strides: []int{1}}}},
		[]kernelstest.Out{{Shape: kernels.Shape{}, Over: kernelstest.NoValue},
			{Shape: kernels.Shape{rows}, Over: kernelstest.NoValue}}, eta, y)
	grad := g.Apply(kernels.MatMul, kernels.Attr{TransA: true}, x, loss[1])
	for _, name := range []string{"mean", "rho"} {
		p := map[string]kernels.ValueID{"mean": mean, "rho": rho}[name]
		m, v := g.State(name+" m", ramp(dim), dim), g.State(name+" v", ramp(dim), dim)
		ins := append(one[:2:2], one[0], one[0])
		g.Fused(&kernels.Fused{Shape: vec, Ins: ins, Code: []kernels.FusedOp{
			{Op: kernels.Affine, Args: [3]int16{1}, Imm0: 0.9}, {Op: kernels.Axpy, Args: [3]int16{3, 4}, Imm0: 0.1},
			{Op: kernels.Square, Args: [3]int16{3}}, {Op: kernels.Affine, Args: [3]int16{2}, Imm0: 0.99},
			{Op: kernels.Axpy, Args: [3]int16{6, 7}, Imm0: 0.01}, {Op: kernels.Abs, Args: [3]int16{8}},
			{Op: kernels.Sqrt, Args: [3]int16{9}}, {Op: kernels.Affine, Args: [3]int16{10}, Imm0: 1, Imm1: 1e-6},
			{Op: kernels.Div, Args: [3]int16{5, 11}}, {Op: kernels.Axpy, Args: [3]int16{12, 0}, Imm0: 1e-3}},
			Outs: []kernels.FusedOut{{Reg: 13, Strides: []int{1}}, {Reg: 5, Strides: []int{1}}, {Reg: 8, Strides: []int{1}}}},
			[]kernelstest.Out{{Shape: vec, Over: p}, {Shape: vec, Over: m}, {Shape: vec, Over: v}}, p, m, v, grad)
	}
	g.Output("loss", loss[0])
	return g
}

func BenchmarkLogistic(b *testing.B) {
	b.Run("512x100", func(b *testing.B) { benchmark(b, logistic(512, 0), 0, 2*51200*4) })
	b.Run("512x100-gather", func(b *testing.B) { benchmark(b, logistic(512, 100_000), 0, 2*51200*4) })
}
