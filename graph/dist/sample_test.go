package dist

import (
	"math"
	"sort"
	"testing"

	"gonum.org/v1/gonum/mathext"

	"elbo/graph"
	"elbo/kernels"
)

// cdfs holds distribution functions written from gonum's special functions, which share no
// code with the samplers.
var cdfs = map[string]func(x float64, p []float64) float64{
	"normal":        func(x float64, p []float64) float64 { return phi((x - p[0]) / p[1]) },
	"student_t":     func(x float64, p []float64) float64 { return studentCDF((x-p[1])/p[2], p[0]) },
	"cauchy":        func(x float64, p []float64) float64 { return 0.5 + math.Atan((x-p[0])/p[1])/math.Pi },
	"half_normal":   func(x float64, p []float64) float64 { return math.Erf(x / p[0] / math.Sqrt2) },
	"half_cauchy":   func(x float64, p []float64) float64 { return 2 * math.Atan(x/p[0]) / math.Pi },
	"exponential":   func(x float64, p []float64) float64 { return -math.Expm1(-x * p[0]) },
	"gamma":         func(x float64, p []float64) float64 { return mathext.GammaIncReg(p[0], x*p[1]) },
	"inverse_gamma": func(x float64, p []float64) float64 { return mathext.GammaIncRegComp(p[0], p[1]/x) },
	"beta":          func(x float64, p []float64) float64 { return mathext.RegIncBeta(p[0], p[1], x) },
	"lognormal":     func(x float64, p []float64) float64 { return phi((math.Log(x) - p[0]) / p[1]) },
	"uniform":       func(x float64, p []float64) float64 { return (x - p[0]) / (p[1] - p[0]) },
	"half_student_t": func(x float64, p []float64) float64 {
		return 2*studentCDF(x/p[1], p[0]) - 1
	},
	"laplace": func(x float64, p []float64) float64 {
		z := (x - p[0]) / p[1]
		if z < 0 {
			return math.Exp(z) / 2
		}
		return 1 - math.Exp(-z)/2
	},
}

