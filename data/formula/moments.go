package formula

import (
	"math"
)

// moments are the count, mean, sum of squared deviations and range of a stream.
type moments struct {
	n        int64
	mean, m2 float64
	lo, hi   float64
}

// add merges a block, computed by two sweeps, into the running moments (Chan, Golub & LeVeque 1979).
func (m *moments) add(x []float64) {
	if len(x) == 0 {
		return
	}
	sum, lo, hi := 0.0, x[0], x[0]
	for _, v := range x {
		sum += v - x[0]
		lo, hi = min(lo, v), max(hi, v)
	}
	b := moments{n: int64(len(x)), mean: x[0] + sum/float64(len(x)), lo: lo, hi: hi}
	for _, v := range x {
		d := v - b.mean
		b.m2 += d * d
	}
	m.merge(b)
}

// merge joins the moments of another part of the stream.
func (m *moments) merge(b moments) {
	if m.n == 0 {
		*m = b
		return
	}
	if b.n == 0 {
		return
	}
	n := m.n + b.n
	d := b.mean - m.mean
	m.mean += d * float64(b.n) / float64(n)
	m.m2 += b.m2 + d*d*float64(m.n)*(float64(b.n)/float64(n))
	m.n, m.lo, m.hi = n, min(m.lo, b.lo), max(m.hi, b.hi)
}

// sd is the sample standard deviation, with n − 1; 0 when every value is the same.
func (m *moments) sd() float64 {
	if m.n < 2 || m.lo == m.hi {
		return 0
	}
	return math.Sqrt(m.m2 / float64(m.n-1))
}
