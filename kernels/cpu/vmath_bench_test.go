//go:build cgo

package cpu

import (
	"fmt"
	"testing"

	"elbo/kernels"
)

// BenchmarkTileFunction reports ns per element of every op on one 256-element tile in L1, the cgo
// call (about 0.15 ns per element) included.
func BenchmarkTileFunction(b *testing.B) {
	for _, isa := range isaNumbers() {
		for _, info := range kernels.Elementwise() {
			b.Run(fmt.Sprintf("isa%d/float32/%s", isa, info.Name), func(b *testing.B) { benchTile[float32](b, isa, info.Op) })
			b.Run(fmt.Sprintf("isa%d/float64/%s", isa, info.Name), func(b *testing.B) { benchTile[float64](b, isa, info.Op) })
		}
	}
}

func benchTile[T float](b *testing.B, isa int, op kernels.Op) {
	const n = 256
	x, y, out := make([]T, n), make([]T, n), make([]T, n)
	for i := range x {
		x[i], y[i] = T(i+1)/(n+1), 1.5
	}
	for b.Loop() {
		callTile(isa, op, x, y, x, out, 0.7, 0.2)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/elem")
}

// BenchmarkFill reports ns per random number.
func BenchmarkFill(b *testing.B) {
	for _, isa := range isaNumbers() {
		for _, op := range []kernels.Op{kernels.RandUniform, kernels.RandNormal} {
			b.Run(fmt.Sprintf("isa%d/float32/%v", isa, op), func(b *testing.B) { benchFill[float32](b, isa, op) })
			b.Run(fmt.Sprintf("isa%d/float64/%v", isa, op), func(b *testing.B) { benchFill[float64](b, isa, op) })
		}
	}
}

func benchFill[T float](b *testing.B, isa int, op kernels.Op) {
	const n = 4096
	out := make([]T, n)
	for b.Loop() {
		callFill(isa, op, out, 0, 1, 2, 3)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/elem")
}
