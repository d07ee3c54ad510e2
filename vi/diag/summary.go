package diag

import (
	"math"
	"sort"
)

// Quantile returns the quantiles of x at probabilities p by linear interpolation between
// order statistics (Hyndman & Fan 1996, type 7, as in R and NumPy). NaN for an empty x, an x
// with NaN, or a p outside [0, 1]. x is not changed.
func Quantile(x []float64, p ...float64) []float64 {
	sorted := append([]float64(nil), x...)
	sort.Float64s(sorted) // NaN comes first
	out := make([]float64, len(p))
	for i, q := range p {
		out[i] = quantileSorted(sorted, q)
	}
	return out
}

func quantileSorted(x []float64, p float64) float64 {
	if len(x) == 0 || math.IsNaN(x[0]) || !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	at := p * float64(len(x)-1)
	lo := int(at)
	share := at - float64(lo)
	// Equal neighbours, infinite ones included, need no interpolation.
	if share == 0 || x[lo] == x[lo+1] {
		return x[lo]
	}
	return x[lo] + share*(x[lo+1]-x[lo])
}

// Summary describes the draws of one quantity.
type Summary struct {
	Mean, SD  float64
	Quantiles []float64 // at the probabilities asked for
}

// Describe returns mean, standard deviation (divisor n−1) and the quantiles at p of draws.
func Describe(x []float64, p ...float64) Summary {
	m, v := meanVar(x)
	return Summary{Mean: m, SD: math.Sqrt(v), Quantiles: Quantile(x, p...)}
}

// DescribeWeighted returns the same for draws with log weights that need not be normalised.
// Quantiles invert the weighted distribution function, interpolated between the midpoints of
// its steps; the standard deviation has no small-sample correction.
func DescribeWeighted(x, logWeights []float64, p ...float64) Summary {
	w := weights(logWeights)
	s := Summary{Quantiles: make([]float64, len(p))}
	for i, v := range x {
		s.Mean += w[i] * v
	}
	for i, v := range x {
		s.SD += w[i] * (v - s.Mean) * (v - s.Mean)
	}
	s.SD = math.Sqrt(s.SD)

	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return x[order[a]] < x[order[b]] })
	for j, q := range p {
		s.Quantiles[j] = weightedQuantile(x, w, order, q)
	}
	return s
}

// weights returns normalised weights.
func weights(logWeights []float64) []float64 {
	top, sum := math.Inf(-1), 0.0
	for _, v := range logWeights {
		top = math.Max(top, v)
	}
	w := make([]float64, len(logWeights))
	for i, v := range logWeights {
		w[i] = math.Exp(v - top)
		sum += w[i]
	}
	for i := range w {
		w[i] /= sum
	}
	return w
}

func weightedQuantile(x, w []float64, order []int, p float64) float64 {
	if len(order) == 0 || !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	below, before, prev := 0.0, math.Inf(-1), -1
	for _, i := range order {
		if w[i] == 0 {
			continue
		}
		mid := below + w[i]/2
		if p <= mid {
			if prev < 0 || x[prev] == x[i] {
				return x[i]
			}
			return x[prev] + (p-before)/(mid-before)*(x[i]-x[prev])
		}
		below, before, prev = below+w[i], mid, i
	}
	if prev < 0 {
		return math.NaN()
	}
	return x[prev]
}
