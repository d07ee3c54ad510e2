package formula

import (
	"sort"
)

// splineColumns evaluates the B-spline basis of a Spline variable without its first function, as R's splines::bs()
// with intercept = FALSE. Beyond the boundary knots the polynomial of the outermost interval goes on, as R's bs()
// continues it.
func splineColumns(v *Variable, x []float64, out [][]float64) {
	var basis [maxSplineDegree + 1]float64
	for _, column := range out {
		clear(column[:len(x)])
	}
	for r, xr := range x {
		first := splineBasis(v.Knots, v.Degree, xr, basis[:v.Degree+1])
		for j, b := range basis[:v.Degree+1] {
			if c := first + j - 1; c >= 0 {
				out[c][r] = b
			}
		}
	}
}

// splineBasis computes the degree+1 functions that are not zero at x by the recurrence of Cox and de Boor (de Boor
// 1978, ch. X) and gives the index of the first of them.
func splineBasis(knots []float64, degree int, x float64, basis []float64) (first int) {
	// The interval [knots[k], knots[k+1]) that holds x, clamped to the outermost ones.
	lo, hi := degree, len(knots)-degree-2
	for hi > lo && knots[hi] == knots[hi+1] {
		hi--
	}
	for lo < hi && knots[lo] == knots[lo+1] {
		lo++
	}
	k := lo + sort.Search(hi-lo, func(i int) bool { return knots[lo+i+1] > x })
	basis[0] = 1
	for d := 1; d <= degree; d++ {
		saved := 0.0
		for j := range d {
			right, left := knots[k+j+1]-x, x-knots[k+1-d+j]
			term := 0.0
			if span := right + left; span != 0 {
				term = basis[j] / span
			}
			basis[j] = saved + right*term
			saved = left * term
		}
		basis[d] = saved
	}
	return k - degree
}

// splineKnots places df − degree interior knots at equally spaced quantiles of the inputs, which it sorts, and
// repeats the range degree+1 times at either end. It is false when the inputs have no range.
func splineKnots(values []float64, df, degree int) ([]float64, bool) {
	sort.Float64s(values)
	if len(values) == 0 || values[0] == values[len(values)-1] {
		return nil, false
	}
	knots := make([]float64, 0, df+degree+2)
	for range degree + 1 {
		knots = append(knots, values[0])
	}
	interior := df - degree
	for i := range interior {
		knots = append(knots, quantile(values, float64(i+1)/float64(interior+1)))
	}
	for range degree + 1 {
		knots = append(knots, values[len(values)-1])
	}
	return knots, true
}

// quantile interpolates between order statistics (Hyndman & Fan 1996, type 7, the default of R).
func quantile(sorted []float64, p float64) float64 {
	h := p * float64(len(sorted)-1)
	i := int(h)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (h-float64(i))*(sorted[i+1]-sorted[i])
}

// maxSample is how many inputs are kept for the quantiles of a spline: up to it they are exact, beyond it they come
// from every second, fourth, ... row. 32 MiB.
const maxSample = 1 << 22

// sample keeps values in order, thinning itself by halves when it is full.
type sample struct {
	values []float64
	stride int64
	seen   int64
	lo, hi float64 // range of everything seen
}

// add takes a block of values.
func (s *sample) add(x []float64) {
	if s.stride == 0 {
		s.stride = 1
	}
	for _, v := range x {
		if s.seen == 0 {
			s.lo, s.hi = v, v
		}
		s.lo, s.hi = min(s.lo, v), max(s.hi, v)
		if s.seen%s.stride == 0 {
			s.keep(v)
		}
		s.seen++
	}
}

// keep stores one value, halving first when there is no room.
func (s *sample) keep(v float64) {
	if len(s.values) == maxSample {
		for i := range maxSample / 2 {
			s.values[i] = s.values[2*i]
		}
		s.values = s.values[:maxSample/2]
		s.stride *= 2
		if s.seen%s.stride != 0 {
			return
		}
	}
	s.values = append(s.values, v)
}
