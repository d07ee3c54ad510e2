package regress

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"elbo/data/formula"
	"elbo/vi/train"
)

// TestResponsesOutsideTheSupport puts one bad response on line 6 of the file; the message names line and value.
func TestResponsesOutsideTheSupport(t *testing.T) {
	for _, c := range []struct{ family, formula, good, bad string }{
		{"bernoulli", "y ~ x", "1,0", "2,0"},
		{"bernoulli(probit)", "y ~ x", "0,0", "0.5,0"},
		{"poisson", "y ~ x", "3,0", "-1,0"},
		{"poisson", "y ~ x", "3,0", "2.5,0"},
		{"negbinomial", "y ~ x", "3,0", "-2,0"},
		{"gamma", "y ~ x", "0.1,0", "0,0"},
		{"beta", "y ~ x", "0.1,0", "1,0"},
		{"beta", "y ~ x", "0.1,0", "0,0"},
		{"binomial", "y | trials(n) ~ x", "3,7", "8,7"},
		{"binomial", "y | trials(n) ~ x", "3,7", "3,6.5"},
		{"gaussian", "y | weights(n) ~ x", "3,1", "3,-1"},
		{"gaussian", "y ~ x + offset(log(n))", "3,1", "3,0"},
		{"gaussian", "y ~ x", "3,1", "inf,1"},
	} {
		text := "y,n,x\n"
		for i := range 9 {
			line := c.good
			if i == 4 {
				line = c.bad
			}
			text += fmt.Sprintf("%s,%d\n", line, i*i%5)
		}
		_, err := Prepare(csvTable(t, text), Options{Formula: c.formula, Family: c.family})
		var row *formula.RowError
		if !errors.As(err, &row) || row.Line != 6 {
			t.Errorf("%s, %s with %q: error %v, want one that names line 6", c.family, c.formula, c.bad, err)
		}
	}
}

// TestNothingToFit has no rows left, or a model that makes no sense.
func TestNothingToFit(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		opt  Options
		want string
	}{
		"all missing":    {"y,x\nNA,1\n2,NA\n", Options{Formula: "y ~ x", Family: "gaussian"}, "rows"},
		"no trials":      {"y,x\n1,1\n2,3\n", Options{Formula: "y ~ x", Family: "binomial"}, "trials"},
		"trials":         {"y,x\n1,1\n2,3\n", Options{Formula: "y | trials(x) ~ 1", Family: "poisson"}, "trials"},
		"unknown family": {"y,x\n1,1\n2,3\n", Options{Formula: "y ~ x", Family: "poison"}, "poisson"},
		"unknown column": {"y,x\n1,1\n2,3\n", Options{Formula: "y ~ z", Family: "poisson"}, "z"},
		"unknown prior":  {"y,x\n1,1\n2,3\n", Options{Formula: "y ~ x", Family: "poisson", Priors: []PriorSetting{{"b_z", Prior{"normal", []float64{0, 1}}}}}, "b_z"},
	} {
		if _, err := Prepare(csvTable(t, c.text), c.opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one about %q", name, err, c.want)
		}
	}
}

// finiteFit fails unless the fit converged to finite parameters.
func finiteFit(t *testing.T, f *Fit) {
	t.Helper()
	if f.Training.Reason != train.Converged {
		t.Errorf("ended by %s", f.Training.Reason)
	}
	for _, q := range f.Parameters() {
		if !finiteAll([]float64{q.Mean, q.SD, q.Median, q.Lower, q.Upper}) || !(q.SD > 0) {
			t.Errorf("%+v", q)
		}
	}
	if !finiteAll([]float64{f.Elbo, f.KHat()}) {
		t.Errorf("elbo %v, k-hat %v", f.Elbo, f.KHat())
	}
}

