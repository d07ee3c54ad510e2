package diag

import "math"

// SplitRhat returns the potential scale reduction of sequences, each cut into a first and a
// last half (a middle element of an odd length is dropped): √((B/W + n − 1)/n) with B the
// variance between and W within halves of length n (Gelman et al. 2013, §11.4). Near 1 the
// sequences are stationary. NaN for fewer than four elements or values that are not finite;
// 1 for sequences that never move, +Inf where only the halves differ.
func SplitRhat(chains ...[]float64) float64 {
	halves, ok := split(chains)
	if !ok {
		return math.NaN()
	}
	n := float64(len(halves[0]))
	means := make([]float64, len(halves))
	within := 0.0
	for i, h := range halves {
		var v float64
		means[i], v = meanVar(h)
		within += v / float64(len(halves))
	}
	_, between := meanVar(means)
	if between == 0 && within == 0 {
		return 1
	}
	return math.Sqrt((n*between/within + n - 1) / n)
}

// ESS returns the effective number of independent values behind the mean of sequences,
// from their halves' autocorrelations summed by Geyer's (1992) initial monotone sequence. Sequences
// that never move count fully. NaN for fewer than four elements or values that are not finite.
func ESS(chains ...[]float64) float64 {
	halves, ok := split(chains)
	if !ok {
		return math.NaN()
	}
	n, m := len(halves[0]), len(halves)
	total := float64(n * m)
	cov := centre(halves)
	within := cov.at(0) * float64(n) / float64(n-1)
	spread := within * float64(n-1) / float64(n)
	if m > 1 {
		_, v := meanVar(cov.means)
		spread += v
	}
	if spread < 1e-300 {
		return total
	}
	rho := func(t int) float64 {
		if t == 0 {
			return 1
		}
		return 1 - (within-cov.at(t))/spread
	}
	tau := math.Max(geyer(rho, n), 1/math.Log10(total))
	return total / tau
}

// MCSE returns the Monte Carlo standard error of the mean of sequences, sd/√ESS.
func MCSE(chains ...[]float64) float64 {
	var all []float64
	for _, c := range chains {
		all = append(all, c...)
	}
	_, v := meanVar(all)
	return math.Sqrt(v / ESS(chains...))
}

// geyer returns the autocorrelation time −1 + 2Σρ. Neighbouring lags are summed in pairs as
// long as the pairs are positive, each pair no larger than the one before; of the last pair
// looked at only a positive even lag counts, once.
func geyer(rho func(t int) float64, n int) float64 {
	even := rho(0)
	pair, sum, before := even+rho(1), 0.0, math.Inf(1)
	t := 1
	for t < n-3 && pair > 0 {
		before = math.Min(before, pair)
		sum += before
		even = rho(t + 1)
		pair = even + rho(t+2)
		t += 2
	}
	return -1 + 2*sum + math.Max(even, 0)
}

// split cuts every sequence in halves and reports whether they can be judged.
func split(chains [][]float64) (halves [][]float64, ok bool) {
	if len(chains) == 0 {
		return nil, false
	}
	for _, c := range chains {
		if len(c) < 4 || len(c) != len(chains[0]) {
			return nil, false
		}
		for _, v := range c {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, false
			}
		}
		half := len(c) / 2
		halves = append(halves, c[:half], c[len(c)-half:])
	}
	return halves, true
}

// covariance gives autocovariances of centred sequences, averaged over them, lag by lag.
type covariance struct {
	centred [][]float64
	means   []float64
}

func centre(chains [][]float64) covariance {
	c := covariance{means: make([]float64, len(chains))}
	for i, x := range chains {
		c.means[i], _ = meanVar(x)
		d := make([]float64, len(x))
		for j, v := range x {
			d[j] = v - c.means[i]
		}
		c.centred = append(c.centred, d)
	}
	return c
}

func (c covariance) at(lag int) float64 {
	sum := 0.0
	for _, d := range c.centred {
		s := 0.0
		for j := lag; j < len(d); j++ {
			s += d[j] * d[j-lag]
		}
		sum += s / float64(len(d))
	}
	return sum / float64(len(c.centred))
}

// meanVar returns the mean and the variance with divisor n−1, in two passes.
func meanVar(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	rest := 0.0
	for _, v := range x {
		variance += (v - mean) * (v - mean)
		rest += v - mean
	}
	n := float64(len(x))
	return mean, (variance - rest*rest/n) / (n - 1)
}
