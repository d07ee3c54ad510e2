package kernelstest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"elbo/kernels"
)

// extremes are the arguments where functions go wrong: special values, the largest number,
// one beyond the smallest normal, and a few plain ones.
func extremes(dt kernels.DType) []float64 {
	big, denormal := 1.7e308, 1e-310
	if dt == kernels.F32 {
		big, denormal = float64(float32(3e38)), float64(float32(1e-40))
	}
	return []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1, -1, 0.5, -2.5, denormal, big}
}

// undefined says which extremes an op promises nothing for.
var undefined = map[kernels.Op]func(x, y float64) bool{
	kernels.Sin:        huge, // reduced exactly only below 1e5
	kernels.Cos:        huge,
	kernels.Lgamma:     func(x, _ float64) bool { return x <= 0 }, // poles and reflection are the device's choice
	kernels.Digamma:    nearPole,
	kernels.Trigamma:   nearPole,
	kernels.Tetragamma: nearPole,
	kernels.GammaGrad:  func(x, y float64) bool { return !(x != x || y != y) }, // only NaN is kept
}

func huge(x, _ float64) bool     { return math.Abs(x) > 1e5 && !math.IsInf(x, 0) }
func nearPole(x, _ float64) bool { return x < 0.1 }

// special checks every elementwise op on all combinations of extremes.
func special(t *testing.T, dev kernels.Device) {
	for _, row := range kernels.Elementwise() {
		for _, dt := range dtypes {
			b := NewBuilder(fmt.Sprintf("special %v %v", row.Op, dt), dt)
			var cols [3][]float64
			for _, p := range combinations(&row, dt) {
				for i := range cols {
					cols[i] = append(cols[i], p[i])
				}
			}
			args := make([]kernels.ValueID, row.Arity)
			for i := range args {
				args[i] = b.Input(fmt.Sprint(i), cols[i], len(cols[i]))
			}
			b.Output("y", b.Elem(row.Op, firstImmediates(row.Op), args...))
			check(t, dev, b, tolerance(row.Op, dt), 0, false)
		}
	}
}

// combinations lists the tuples of extremes an op is defined for.
func combinations(row *kernels.OpInfo, dt kernels.DType) [][3]float64 {
	first := extremes(dt)
	second, third := []float64{0}, []float64{0}
	if row.Arity > 1 {
		second = first
	}
	if row.Arity > 2 {
		third = first
	}
	var out [][3]float64
	for _, x := range first {
		for _, y := range second {
			if f := undefined[row.Op]; f != nil && f(x, y) {
				continue
			}
			for _, z := range third {
				out = append(out, [3]float64{x, y, z})
			}
		}
	}
	return out
}

// spreadNaN checks that NaN and infinities reach what depends on them and nothing else: sums,
// maxima and products do not skip zeros or lose a NaN.
func spreadNaN(t *testing.T, dev kernels.Device) {
	for _, dt := range dtypes {
		for _, n := range []int{1, 5, 33, 128, 300} {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				b := NewBuilder(fmt.Sprintf("%v among %d %v", bad, n, dt), dt)
				x := make([]float64, 3*n)
				x[n+n/2] = bad
				m := b.Input("m", x, 3, n)
				zeros := b.Input("zeros", nil, n, 2)
				v := b.Input("v", slices.Repeat([]float64{1}, n), n)
				b.Output("sum", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{1}}, m))
				b.Output("sum0", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0}}, m))
				b.Output("all", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0, 1}}, m))
				b.Output("max", b.Apply(kernels.MaxReduce, kernels.Attr{Axes: []int{1}}, m))
				b.Output("max0", b.Apply(kernels.MaxReduce, kernels.Attr{Axes: []int{0}}, m))
				b.Output("cumsum", b.Apply(kernels.CumSum, kernels.Attr{Axis: 1}, m))
				b.Output("product", b.Apply(kernels.MatMul, kernels.Attr{}, m, zeros))
				b.Output("vector", b.Apply(kernels.MatMul, kernels.Attr{}, m, v))
				b.Output("tril", b.Apply(kernels.Tril, kernels.Attr{Start: -1}, m))
				check(t, dev, b, 0, 0, false)
			}
		}
	}
}