func phi(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

func studentCDF(z, nu float64) float64 {
	tail := mathext.RegIncBeta(nu/2, 0.5, nu/(nu+z*z)) / 2
	if z < 0 {
		return tail
	}
	return 1 - tail
}

// draws returns n draws of a family, one parameter set.
func draws(t *testing.T, f family, dt kernels.DType, seed uint64, n int) []float64 {
	return fast(t, dt, seed, columns(f.params...), func(g *graph.Graph, p nodes) nodes {
		return nodes{Expand(f.make(g, p), n).(Sampler).Sample(g, "x")}
	})[0]
}

// ksLimit is the Kolmogorov–Smirnov distance that n draws exceed with probability 10⁻⁴.
func ksLimit(n int) float64 { return math.Sqrt(-0.5*math.Log(1e-4/2)) / math.Sqrt(float64(n)) }

func ksDistance(x []float64, cdf func(float64) float64) float64 {
	x = append([]float64(nil), x...)
	sort.Float64s(x)
	worst := 0.0
	for i, v := range x {
		c, n := cdf(v), float64(len(x))
		if math.IsNaN(c) {
			return math.NaN()
		}
		worst = math.Max(worst, math.Max(c-float64(i)/n, float64(i+1)/n-c))
	}
	return worst
}

func TestContinuousSamplersMatchTheirCDF(t *testing.T) {
	rows := []golden{{name: "uniform", params: []float64{-1, 2}},
		{name: "gamma", params: []float64{0.1, 2}}, {name: "gamma", params: []float64{1, 1}},
		{name: "gamma", params: []float64{1000, 10}}, {name: "beta", params: []float64{0.3, 0.2}},
		{name: "beta", params: []float64{40, 9}}, {name: "student_t", params: []float64{0.8, 1, 2}}}
	extra := len(rows)
	for _, f := range families {
		if cdfs[f.name] != nil {
			rows = append(rows, golden{name: f.name, params: f.params})
		}
	}
	for i, r := range rows {
		n := 100000
		if i < extra || testing.Short() {
			n = 20000
		}
		f := lookup(t, r.name, r.params)
		f.params = r.params
		x := draws(t, f, kernels.F64, 20240, n)
		d := ksDistance(x, func(v float64) float64 { return cdfs[r.name](v, r.params) })
		if !(d < ksLimit(n)) {
			t.Errorf("%s%v: KS distance %.5f over %d draws, limit %.5f", r.name, r.params, d, n, ksLimit(n))
		}
	}
}

func TestFloat32SamplersMatchTheirCDF(t *testing.T) {
	const n = 10000
	for _, f := range families {
		if cdfs[f.name] == nil {
			continue
		}
		x := draws(t, f, kernels.F32, 77, n)
		if d := ksDistance(x, func(v float64) float64 { return cdfs[f.name](v, f.params) }); !(d < ksLimit(n)) {
			t.Errorf("%s: KS distance %.5f over %d draws, limit %.5f", f.name, d, n, ksLimit(n))
		}
	}
}

// chiSquare returns the probability of a worse fit of counts to the mass function, cells
// pooled until each expects at least 10.
func chiSquare(x []float64, logMass func(k float64) float64, most int) float64 {
	seen := map[float64]int{}
	for _, v := range x {
		seen[v]++
	}
	n, stat, cells := float64(len(x)), 0.0, -1
	expect, got := 0.0, 0
	left, leftSeen := n, len(x)
	for k := 0; k <= most; k++ {
		expect += n * math.Exp(logMass(float64(k)))
		got += seen[float64(k)]
		if expect >= 10 && left-expect >= 10 {
			stat += (float64(got) - expect) * (float64(got) - expect) / expect
			cells++
			left -= expect
			leftSeen -= got
			expect, got = 0, 0
		}
	}
	stat += (float64(leftSeen) - left) * (float64(leftSeen) - left) / left
	cells++
	return mathext.GammaIncRegComp(float64(cells)/2, stat/2)
}

func TestCountSamplersMatchTheirMass(t *testing.T) {
	rows := []golden{
		{name: "bernoulli", params: []float64{-0.6}}, {name: "bernoulli", params: []float64{3}},
		{name: "binomial", params: []float64{12, 0.5}}, {name: "binomial", params: []float64{300, -3}},
		{name: "binomial", params: []float64{200, 0.4}}, {name: "binomial", params: []float64{70, -0.1}},
		{name: "poisson", params: []float64{-1}}, {name: "poisson", params: []float64{3.4}},
		{name: "poisson", params: []float64{3.5}}, {name: "poisson", params: []float64{6}},
		{name: "neg_binomial", params: []float64{1.1, 2.5}}, {name: "neg_binomial", params: []float64{4.5, 0.7}},
	}
	const n = 10000
	for _, r := range rows {
		for _, dt := range []kernels.DType{kernels.F64, kernels.F32} {
			f := lookup(t, r.name, r.params)
			f.params = r.params
			x := draws(t, f, dt, 5, n)
			for _, v := range x {
				if !count(v) {
					t.Fatalf("%s%v drew %g", r.name, r.params, v)
				}
			}
			p := chiSquare(x, func(k float64) float64 {
				lp, err := LogPDF(r.name, k, r.params...)
				if err != nil {
					t.Fatal(err)
				}
				return lp
			}, 3000)
			if !(p > 1e-4) {
				t.Errorf("%v %s%v: chi-square p = %.2g over %d draws", dt, r.name, r.params, p, n)
			}
		}
	}
}

// TestCountSamplersScale tries rates and trials too large for tables by their moments.
func TestCountSamplersScale(t *testing.T) {
	for _, r := range []golden{{name: "poisson", params: []float64{15}}, {name: "binomial", params: []float64{1e7, -2}},
		{name: "binomial", params: []float64{1e6, 8}}} {
		f := lookup(t, r.name, r.params)
		f.params = r.params
		const n = 5000
		x := draws(t, f, kernels.F64, 9, n)
		checkMoments(t, f, x)
	}
}

// checkMoments compares mean and variance of draws with the closed forms at z < 4.5.
func checkMoments(t *testing.T, f family, x []float64) {
	t.Helper()
	m := run(t, kernels.F64, 1, columns(f.params...), func(g *graph.Graph, p nodes) nodes {
		d := f.make(g, p).(Moments)
		return nodes{d.Mean(), d.Variance()}
	})
	mean, se := meanSE(x)
	if z := (mean - m[0][0]) / se; !(math.Abs(z) < 4.5) {
		t.Errorf("%s%v: mean %g, closed form %g, z = %.1f", f.name, f.params, mean, m[0][0], z)
	}
	sq := make([]float64, len(x))
	for i, v := range x {
		sq[i] = (v - m[0][0]) * (v - m[0][0])
	}
	variance, se := meanSE(sq)
	if z := (variance - m[1][0]) / se; !(math.Abs(z) < 4.5) {
		t.Errorf("%s%v: variance %g, closed form %g, z = %.1f", f.name, f.params, variance, m[1][0], z)
	}
}

func TestMomentsMatchDraws(t *testing.T) {
	for _, f := range families {
		if _, ok := momentsOf(t, f); ok {
			checkMoments(t, f, draws(t, f, kernels.F64, 13, 10000))
		}
	}
	u := uniformFamily(-1, 2)
	checkMoments(t, u, draws(t, u, kernels.F64, 13, 20000))
}

func momentsOf(t *testing.T, f family) (m Moments, ok bool) {
	run(t, kernels.F64, 1, columns(f.params...), func(g *graph.Graph, p nodes) nodes {
		m, ok = f.make(g, p).(Moments)
		return p
	})
	return m, ok
}

func TestMomentsThatDoNotExist(t *testing.T) {
	out := run(t, kernels.F64, 1, columns(1, 2, 0.5), func(g *graph.Graph, p nodes) nodes {
		t1, t2 := StudentT(p[0], p[2], p[2]), StudentT(p[1], p[2], p[2])
		h, ig := HalfStudentT(p[0], p[2]), InverseGamma(p[1], p[2])
		return nodes{t1.Mean(), t1.Variance(), t2.Variance(), h.Mean(), ig.Variance(), InverseGamma(p[0], p[2]).Mean()}
	})
	for i, want := range []float64{math.NaN(), math.NaN(), math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1)} {
		if got := out[i][0]; got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("moment %d = %g, want %g", i, got, want)
		}
	}
}

func TestStepsAndSitesDraw(t *testing.T) {
	f := lookup(t, "gamma", nil)
	a, b := draws(t, f, kernels.F64, 1, 64), draws(t, f, kernels.F64, 2, 64)
	if a[0] == b[0] || a[0] == a[1] {
		t.Error("draws repeat across seeds or elements")
	}
}
