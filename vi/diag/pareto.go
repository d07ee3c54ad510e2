package diag

import "math"

// pareto is a generalised Pareto distribution of excesses x ≥ 0 with shape k and scale sigma:
// P(X > x) = (1 + k x/σ)^(−1/k).
type pareto struct{ k, sigma float64 }

// fitPareto estimates the distribution of sorted positive excesses by Zhang & Stephens (2009):
// the profile likelihood of b = −k/σ is averaged over a quasi-prior grid of 30 + √n points, whose
// scale is the lower quartile, and k at the mean b is drawn towards ½ with the weight of ten
// observations (Vehtari et al. 2024, appendix C).
func fitPareto(x []float64) pareto {
	n := len(x)
	points := 30 + int(math.Sqrt(float64(n)))
	quartile, top := x[int(float64(n)/4+0.5)-1], x[n-1]

	b, logLik := make([]float64, points), make([]float64, points)
	best := math.Inf(-1)
	for j := range b {
		b[j] = 1/top + (1-math.Sqrt(float64(points)/(float64(j)+0.5)))/(3*quartile)
		k := shapeAt(b[j], x)
		logLik[j] = float64(n) * (math.Log(-b[j]/k) - k - 1)
		best = math.Max(best, logLik[j])
	}
	total := 0.0
	for j := range logLik {
		logLik[j] = math.Exp(logLik[j] - best)
		total += logLik[j]
	}

	mean := 0.0
	for j, w := range logLik {
		mean += w / total * b[j]
	}
	k := shapeAt(mean, x)
	return pareto{k: (float64(n)*k + 10*0.5) / float64(n+10), sigma: -k / mean}
}

// shapeAt returns the shape that maximises the likelihood at b: the mean of log(1 − b x).
func shapeAt(b float64, x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += math.Log1p(-b * v)
	}
	return sum / float64(len(x))
}

// quantile returns the value below which a share u in (0, 1) lies.
func (p pareto) quantile(u float64) float64 {
	if math.Abs(p.k) < 0x1p-52 {
		return -p.sigma * math.Log1p(-u)
	}
	return p.sigma * math.Expm1(-p.k*math.Log1p(-u)) / p.k
}