// TestWildScales multiplies and shifts predictors; coefficients and their sds follow exactly, up to the Monte-Carlo
// error of two fits.
func TestWildScales(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var tame, wild strings.Builder
	tame.WriteString("y,a,b,year\n")
	wild.WriteString("y,a,b,year\n")
	for range 400 {
		a, b, year := r.NormFloat64(), r.NormFloat64(), float64(r.IntN(3)-1)
		y := 1 + a - b + 0.5*year + r.NormFloat64()
		fmt.Fprintf(&tame, "%v,%v,%v,%v\n", y, a, b, year)
		fmt.Fprintf(&wild, "%v,%v,%v,%v\n", y, a*1e9, b*1e-9, year+2013)
	}
	opt := Options{Formula: "y ~ a + b + year", Family: "gaussian", Seed: 1}
	dev := openDevice(t, 0)
	x, z := fit(t, prepare(t, tame.String(), opt), dev), fit(t, prepare(t, wild.String(), opt), dev)
	finiteFit(t, z)
	scale := map[string]float64{"b_a": 1e9, "b_b": 1e-9, "b_year": 1, "sigma": 1}
	for i, q := range x.Parameters() {
		w := z.Parameters()[i]
		s, ok := scale[q.Name]
		if !ok {
			// Extrapolated over 2013 years, the intercept's sd is the slope's times 2013.
			slope := z.Parameters()[3]
			near(t, "intercept", w.Mean+2013*slope.Mean, q.Mean, 0.1*q.SD)
			near(t, "intercept's sd", w.SD/(2013*slope.SD), 1, 0.001)
			continue
		}
		near(t, q.Name, w.Mean*s, q.Mean, 0.1*q.SD)
		near(t, q.Name+"'s sd", w.SD*s/q.SD, 1, 0.02)
	}
}

// TestOddShapes fits what tables can come down to: finite answers, priors where the rows say nothing.
func TestOddShapes(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	dev := openDevice(t, 0)
	numbers := func(n int, line func(i int) string) string {
		var b strings.Builder
		b.WriteString("y,x,w,n\n")
		for i := range n {
			b.WriteString(line(i) + "\n")
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		text string
		opt  Options
	}{
		"one row":           {"y,x,w,n\n3,2,1,5\n", Options{Formula: "y ~ x", Family: "poisson"}},
		"one row, binomial": {"y,x,w,n\n3,2,1,5\n", Options{Formula: "y | trials(n) ~ x", Family: "binomial"}},
		"all zero counts": {numbers(50, func(i int) string { return fmt.Sprintf("0,%v,1,3", r.NormFloat64()) }),
			Options{Formula: "y ~ x", Family: "poisson"}},
		"zero trials": {numbers(50, func(i int) string { return fmt.Sprintf("0,%v,1,%d", r.NormFloat64(), i%2) }),
			Options{Formula: "y | trials(n) ~ x", Family: "binomial"}},
		"zero weights": {numbers(50, func(i int) string { return fmt.Sprintf("%v,%v,0,3", r.NormFloat64(), r.NormFloat64()) }),
			Options{Formula: "y | weights(w) ~ x", Family: "gaussian"}},
		"huge counts": {numbers(50, func(i int) string { return fmt.Sprintf("%d,%v,1,3", 1_000_000_000+r.IntN(1000), r.NormFloat64()) }),
			Options{Formula: "y ~ x", Family: "poisson"}},
		"huge offsets": {numbers(50, func(i int) string { return fmt.Sprintf("%d,%v,1,%d", r.IntN(9), r.NormFloat64(), 100+r.IntN(9)) }),
			Options{Formula: "y ~ x + offset(n)", Family: "poisson"}},
		"Poisson counts, shape without bound": {numbers(400, func(i int) string { return fmt.Sprintf("%d,%v,1,3", r.IntN(2)+1, r.NormFloat64()) }),
			Options{Formula: "y ~ x", Family: "negbinomial"}},
		"intercept only": {numbers(50, func(i int) string { return fmt.Sprintf("%v,1,1,1", r.NormFloat64()) }),
			Options{Formula: "y ~ 1", Family: "gaussian"}},
		"no intercept": {numbers(50, func(i int) string { return fmt.Sprintf("%v,%v,1,1", 5+r.NormFloat64(), 100+r.NormFloat64()) }),
			Options{Formula: "y ~ 0 + x", Family: "gaussian"}},
		"collinear": {numbers(50, func(i int) string { return fmt.Sprintf("%v,%d,%d,1", r.NormFloat64(), i%7, 2*(i%7)) }),
			Options{Formula: "y ~ x + w", Family: "gaussian"}},
		"constant": {numbers(50, func(i int) string { return fmt.Sprintf("%v,3,%d,1", r.NormFloat64(), i%7) }),
			Options{Formula: "y ~ x + w", Family: "student"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := prepare(t, c.text, c.opt)
			f := fit(t, p, dev)
			finiteFit(t, f)
			if (name == "collinear" || name == "constant") && len(p.Warnings) == 0 {
				t.Error("no warning")
			}
			if name == "zero weights" {
				// Nothing is observed: the posterior is the prior, 2.5 sd(y)/sd(x) for the slope.
				if q := f.Parameters()[1]; math.Abs(q.Mean) > 0.1*q.SD {
					t.Errorf("slope %v under weights of zero", q)
				}
			}
		})
	}
}
