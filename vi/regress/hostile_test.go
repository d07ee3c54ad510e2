package regress

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"elbo/vi/train"
)

// rows formats n rows of numbers under a header.
func rows(header string, n int, row func(i int) []any) string {
	var b strings.Builder
	fmt.Fprintln(&b, header)
	for i := range n {
		fmt.Fprintln(&b, strings.ReplaceAll(strings.Trim(fmt.Sprint(row(i)), "[]"), " ", ","))
	}
	return b.String()
}

// A response of any size gives the least-squares line: coefficients and log sigma differ by the response's scale,
// which no factorisation may take for singularity.
func TestResponseOfAnySize(t *testing.T) {
	for _, size := range []float64{1e-12, 1, 1e9, 1e15} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			csv := rows("x,y", 300, func(int) []any {
				x := r.NormFloat64()
				return []any{x, size * (1000 + x + 0.1*r.NormFloat64())}
			})
			f := fit(t, prepare(t, csv, Options{Formula: "y ~ x", Family: "gaussian"}), openDevice(t, 0))
			if f.Training.Reason != train.Converged {
				t.Errorf("ended by %s", f.Training.Reason)
			}
			for i, want := range []float64{1000, 1, 0.1} {
				q := f.Parameters()[i]
				// Four standard errors: 0.1/sqrt(300) of coefficients, half a variance of sigma.
				if got := q.Mean / size; math.Abs(got-want) > 4*0.1/math.Sqrt(300) {
					t.Errorf("%s: mean %g of the size, want %g", q.Name, got, want)
				}
				if got := q.SD / size; math.Abs(got-0.1/math.Sqrt(300)) > 0.002 && i < 2 {
					t.Errorf("%s: sd %g of the size, want about %g", q.Name, got, 0.1/math.Sqrt(300))
				}
			}
		})
	}
}

// More predictors than rows have no joint mode with sigma, but a posterior: training must start where its mass is.
func TestMorePredictorsThanRows(t *testing.T) {
	for _, family := range []string{"gaussian", "student"} {
		t.Run(family, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			header := "y"
			for j := range 30 {
				header += fmt.Sprintf(",x%d", j)
			}
			csv := rows(header, 20, func(int) []any {
				row := make([]any, 31)
				for j := range row {
					row[j] = r.NormFloat64()
				}
				return row
			})
			p := prepare(t, csv, Options{Formula: "y ~ .", Family: family})
			m, err := p.mode(openDevice(t, 0))
			if err != nil {
				t.Fatal(err)
			}
			lay := p.design.lay
			sigma := math.Exp(m.like.at[lay.k*lay.p])
			// The exponential prior has mean 1 response sd; pure noise and weak priors leave a sigma of that order.
			if !finiteAll(m.metric.w) || !(sigma > 0.1 && sigma < 2) {
				t.Errorf("training starts at sigma %g, want that of a posterior, not of a mode at 0", sigma)
			}
		})
	}
}

func TestExactFitIsRefused(t *testing.T) {
	for name, csv := range map[string]string{
		"line":     rows("x,y", 10, func(i int) []any { return []any{i, 2*i + 1} }),
		"constant": rows("x,y", 10, func(i int) []any { return []any{i * i, 3} }),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := prepare(t, csv, Options{Formula: "y ~ x", Family: "gaussian"}).Fit(context.Background(), Run{Device: openDevice(t, 0)})
			if !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), "exactly") {
				t.Errorf("error %v, want ErrModel saying that the response is reproduced exactly", err)
			}
			opt := Options{Formula: "y ~ x", Family: "gaussian", Priors: parsePriors(t, []string{"sigma=inv_gamma(3,1)"})}
			fit(t, prepare(t, csv, opt), openDevice(t, 0)) // the way out the message names
		})
	}
}

func TestSeparationIsNamed(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	split := rows("x,y", 6, func(i int) []any { return []any{i, i / 3} })
	level := rows("g,y", 300, func(i int) []any {
		y := r.IntN(2)
		if i%3 == 2 {
			y = 0
		}
		return []any{string(rune('a' + i%3)), y}
	})
	healthy := rows("x,y", 40, func(int) []any { return []any{r.NormFloat64(), r.IntN(2)} })
	zeros := rows("x,y", 40, func(int) []any { return []any{r.NormFloat64(), 0} })
	for _, c := range []struct{ name, family, formula, csv, want string }{
		{"split/logit", "bernoulli", "y ~ x", split, "b_x: (nearly) perfect separation"},
		{"split/probit", "bernoulli(probit)", "y ~ x", split, "b_x: (nearly) perfect separation"},
		{"split/cloglog", "bernoulli(cloglog)", "y ~ x", split, "b_x: (nearly) perfect separation"},
		{"level/logit", "bernoulli", "y ~ g", level, "b_gc: (nearly) perfect separation"},
		{"level/poisson", "poisson", "y ~ g", level, "b_gc: (nearly) perfect separation"},
		{"zeros/poisson", "poisson", "y ~ x", zeros, "b_Intercept: the response never varies"},
		{"zeros/logit", "bernoulli", "y ~ x", zeros, "b_Intercept: the response never varies"},
		{"healthy/logit", "bernoulli", "y ~ x", healthy, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := prepare(t, c.csv, Options{Formula: c.formula, Family: c.family})
			fit(t, p, openDevice(t, 0))
			got := strings.Join(p.Warnings, "; ")
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) || strings.Contains(got, ";") {
				t.Errorf("warnings %q, want one: %q", got, c.want)
			}
		})
	}
}

// A missing number of trials is a fault of the formula, and is told before any row is judged as one trial.
func TestTrialsMustSuitTheFamily(t *testing.T) {
	csv := rows("y,n,x", 4, func(i int) []any { return []any{3, 5, i} })
	for _, c := range []struct{ family, formula, want string }{
		{"binomial", "y ~ x", "gives no number of trials"},
		{"poisson", "y | trials(n) ~ x", "gives a number of trials"},
	} {
		_, err := Prepare(csvTable(t, csv), Options{Formula: c.formula, Family: c.family})
		if !errors.Is(err, ErrOption) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %q: %v, want ErrOption: %q", c.family, c.formula, err, c.want)
		}
	}
}
