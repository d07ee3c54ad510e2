package regress

import (
	"math"
	"sort"

	"elbo/vi/diag"
)

// Corrected describes the posterior beyond the Gaussian family, by importance weights. Per reported parameter it holds
// mean, sd, and quantiles at the probabilities Φ(z) of the grid z = −correctedZ, …, correctedZ.
type Corrected struct {
	Mean      []float64   `json:"mean"`
	SD        []float64   `json:"sd"`
	Quantiles [][]float64 `json:"quantiles"`
}

// The best Gaussian in (coefficients, log sigma) of a few dozen rows has sds up to a tenth too small, as it cannot be
// wide where sigma is large. Weights mend that where they can be relied upon: k-hat below the threshold, many draws,
// and most of them effective.
const (
	correctedDraws = 4000 // fewer add visible noise
	correctedESS   = 0.2  // least share of effective draws
	correctedZ     = 4.0
	correctedStep  = 0.1
)

// correctable reports whether importance weights improve a summary.
func (f *Fit) correctable() bool {
	s := len(f.Ratios)
	return f.Problem.guide == "fullrank" && f.Weights != nil && s >= correctedDraws &&
		f.Weights.Trusted() && f.Weights.ESS >= correctedESS*float64(s)
}

// correct computes the correction from all draws k-hat used, ζ (S,D). The known moments and distribution function of
// the family serve as control variates: an expectation is the family's own plus Σ (w_s − 1/S) f(ζ_s), which has no
// noise where the weights are equal, that is where the family is right.
func correct(lay *layout, mean, cov, draws []float64, psis *diag.PSIS) *Corrected {
	d := lay.dim()
	s := len(psis.LogWeights)
	extra := make([]float64, s) // w_s − 1/S
	for i, lw := range psis.LogWeights {
		extra[i] = math.Exp(lw) - 1/float64(s)
	}
	user := make([]float64, len(draws))
	for i := range s {
		lay.user(draws[i*d:(i+1)*d], user[i*d:(i+1)*d])
	}
	family := summarise(lay, mean, cov, nil, 0.5)
	c := &Corrected{Mean: make([]float64, d), SD: make([]float64, d), Quantiles: make([][]float64, d)}
	x := make([]float64, s)
	for j := range d {
		for i := range x {
			x[i] = user[i*d+j]
		}
		q := family[j]
		first, second := 0.0, 0.0
		for i, v := range x {
			first += extra[i] * (v - q.Mean)
			second += extra[i] * (v - q.Mean) * (v - q.Mean)
		}
		variance := q.SD*q.SD + second - first*first
		if !(variance > 0) {
			return nil
		}
		c.Mean[j], c.SD[j] = q.Mean+first, math.Sqrt(variance)
		mu, v := moments(lay.functional(j), mean, cov)
		c.Quantiles[j] = correctedQuantiles(x, extra, func(x float64) float64 {
			if k := j - lay.k*lay.p; k >= 0 {
				x = math.Log(x - lay.lik.Shared[k].Lower)
			}
			return math.Erfc(-(x-mu)/math.Sqrt(2*v)) / 2
		})
	}
	return c
}

// correctedQuantiles inverts F(x) + Σ (w_s − 1/S) [x_s ≤ x] on the grid, F being the family's distribution function.
func correctedQuantiles(x, extra []float64, cdf func(float64) float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return x[order[a]] < x[order[b]] })
	n := gridSize()
	out := make([]float64, n)
	sum, below, last := 0.0, 0.0, x[order[0]]
	k := 0
	for _, i := range order {
		sum += extra[i]
		at := cdf(x[i]) + sum
		for k < n && at >= gridProbability(k) {
			out[k] = x[i]
			if at > below { // between the neighbouring draws
				share := (gridProbability(k) - below) / (at - below)
				out[k] = last + math.Max(0, math.Min(1, share))*(x[i]-last)
			}
			k++
		}
		below, last = at, x[i]
	}
	for ; k < n; k++ {
		out[k] = last
	}
	return out
}

func gridSize() int { return int(math.Round(2*correctedZ/correctedStep)) + 1 }

// gridProbability returns Φ(z_k).
func gridProbability(k int) float64 {
	return math.Erfc((correctedZ-float64(k)*correctedStep)/math.Sqrt2) / 2
}

// quantile interpolates quantile p of parameter j on the scale of z; beyond the grid it is the outermost.
func (c *Corrected) quantile(j int, p float64) float64 {
	q := c.Quantiles[j]
	at := (math.Sqrt2*math.Erfinv(2*p-1) + correctedZ) / correctedStep
	at = math.Max(0, math.Min(float64(len(q)-1), at))
	lo := min(int(at), len(q)-2)
	return q[lo] + (at-float64(lo))*(q[lo+1]-q[lo])
}

// apply replaces the family's numbers in a summary with intervals of the given mass.
func (c *Corrected) apply(rows []Parameter, prob float64) {
	for j := range rows {
		rows[j].Mean, rows[j].SD = c.Mean[j], c.SD[j]
		rows[j].Median, rows[j].Lower, rows[j].Upper = c.quantile(j, 0.5), c.quantile(j, (1-prob)/2), c.quantile(j, (1+prob)/2)
	}
}

// fits reports whether a correction read from a file has the sizes of d parameters.
func (c *Corrected) fits(d int) bool {
	if len(c.Mean) != d || len(c.SD) != d || len(c.Quantiles) != d || !finiteAll(c.Mean, c.SD) || !finiteAll(c.Quantiles...) {
		return false
	}
	for _, q := range c.Quantiles {
		if len(q) != gridSize() {
			return false
		}
	}
	return true
}
