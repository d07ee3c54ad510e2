package ref

import (
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// benchmark runs a program of one instruction or a few; bytes of work units set the rate shown.
func benchmark(b *testing.B, units int, build func(k *kernelstest.Builder)) {
	k := kernelstest.NewBuilder(b.Name(), kernels.F32)
	build(k)
	dev := Open()
	s, err := kernelstest.NewSession(dev, k.Program(), k.Feed)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for step := uint64(0); b.Loop(); step++ {
		if err := s.Run(step, 1); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(units), "ns/unit")
}

func BenchmarkAdd(b *testing.B)      { benchmarkElem(b, kernels.Add, 2) }
func BenchmarkExp(b *testing.B)      { benchmarkElem(b, kernels.Exp, 1) }
func BenchmarkSoftplus(b *testing.B) { benchmarkElem(b, kernels.Softplus, 1) }

func benchmarkElem(b *testing.B, op kernels.Op, arity int) {
	const n = 1 << 14
	benchmark(b, n, func(k *kernelstest.Builder) {
		var args []kernels.ValueID
		for i := range arity {
			args = append(args, k.Input(string(rune('a'+i)), nil, n))
		}
		k.Output("y", k.Elem(op, [2]float64{}, args...))
	})
}

// Units are multiply-adds.
func BenchmarkProduct(b *testing.B) {
	benchmark(b, 128*400*400, func(k *kernelstest.Builder) {
		k.Output("y", k.Apply(kernels.MatMul, kernels.Attr{}, k.Input("a", nil, 128, 400), k.Input("b", nil, 400, 400)))
	})
}

func BenchmarkMatVec(b *testing.B) { benchmarkVec(b, false) }
func BenchmarkVecMat(b *testing.B) { benchmarkVec(b, true) }

func benchmarkVec(b *testing.B, trans bool) {
	benchmark(b, 512*100, func(k *kernelstest.Builder) {
		x, n := k.Input("x", nil, 512, 100), 100
		if trans {
			n = 512
		}
		k.Output("y", k.Apply(kernels.MatMul, kernels.Attr{TransA: trans}, x, k.Input("v", nil, n)))
	})
}

func BenchmarkNormal(b *testing.B) {
	const n = 1 << 14
	benchmark(b, n, func(k *kernelstest.Builder) {
		k.Output("y", k.Apply(kernels.RandNormal, kernels.Attr{Shape: kernels.Shape{n}}))
	})
}
