package regress

import (
	"math"
	"math/rand"
	"slices"
	"sync/atomic"
	"testing"

	"elbo/vi/diag"
)

// TestDescribeAgreesWithSorting: selecting gives the numbers that sorting gives, with ties,
// infinities, sorted and reversed draws, and few of them.
func TestDescribeAgreesWithSorting(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	makers := map[string]func(n int) []float64{
		"normal":   func(n int) []float64 { return fill(n, func(int) float64 { return r.NormFloat64() }) },
		"counts":   func(n int) []float64 { return fill(n, func(int) float64 { return float64(r.Intn(3)) }) },
		"constant": func(n int) []float64 { return fill(n, func(int) float64 { return 2.5 }) },
		"rising":   func(n int) []float64 { return fill(n, func(i int) float64 { return float64(i) }) },
		"falling":  func(n int) []float64 { return fill(n, func(i int) float64 { return float64(-i) }) },
	}
	for name, draw := range makers {
		for _, n := range []int{1, 2, 3, 5, 10, 100, 1000, 1001} {
			for _, prob := range []float64{0.5, 0.9, 0.95, 0.999} {
				x := draw(n)
				sorted := slices.Clone(x)
				want := diag.Describe(x, (1-prob)/2, (1+prob)/2)
				got := describe(x, prob)
				// The same order statistics, interpolated by the same formula up to rounding.
				if math.Abs(got.Lower-want.Quantiles[0]) > 1e-12*(1+math.Abs(got.Lower)) ||
					math.Abs(got.Upper-want.Quantiles[1]) > 1e-12*(1+math.Abs(got.Upper)) ||
					math.Abs(got.Mean-want.Mean) > 1e-12*(1+math.Abs(got.Mean)) {
					t.Errorf("%s, n = %d, prob %v: %+v, want %+v", name, n, prob, got, want)
				}
				if n > 1 && math.Abs(got.SD-want.SD) > 1e-12*(1+got.SD) {
					t.Errorf("%s, n = %d: sd %v, want %v", name, n, got.SD, want.SD)
				}
				slices.Sort(x)
				slices.Sort(sorted)
				if !slices.Equal(x, sorted) {
					t.Errorf("%s, n = %d: draws were lost", name, n)
				}
			}
		}
	}
	p := describe([]float64{1, math.NaN(), 2}, 0.9)
	if !math.IsNaN(p.Mean) || !math.IsNaN(p.Lower) || !math.IsNaN(p.Upper) {
		t.Errorf("NaN among the draws gives %+v", p)
	}
}

func fill(n int, f func(int) float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = f(i)
	}
	return x
}

func TestParallelCoversAll(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7, 100} {
		seen := make([]atomic.Int32, n)
		parallel(n, func(i int) { seen[i].Add(1) })
		for i := range seen {
			if seen[i].Load() != 1 {
				t.Errorf("n = %d: %d visited %d times", n, i, seen[i].Load())
			}
		}
	}
}
