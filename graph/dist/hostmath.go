package dist

import "math"

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// where returns lp, or −Inf outside the support.
func where(inside bool, lp float64) float64 {
	if !inside {
		return math.Inf(-1)
	}
	return lp
}

func count(x float64) bool { return x >= 0 && x == math.Floor(x) }

func hostXlogy(a, x float64) float64 {
	if a == 0 {
		return 0
	}
	return a * math.Log(x)
}

func hostSoftplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// hostStudent is the log density of the standard t; see lgammaHalf for the series.
func hostStudent(z, nu float64) float64 {
	h := nu / 2
	c := lgamma(h+0.5) - lgamma(h) - 0.5*math.Log(h)
	if h > large {
		r := 1 / h
		r2 := r * r
		c = r * (-1./8 + r2*(1./192+r2*(-1./640+r2*(17./14336-r2*31./18432))))
	}
	return c - log2Pi/2 - (h+0.5)*math.Log1p(z*z/nu)
}

// hostRise is log Γ(a+y) − log Γ(a) − y log a; see lgammaRise.
func hostRise(a, y float64) float64 {
	if a <= large {
		return lgamma(a+y) - lgamma(a) - y*math.Log(a)
	}
	return (a+y-0.5)*math.Log1p(y/a) - y + hostStirling(a+y) - hostStirling(a)
}

func hostStirling(z float64) float64 {
	r := 1 / z
	r2 := r * r
	return r * (1./12 + r2*(-1./360+r2*(1./1260-r2/1680)))
}
