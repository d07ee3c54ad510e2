//go:build cgo

package cpu

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func testReduce[T float](t *testing.T, tol float64) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{0, 1, 2, 15, 16, 17, 31, 32, 33, 100, 255, 256, 1000} {
		a, b := make([]T, n+1)[1:], make([]T, n)
		sum, dot := new(big.Float).SetPrec(200), new(big.Float).SetPrec(200)
		size, top := 0.0, math.Inf(-1)
		for i := range a {
			a[i], b[i] = T(rng.NormFloat64()-3), T(rng.NormFloat64())
			x, y := big.NewFloat(float64(a[i])), big.NewFloat(float64(b[i]))
			sum.Add(sum, x)
			dot.Add(dot, new(big.Float).SetPrec(200).Mul(x, y))
			size += math.Abs(float64(a[i])) * (1 + math.Abs(float64(b[i])))
			top = max(top, float64(a[i]))
		}
		exactSum, _ := sum.Float64()
		exactDot, _ := dot.Float64()
		want := map[reduction]float64{reduceSum: exactSum, reduceMax: top, reduceDot: exactDot}
		for kind, w := range want {
			base := callReduce(0, kind, a, b)
			// A few roundings of partial sums no larger than size: 16 lanes or more share them.
			if d := math.Abs(base - w); !(d <= tol*size) && base != w {
				t.Errorf("n = %d, reduction %d: %g, want %g", n, kind, base, w)
			}
			for _, isa := range isaNumbers() {
				if got := callReduce(isa, kind, a, b); got != base {
					t.Errorf("n = %d, reduction %d: isa %d gives %g, base %g", n, kind, isa, got, base)
				}
			}
		}
		if n == 0 {
			continue
		}
		a[n/2] = T(math.NaN())
		for _, isa := range isaNumbers() {
			if got := callReduce(isa, reduceMax, a, nil); got == got {
				t.Errorf("n = %d, isa %d: maximum with a NaN is %g", n, isa, got)
			}
		}
	}
}

func TestReductions(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testReduce[float32](t, 2e-7) })
	t.Run("float64", func(t *testing.T) { testReduce[float64](t, 4e-16) })
}
