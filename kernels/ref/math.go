package ref

import "math"

// Scalar functions of the op table that package math lacks. All keep NaN and have their
// limits at ±Inf.

const (
	sqrt2      = math.Sqrt2
	sqrt2Pi    = 2.50662827463100050241576528481104525301
	logSqrt2Pi = 0.91893853320467274178032973640561763986
)

// logOf returns log x. Subnormal numbers are scaled first: math.Log of go1.26 takes their
// exponent for -1023 on amd64.
func logOf(x float64) float64 {
	const smallestNormal = 0x1p-1022
	if x > 0 && x < smallestNormal {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

// sign returns -1, 0 or 1; zeros and NaN are returned as they are.
func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

// isFinite returns 0 for NaN and infinities, else 1.
func isFinite(x float64) float64 {
	if x-x == 0 {
		return 1
	}
	return 0
}

// sigmoid returns 1/(1 + e^-x); the exponent is never positive, so neither tail loses digits.
func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

// softplus returns log(1 + e^x) = max(x, 0) + log1p(e^-|x|).
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// logSigmoid returns log sigmoid(x) = -softplus(-x).
func logSigmoid(x float64) float64 { return min(x, 0) - math.Log1p(math.Exp(-math.Abs(x))) }

// normCDF returns Φ(x) = erfc(-x/√2)/2.
func normCDF(x float64) float64 { return 0.5 * math.Erfc(-x/sqrt2) }

// logNormCDF returns log Φ(x): by erfc in the middle, by Mills' ratio below -5.
func logNormCDF(x float64) float64 {
	switch {
	case x > 0:
		return math.Log1p(-0.5 * math.Erfc(x/sqrt2))
	case x > -5:
		return math.Log(normCDF(x))
	case math.IsInf(x, -1):
		return x
	}
	return -0.5*x*x - logSqrt2Pi + math.Log(mills(-x))
}

// mills returns Mills' ratio (1 - Φ(x))/φ(x) for x ≥ 2 by Laplace's continued fraction
// 1/(x + 1/(x + 2/(x + 3/(x + …)))), evaluated from the inside; 100 terms give full precision there.
func mills(x float64) float64 {
	t := x
	for k := 100; k > 0; k-- {
		t = x + float64(k)/t
	}
	return 1 / t
}

// normInv returns Φ⁻¹(p). The middle inverts erf; the tails solve log Φ(x) = log p by Newton's
// method from the leading term of the tail, whose slope is 1/mills.
func normInv(p float64) float64 {
	switch {
	case p != p || p < 0 || p > 1:
		return math.NaN()
	case p == 0:
		return math.Inf(-1)
	case p > 0.5:
		return -normInv(1 - p)
	case p > 0.02:
		return sqrt2 * math.Erfinv(2*p-1)
	}
	logp := logOf(p)
	x := math.Sqrt(-2 * (logp + logSqrt2Pi + 0.5*math.Log(-2*logp)))
	for range 8 {
		m := mills(x)
		d := (-0.5*x*x - logSqrt2Pi + math.Log(m) - logp) * m
		x += d
		if math.Abs(d) < 1e-15*x {
			break
		}
	}
	return -x
}
