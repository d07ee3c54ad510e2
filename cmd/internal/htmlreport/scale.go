package htmlreport

import (
	"math"
	"sort"
	"strconv"
)

// scale maps values to positions on an axis.
type scale struct {
	lo, hi   float64 // values at the ends
	from, to float64 // positions of the ends
	bend     float64 // 0 is linear; else asinh(x/bend): linear near zero, logarithmic beyond
}

func (s scale) warp(x float64) float64 {
	if s.bend == 0 {
		return x
	}
	return math.Asinh(x / s.bend)
}

// at returns the position of a value.
func (s scale) at(x float64) float64 {
	lo, hi := s.warp(s.lo), s.warp(s.hi)
	if hi == lo {
		return (s.from + s.to) / 2
	}
	return s.from + (s.warp(x)-lo)/(hi-lo)*(s.to-s.from)
}

// clip returns the position of a value, kept on the axis.
func (s scale) clip(x float64) float64 {
	return s.at(math.Min(math.Max(x, s.lo), s.hi))
}

// tick is a mark on an axis.
type tick struct {
	At   float64
	Text string
}

// ticks returns about n round marks.
func (s scale) ticks(n int) []tick {
	if s.bend != 0 {
		return s.bentTicks()
	}
	step := roundStep((s.hi - s.lo) / float64(n))
	if step == 0 || math.IsInf(step, 0) || math.IsNaN(step) {
		return nil
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var out []tick
	for k := math.Ceil(s.lo/step - 1e-9); k*step <= s.hi+1e-9*step; k++ {
		out = append(out, tick{s.at(k * step), number(k*step, decimals)})
	}
	return out
}

// bentTicks marks zero and the powers of ten on both sides.
func (s scale) bentTicks() []tick {
	values := []float64{0}
	first := math.Pow(10, math.Ceil(math.Log10(s.bend)))
	for p := first; p <= math.Max(math.Abs(s.lo), math.Abs(s.hi)); p *= 10 {
		values = append(values, p, -p)
	}
	sort.Float64s(values)
	var out []tick
	for _, v := range values {
		if v >= s.lo && v <= s.hi {
			out = append(out, tick{s.at(v), strconv.FormatFloat(v, 'g', 3, 64)})
		}
	}
	return out
}

// roundStep returns the nearest of 1, 2, 5 times a power of ten at or above x.
func roundStep(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	p := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*p >= x*(1-1e-9) {
			return m * p
		}
	}
	return 10 * p
}

func number(x float64, decimals int) string {
	if x == 0 {
		x = 0 // no negative zero
	}
	if math.Abs(x) >= 1e7 {
		return strconv.FormatFloat(x, 'g', 6, 64)
	}
	return strconv.FormatFloat(x, 'f', min(decimals, 8), 64)
}

// quantile returns the value below which a share q of the sorted values lies.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
