package kernelstest

import (
	"math"
	"math/rand/v2"

	"elbo/kernels"
)

// source is a seeded generator of test data.
type source struct{ *rand.Rand }

func newSource(seed uint64) source { return source{rand.New(rand.NewPCG(seed, 0x5eed))} }

// period is how many different points a generated tensor holds: a prime, so that it does not
// line up with tiles, and small, so that slow oracles can remember their results.
const period = 251

// within fills n numbers of a domain, both ends included, repeating after period.
func (r source) within(n int, d kernels.Domain) []float64 {
	x := make([]float64, n)
	for i := range x {
		switch {
		case i >= period:
			x[i] = x[i-period]
		case i < 2:
			x[i] = []float64{d.Lo, d.Hi}[i]
		default:
			x[i] = d.Lo + (d.Hi-d.Lo)*r.Float64()
		}
	}
	return x
}

// numbers fills n different numbers of (-2, 2).
func (r source) numbers(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 4*r.Float64() - 2
	}
	return x
}

// rows fills n indices below rows.
func (r source) rows(n, rows int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(r.IntN(rows))
	}
	return x
}

// absolute returns the magnitudes of all slots.
func absolute(slots map[string][]float64) map[string][]float64 {
	out := map[string][]float64{}
	for name, x := range slots {
		y := make([]float64, len(x))
		for i, v := range x {
			y[i] = math.Abs(v)
		}
		out[name] = y
	}
	return out
}

// rounded returns numbers rounded to a type, so that oracle and device see the same.
func rounded(x []float64, dt kernels.DType) []float64 {
	roundTo(dt, x)
	return x
}
