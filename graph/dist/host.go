package dist

import (
	"fmt"
	"math"
	"sort"
)

// hostDensity is one distribution over numbers as float64 code.
type hostDensity struct {
	params []string
	logPDF func(x float64, p []float64) float64
}

// hostDensities names distributions as formulas and summaries do. Counts take the same
// parameters as the graph's constructors.
var hostDensities = map[string]hostDensity{
	"normal": {[]string{"mu", "sigma"}, func(x float64, p []float64) float64 {
		z := (x - p[0]) / p[1]
		return -z*z/2 - math.Log(p[1]) - log2Pi/2
	}},
	"student_t": {[]string{"nu", "mu", "sigma"}, func(x float64, p []float64) float64 {
		return hostStudent((x-p[1])/p[2], p[0]) - math.Log(p[2])
	}},
	"cauchy": {[]string{"mu", "sigma"}, func(x float64, p []float64) float64 {
		z := (x - p[0]) / p[1]
		return -math.Log1p(z*z) - math.Log(p[1]) - logPi
	}},
	"half_normal": {[]string{"sigma"}, func(x float64, p []float64) float64 {
		z := x / p[0]
		return where(x >= 0, -z*z/2-math.Log(p[0])-log2Pi/2+math.Ln2)
	}},
	"half_student_t": {[]string{"nu", "sigma"}, func(x float64, p []float64) float64 {
		return where(x >= 0, hostStudent(x/p[1], p[0])-math.Log(p[1])+math.Ln2)
	}},
	"half_cauchy": {[]string{"sigma"}, func(x float64, p []float64) float64 {
		z := x / p[0]
		return where(x >= 0, -math.Log1p(z*z)-math.Log(p[0])-logPi+math.Ln2)
	}},
	"exponential": {[]string{"rate"}, func(x float64, p []float64) float64 {
		return where(x >= 0, math.Log(p[0])-p[0]*x)
	}},
	"gamma": {[]string{"alpha", "beta"}, func(x float64, p []float64) float64 {
		return where(x >= 0, p[0]*math.Log(p[1])-lgamma(p[0])+hostXlogy(p[0]-1, x)-p[1]*x)
	}},
	"inverse_gamma": {[]string{"alpha", "beta"}, func(x float64, p []float64) float64 {
		return where(x > 0, p[0]*math.Log(p[1])-lgamma(p[0])-(p[0]+1)*math.Log(x)-p[1]/x)
	}},
	"beta": {[]string{"alpha", "beta"}, func(x float64, p []float64) float64 {
		b := lgamma(p[0]) + lgamma(p[1]) - lgamma(p[0]+p[1])
		return where(x >= 0 && x <= 1, hostXlogy(p[0]-1, x)+hostXlogy(p[1]-1, 1-x)-b)
	}},
	"lognormal": {[]string{"mu", "sigma"}, func(x float64, p []float64) float64 {
		z := (math.Log(x) - p[0]) / p[1]
		return where(x > 0, -z*z/2-math.Log(p[1])-log2Pi/2-math.Log(x))
	}},
	"laplace": {[]string{"mu", "b"}, func(x float64, p []float64) float64 {
		return -math.Abs(x-p[0])/p[1] - math.Log(2*p[1])
	}},
	"uniform": {[]string{"lo", "hi"}, func(x float64, p []float64) float64 {
		return where(x >= p[0] && x <= p[1], -math.Log(p[1]-p[0]))
	}},
	"bernoulli": {[]string{"logits"}, func(x float64, p []float64) float64 {
		return where(x == 0 || x == 1, x*p[0]-hostSoftplus(p[0]))
	}},
	"binomial": {[]string{"n", "logits"}, func(x float64, p []float64) float64 {
		choose := lgamma(p[0]+1) - lgamma(x+1) - lgamma(p[0]-x+1)
		return where(count(x) && x <= p[0], choose+x*p[1]-p[0]*hostSoftplus(p[1]))
	}},
	"poisson": {[]string{"log_rate"}, func(x float64, p []float64) float64 {
		return where(count(x), x*p[0]-math.Exp(p[0])-lgamma(x+1))
	}},
	"neg_binomial": {[]string{"log_mean", "phi"}, func(x float64, p []float64) float64 {
		shrink := hostSoftplus(p[0] - math.Log(p[1]))
		return where(count(x), hostRise(p[1], x)-lgamma(x+1)+x*p[0]-(x+p[1])*shrink)
	}},
}

// LogPDF returns the log density or mass in nats of the named distribution at x, evaluated
// on the host; −Inf outside the support. HostParams lists the parameters it takes, in order.
func LogPDF(name string, x float64, params ...float64) (float64, error) {
	d, ok := hostDensities[name]
	if !ok {
		return math.NaN(), fmt.Errorf("dist: no distribution named %q; known: %v", name, HostNames())
	}
	if len(params) != len(d.params) {
		return math.NaN(), fmt.Errorf("dist: %s takes parameters %v, got %d numbers", name, d.params, len(params))
	}
	return d.logPDF(x, params), nil
}

// HostNames returns the names LogPDF knows, sorted.
func HostNames() []string {
	var names []string
	for n := range hostDensities {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// HostParams returns the parameter names of a distribution LogPDF knows, or nil.
func HostParams(name string) []string { return append([]string(nil), hostDensities[name].params...) }
