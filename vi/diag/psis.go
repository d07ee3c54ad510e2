package diag

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// PSIS is the result of Pareto smoothed importance sampling (Vehtari, Simpson, Gelman, Yao
// & Gabry, JMLR 2024).
type PSIS struct {
	// K is k-hat, the shape of the generalised Pareto distribution fitted to the largest
	// weights: the 1/K-th moments of the weights exist. +Inf where fewer than five weights lie in
	// the tail, so that nothing can be said; 0 where all weights are equal up to rounding.
	K float64
	// Threshold is the largest K at which estimates from this many draws are trusted.
	Threshold float64
	// Tail is the number of weights the fit used.
	Tail int
	// LogWeights are the smoothed log weights, normalised so that the weights sum to 1.
	LogWeights []float64
	// LogMean is the log of the mean smoothed weight before normalising; for a full posterior it
	// estimates the log evidence.
	LogMean float64
	// ESS is 1/Σw², the effective number of draws under the smoothed weights.
	ESS float64
}

// minTail is the fewest tail weights a Pareto distribution is fitted to.
const minTail = 5

// Threshold returns min(1 − 1/log₁₀ S, 0.7): with k-hat below it, S draws suffice for
// estimates whose error a normal approximation describes.
func Threshold(draws int) float64 {
	if draws < 2 {
		return math.Inf(-1)
	}
	return math.Min(1-1/math.Log10(float64(draws)), 0.7)
}

// Trusted reports whether K is at most the threshold.
func (p *PSIS) Trusted() bool { return p.K <= p.Threshold }

// Smooth fits the tail of the log weights, one per draw, any additive constant, and replaces
// the min(S/5, 3√S) largest by the fit's expected order statistics, none above the largest raw weight.
// −Inf is a weight of zero. NaN, +Inf, no draws or nothing but zeros are errors: the caller's
// log densities are broken there. The input is not changed.
func Smooth(logWeights []float64) (*PSIS, error) {
	top, err := largest(logWeights)
	if err != nil {
		return nil, err
	}
	s := len(logWeights)
	p := &PSIS{K: math.Inf(1), Threshold: Threshold(s), LogWeights: make([]float64, s)}
	for i, w := range logWeights {
		p.LogWeights[i] = w - top
	}
	if slices.Min(logWeights) >= top-64*0x1p-52*math.Max(1, math.Abs(top)) {
		p.K = 0
	} else {
		p.smoothTail()
	}
	p.normalise(top)
	return p, nil
}

func largest(logWeights []float64) (float64, error) {
	top := math.Inf(-1)
	for i, w := range logWeights {
		if math.IsNaN(w) || math.IsInf(w, 1) {
			return 0, fmt.Errorf("diag: log weight of draw %d is %g; check the log densities at that draw", i, w)
		}
		top = math.Max(top, w)
	}
	if math.IsInf(top, -1) {
		return 0, fmt.Errorf("diag: none of %d draws has a positive weight", len(logWeights))
	}
	return top, nil
}

// smoothTail works on log weights whose largest is 0.
func (p *PSIS) smoothTail() {
	lw := p.LogWeights
	order := make([]int, len(lw))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return lw[order[a]] < lw[order[b]] })

	// The tail is what exceeds the largest weight left outside it; ties with it stay outside.
	s := float64(len(lw))
	size := int(math.Ceil(math.Min(s/5, 3*math.Sqrt(s))))
	cut := lw[order[max(len(lw)-size-1, 0)]]
	cut = math.Max(cut, math.Log(0x1p-1022))
	first := sort.Search(len(order), func(i int) bool { return lw[order[i]] > cut })
	tail := order[first:]
	if p.Tail = len(tail); p.Tail < minTail {
		return
	}

	// Excesses over the cut, by expm1 so that none rounds to 0.
	excess := make([]float64, len(tail))
	for i, at := range tail {
		excess[i] = math.Exp(cut) * math.Expm1(lw[at]-cut)
	}
	fit := fitPareto(excess)
	p.K = fit.k
	if math.IsNaN(fit.k) || math.IsInf(fit.k, 0) || !(fit.sigma > 0) {
		return
	}
	for i, at := range tail {
		q := fit.quantile((float64(i) + 0.5) / float64(len(tail)))
		lw[at] = math.Min(math.Log(q+math.Exp(cut)), 0)
	}
}

// normalise turns log weights whose largest is near 0 into logs of numbers that sum to 1.
func (p *PSIS) normalise(top float64) {
	sum := 0.0
	for _, w := range p.LogWeights {
		sum += math.Exp(w)
	}
	shift, squares := math.Log(sum), 0.0
	for i := range p.LogWeights {
		p.LogWeights[i] -= shift
		squares += math.Exp(2 * p.LogWeights[i])
	}
	p.ESS = 1 / squares
	p.LogMean = top + shift - math.Log(float64(len(p.LogWeights)))
}

// Resample returns n draw numbers chosen with the smoothed weights by systematic resampling:
// draw s appears ⌊n w_s⌋ or ⌈n w_s⌉ times. start in [0, 1) is the common offset of the grid.
func (p *PSIS) Resample(n int, start float64) []int {
	out := make([]int, 0, n)
	sum, last := 0.0, 0
	for s, w := range p.LogWeights {
		sum += math.Exp(w)
		if w > math.Inf(-1) {
			last = s
		}
		for len(out) < n && (float64(len(out))+start)/float64(n) < sum {
			out = append(out, s)
		}
	}
	// Rounding may leave the sum a little below 1.
	for len(out) < n {
		out = append(out, last)
	}
	return out
}
