package regress

import (
	"math"
	"testing"
)

// The posterior of a normal sample under flat priors is known: with n rows, mean μ and sum of squares S about it, the
// mean is Student with n − 2 degrees of freedom (density flat in sigma) and S/σ² is χ² with n − 2.
func TestCorrectionReachesTheExactPosterior(t *testing.T) {
	y := []float64{-1.9, -1.2, -0.9, -0.6, -0.45, -0.3, -0.1, 0.05, 0.2, 0.35, 0.5, 0.7, 0.95, 1.2, 1.5}
	n := float64(len(y))
	mean, ss := 0.0, 0.0
	for _, v := range y {
		mean += v / n
	}
	for _, v := range y {
		ss += (v - mean) * (v - mean)
	}
	csv := rows("y", len(y), func(i int) []any { return []any{y[i]} })
	p := prepare(t, csv, Options{Formula: "y ~ 1", Family: "gaussian", Priors: parsePriors(t, []string{"b_Intercept=flat()", "sigma=flat()"})})
	f := fit(t, p, openDevice(t, 0))
	if f.Corrected == nil {
		t.Fatalf("no correction: k-hat %.2f, ESS %.0f of %d", f.KHat(), f.Weights.ESS, len(f.Ratios))
	}
	nu := n - 2
	lgamma := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	moment := func(k float64) float64 { // E σ^k of the inverse chi distribution
		return math.Exp(k/2*math.Log(ss/2) + lgamma((nu-k)/2) - lgamma(nu/2))
	}
	got := f.Parameters()
	want := []struct{ mean, sd, upper float64 }{
		// 2.1604 is the 97.5 % quantile of Student's t with 13 degrees of freedom.
		{mean, math.Sqrt(ss / nu / n * nu / (nu - 2)), mean + 2.1604*math.Sqrt(ss/nu/n)},
		// 5.0088 is the 2.5 % quantile of χ² with 13 degrees of freedom.
		{moment(1), math.Sqrt(moment(2) - moment(1)*moment(1)), math.Sqrt(ss / 5.0088)},
	}
	for i, w := range want {
		// Over 10,000 effective draws leave 0.01 sd in means and 1 % in sds; tails of skewed sigma have a few times that.
		q := got[i]
		if math.Abs(q.Mean-w.mean) > 0.03*w.sd || math.Abs(q.SD/w.sd-1) > 0.04 || math.Abs(q.Upper-w.upper) > 0.1*w.sd {
			t.Errorf("%s: mean %.4f sd %.4f upper %.4f, exact %.4f %.4f %.4f", q.Name, q.Mean, q.SD, q.Upper, w.mean, w.sd, w.upper)
		}
	}
}

// Where the family is right all weights are equal, and the correction must leave its numbers as they are.
func TestCorrectionWithEqualWeightsIsNothing(t *testing.T) {
	csv, truth := generated(t, "gaussian", 200, 3)
	f := fit(t, prepare(t, csv, Options{Formula: truth.Formula, Family: "gaussian"}), openDevice(t, 0))
	lay := f.Problem.design.lay
	draws, _ := f.Posterior.Draw(5000, 1)
	for i := range f.Weights.LogWeights[:5000] {
		f.Weights.LogWeights[i] = -math.Log(5000)
	}
	f.Weights.LogWeights = f.Weights.LogWeights[:5000]
	mean, cov := f.Posterior.Mean(), f.Posterior.Cov()
	c := correct(lay, mean, cov, draws, f.Weights)
	for _, prob := range []float64{0.5, 0.95} {
		want := summarise(lay, mean, cov, nil, prob)
		got := append([]Parameter(nil), want...)
		c.apply(got, prob)
		for i, w := range want {
			// Quantiles come between neighbouring ones of 5,000 draws; moments are exact to rounding.
			if math.Abs(got[i].Mean-w.Mean) > 1e-9*w.SD || math.Abs(got[i].SD/w.SD-1) > 1e-9 ||
				math.Abs(got[i].Lower-w.Lower) > 0.01*w.SD || math.Abs(got[i].Upper-w.Upper) > 0.01*w.SD {
				t.Errorf("prob %v: %+v, want %+v", prob, got[i], w)
			}
		}
	}
}
