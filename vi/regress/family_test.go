package regress

import (
	"math"
	"testing"

	"elbo/vi/train"
)

// TestFamiliesRecoverTruth fits 2,000 simulated rows of every family and link: every parameter within 4 posterior sds
// of what the rows were drawn from (of some 70 parameters, one in 200 suites fails by chance for a given seed; the
// seed is fixed), and no sd so wide that this is empty.
func TestFamiliesRecoverTruth(t *testing.T) {
	dev := openDevice(t, 0)
	for _, family := range everyFamily() {
		t.Run(family, func(t *testing.T) {
			text, truth := simulated(t, family, 2000, 21)
			f := fit(t, prepare(t, text, Options{Formula: truth.Formula, Family: family, Seed: 2}), dev)
			if f.Training.Reason != train.Converged || !(f.KHat() <= 0.7) {
				t.Errorf("ended by %s, k-hat %.2f", f.Training.Reason, f.KHat())
			}
			known := truth.Parameters
			for _, q := range f.Parameters() {
				want, ok := known[q.Name]
				if !ok {
					t.Fatalf("no truth for %q; have %v", q.Name, known)
				}
				delete(known, q.Name)
				if d := math.Abs(q.Mean-want) / q.SD; !(d <= 4) {
					t.Errorf("%s: %.4g (sd %.2g), truth %.4g: %.1f sd apart", q.Name, q.Mean, q.SD, want, d)
				}
				if !(q.SD > 0 && q.SD < 0.3*math.Max(1, math.Abs(want))) {
					t.Errorf("%s: sd %.3g", q.Name, q.SD)
				}
				if !(q.Lower < q.Median && q.Median < q.Upper) {
					t.Errorf("%s: interval %v, %v, %v", q.Name, q.Lower, q.Median, q.Upper)
				}
			}
			for name := range known {
				t.Errorf("no parameter for the truth's %q", name)
			}
		})
	}
}

// TestPriorsPull gives one slope a prior of every kind. Beside a flat one its marginal posterior is nearly
// N(m, s²); times the prior's density, by quadrature, that gives the mean wanted. The tolerance of 0.15 sd is for what
// a Gaussian cannot follow of the product with a Laplace's kink.
func TestPriorsPull(t *testing.T) {
	text, truth := generated(t, "gaussian", 400, 3)
	dev := openDevice(t, 0)
	run := func(prior string) Parameter {
		f := fit(t, prepare(t, text, Options{Formula: truth.Formula, Family: "gaussian",
			Priors: parsePriors(t, []string{"b_x1=" + prior})}), dev)
		for _, q := range f.Parameters() {
			if q.Name == "b_x1" {
				return q
			}
		}
		t.Fatal("no b_x1")
		return Parameter{}
	}
	free := run("flat()")
	for prior, density := range map[string]func(x float64) float64{
		"normal(0.1,0.1)":      func(x float64) float64 { return math.Exp(-math.Pow((x-0.1)/0.1, 2) / 2) },
		"student_t(4,0.1,0.1)": func(x float64) float64 { return math.Pow(1+math.Pow((x-0.1)/0.1, 2)/4, -2.5) },
		"laplace(0.1,0.1)":     func(x float64) float64 { return math.Exp(-math.Abs(x-0.1) / 0.1) },
		"cauchy(0.1,0.1)":      func(x float64) float64 { return 1 / (1 + math.Pow((x-0.1)/0.1, 2)) },
	} {
		var mass, mean float64
		for i := range 4001 {
			x := free.Mean + free.SD*(float64(i)-2000)/250
			w := density(x) * math.Exp(-math.Pow((x-free.Mean)/free.SD, 2)/2)
			mass, mean = mass+w, mean+w*x
		}
		mean /= mass
		if math.Abs(mean-free.Mean) < 0.3*free.SD {
			t.Fatalf("%s: the quadrature moves the mean from %.3f to %.3f only", prior, free.Mean, mean)
		}
		if q := run(prior); !(math.Abs(q.Mean-mean) <= 0.15*free.SD) {
			t.Errorf("%s: mean %.4f, quadrature %.4f, sd %.4f", prior, q.Mean, mean, free.SD)
		}
	}
}
