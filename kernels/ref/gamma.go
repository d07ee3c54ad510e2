package ref

import "math"

// The gamma function's logarithm and its derivatives: recurrence upward to 16, then Stirling's
// asymptotic series; reflection below zero. Poles give +Inf (lgamma) or NaN.

// asymptoticFrom is where eight Bernoulli terms reach 1e-17 relative.
const asymptoticFrom = 16

// lgamma returns log |Γ(x)|.
func lgamma(x float64) float64 {
	if math.IsInf(x, 0) {
		return math.Inf(1)
	}
	if math.Abs(x) < 1e-300 {
		return -logOf(math.Abs(x)) // Γ(x) = 1/x to the last digit; math.Lgamma misses subnormals
	}
	y, _ := math.Lgamma(x)
	return y
}

// bernoulli holds B_2, B_4, … B_16.
var bernoulli = [...]float64{1. / 6, -1. / 30, 1. / 42, -1. / 30, 5. / 66, -691. / 2730, 7. / 6, -3617. / 510}

// asymptotic returns Σ c(k) B_2k / x^2k, smallest terms first.
func asymptotic(x float64, c func(k float64) float64) float64 {
	z, sum := 1/(x*x), 0.0
	for k := len(bernoulli); k > 0; k-- {
		sum = (sum + c(float64(2*k))*bernoulli[k-1]) * z
	}
	return sum
}

// pole reports whether x is zero or a negative integer.
func pole(x float64) bool { return x <= 0 && x == math.Floor(x) }

// digamma returns ψ(x) = Γ'(x)/Γ(x).
func digamma(x float64) float64 {
	switch {
	case math.IsInf(x, 1):
		return x
	case pole(x) || x != x:
		return math.NaN()
	case x < 0:
		return digamma(1-x) - math.Pi/tanPi(x)
	}
	shift := 0.0
	for ; x < asymptoticFrom; x++ {
		shift += 1 / x
	}
	// ψ(x) ~ log x - 1/2x - Σ B_2k/(2k x^2k)
	return math.Log(x) - 0.5/x - asymptotic(x, func(n float64) float64 { return 1 / n }) - shift
}

// trigamma returns ψ'(x).
func trigamma(x float64) float64 {
	switch {
	case math.IsInf(x, 1):
		return 0
	case pole(x) || x != x:
		return math.NaN()
	case x < 0:
		s := math.Pi / sinPi(x)
		return s*s - trigamma(1-x)
	}
	shift := 0.0
	for ; x < asymptoticFrom; x++ {
		shift += 1 / (x * x)
	}
	// ψ'(x) ~ 1/x + 1/2x² + (1/x) Σ B_2k/x^2k
	return shift + (1+0.5/x+asymptotic(x, func(float64) float64 { return 1 }))/x
}

// tetragamma returns ψ”(x).
func tetragamma(x float64) float64 {
	switch {
	case math.IsInf(x, 1):
		return 0
	case pole(x) || x != x:
		return math.NaN()
	case x < 0:
		s := math.Pi / sinPi(x)
		return tetragamma(1-x) - 2*math.Pi*s*s/tanPi(x)
	}
	shift := 0.0
	for ; x < asymptoticFrom; x++ {
		shift += 2 / (x * x * x)
	}
	// ψ''(x) ~ -(1/x²) (1 + 1/x + Σ (2k+1) B_2k/x^2k)
	return -shift - (1+1/x+asymptotic(x, func(n float64) float64 { return n + 1 }))/(x*x)
}

// sinPi and tanPi return sin πx and tan πx, reduced to one period first.
func sinPi(x float64) float64 { return math.Sin(math.Pi * math.Mod(x, 2)) }
func tanPi(x float64) float64 { return math.Tan(math.Pi * math.Mod(x, 1)) }
