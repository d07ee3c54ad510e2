package ref

import "math"

// gammaTerms bounds the terms of a series; shapes up to 1e8 stay below it.
const gammaTerms = 200000

// gammaGrad returns dx/da of a Gamma(a,1) quantile x at fixed probability, the implicit
// reparameterisation gradient (Figurnov, Mohamed and Mnih 2018):
//
//	dx/da = -(∂P(a,x)/∂a) / p(x;a),   p(x;a) = x^(a-1) e^-x / Γ(a).
//
// Below x = a+1 the power series of P is differentiated term by term, above the continued
// fraction of Q = 1-P. Relative error 1e-9; x = 0 gives 0, arguments outside (0,∞) NaN.
func gammaGrad(a, x float64) float64 {
	switch {
	case !(a > 0) || !(x >= 0) || math.IsInf(a, 1) || math.IsInf(x, 1):
		return math.NaN()
	case x == 0:
		return 0
	case x < a+1:
		return gammaGradSeries(a, x)
	}
	return gammaGradFraction(a, x)
}

// gammaGradSeries: P/p = Σ t_n with t_n = x^(n+1)/(a(a+1)…(a+n)), so that
// dx/da = Σ t_n (ψ(a+n+1) - log x).
func gammaGradSeries(a, x float64) float64 {
	t := x / a
	gap := digamma(a+1) - math.Log(x)
	sum := t * gap
	for n := 1.0; n < gammaTerms; n++ {
		t *= x / (a + n)
		gap += 1 / (a + n)
		sum += t * gap
		if t*math.Abs(gap) < 1e-17*math.Abs(sum) && gap > 0 {
			break
		}
	}
	return sum
}

// gammaGradFraction: Q/p = x h with h the continued fraction
// 1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - …))), so that
// dx/da = x (h (log x - ψ(a)) + ∂h/∂a). Lentz's method carries the derivatives dh = h'/h, dc, dd in a.
func gammaGradFraction(a, x float64) float64 {
	b := x + 1 - a
	c, dc := math.Inf(1), 0.0
	d := 1 / b
	dd := d * d
	h, dh := d, d
	for i := 1.0; i < gammaTerms; i++ {
		num := -i * (i - a)
		b += 2
		if i == 1 { // c is infinite: its first finite value is b
			c, dc = b, -1
		} else {
			c, dc = b+num/c, -1+i/c-num*dc/(c*c)
		}
		den := num*d + b
		dden := i*d + num*dd - 1
		d = 1 / den
		dd = -d * d * dden
		ratio := c * d
		h *= ratio
		change := dc/c + dd/d
		dh += change
		if math.Abs(ratio-1) < 1e-15 && math.Abs(change) < 1e-15*math.Abs(dh) && i > 2 {
			break
		}
	}
	return x * h * (math.Log(x) - digamma(a) + dh)
}
