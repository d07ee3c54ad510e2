package regress

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"elbo/graph"
)

// predictions collects what Predict says of every row.
func predictions(t testing.TB, s *Saved, csv string, dev graph.Device, opt PredictOptions) (out [][]Prediction, missing []bool) {
	t.Helper()
	err := s.Predict(csvTable(t, csv), dev, opt, func(row int64, p []Prediction, gone bool) error {
		if row != int64(len(out)) {
			t.Fatalf("row %d after %d rows", row, len(out))
		}
		out, missing = append(out, append([]Prediction(nil), p...)), append(missing, gone)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, missing
}

// linearPredictor gives mean and sd of η_k at x from the posterior of the user's coefficients, in closed form.
func linearPredictor(s *Saved, k int, x [4]float64) (mean, sd float64) {
	lay := s.lay
	a := make([]float64, lay.dim())
	row := []float64{1, x[0], x[1], x[2], x[3]}
	for j := range row {
		for i, v := range lay.functional(k*lay.p + j) {
			a[i] += row[j] * v
		}
	}
	mu, v := moments(a, s.Mean, s.Cov)
	return mu, math.Sqrt(v)
}

// expect is E[f(η)] for η ~ N(mean, sd²) by the midpoint rule over ±8 sd.
func expect(mean, sd float64, f func(float64) float64) float64 {
	sum, mass := 0.0, 0.0
	for i := range 1600 {
		z := (float64(i) - 799.5) / 100
		w := math.Exp(-z * z / 2)
		sum, mass = sum+w*f(mean+sd*z), mass+w
	}
	return sum / mass
}

// inverseLinks and variances (of a response with mean m, given trials and the shared parameter) of the families.
var responseLaws = map[string]struct {
	mean     func(eta float64) float64
	variance func(m, shared float64) float64
}{
	"gaussian(identity)": {func(e float64) float64 { return e }, func(_, sigma float64) float64 { return sigma * sigma }},
	"student(identity)":  {func(e float64) float64 { return e }, nil}, // nu near 4: the sample sd has no sd
	"bernoulli(logit)":   {logistic, func(m, _ float64) float64 { return m * (1 - m) }},
	"bernoulli(probit)":  {normalCDF, func(m, _ float64) float64 { return m * (1 - m) }},
	"bernoulli(cloglog)": {func(e float64) float64 { return -math.Expm1(-math.Exp(e)) }, func(m, _ float64) float64 { return m * (1 - m) }},
	"binomial(logit)":    {func(e float64) float64 { return 10 * logistic(e) }, func(m, _ float64) float64 { return m * (1 - m/10) }},
	"poisson(log)":       {math.Exp, func(m, _ float64) float64 { return m }},
	"negbinomial(log)":   {math.Exp, func(m, k float64) float64 { return m + m*m/k }},
	"gamma(log)":         {math.Exp, func(m, k float64) float64 { return m * m / k }},
	"beta(logit)":        {logistic, func(m, phi float64) float64 { return m * (1 - m) / (1 + phi) }},
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// newRows are three rows to predict; the second lacks a predictor.
const newRows = "x1,x2,f1,n\n0.5,-1,B,10\n,0,A,10\n-0.3,0.2,C,10\n"

var newX = map[int][4]float64{0: {0.5, -1, 1, 0}, 2: {-0.3, 0.2, 0, 1}}

// TestPredictions compares the three types of prediction with closed forms, from 4,000 draws: five Monte-Carlo
// standard errors for means, 5 % for sds.
func TestPredictions(t *testing.T) {
	dev := openDevice(t, 0)
	const draws = 4000
	for family, law := range responseLaws {
		t.Run(family, func(t *testing.T) {
			text, truth := simulated(t, family, 500, 4)
			s := fit(t, prepare(t, text, Options{Formula: truth.Formula, Family: family, Seed: 2}), dev).Save()
			shared := 0.0
			if all := s.Summarise(0.95); len(all) > 5 {
				shared = all[5].Mean
			}
			lin, _ := predictions(t, s, newRows, dev, PredictOptions{Type: LinPred, Draws: draws})
			mid, missing := predictions(t, s, newRows, dev, PredictOptions{Draws: draws})
			out, _ := predictions(t, s, newRows, dev, PredictOptions{Type: Response, Draws: draws})
			if fmt.Sprint(missing) != "[false true false]" || !math.IsNaN(mid[1][0].Mean) {
				t.Fatalf("missing %v, prediction %v; want the second row", missing, mid[1])
			}
			for row, x := range newX {
				m, sd := linearPredictor(s, 0, x)
				checkPrediction(t, "linpred", lin[row][0], m, sd, draws)
				z := math.Sqrt2 * math.Erfinv(0.95)
				near(t, "lower end", lin[row][0].Lower, m-z*sd, 0.2*sd) // sd of a 2.5 % quantile: 0.042
				near(t, "upper end", lin[row][0].Upper, m+z*sd, 0.2*sd)
				mean := expect(m, sd, law.mean)
				spread := expect(m, sd, func(e float64) float64 { return math.Pow(law.mean(e)-mean, 2) })
				checkPrediction(t, "epred", mid[row][0], mean, math.Sqrt(spread), draws)
				if law.variance == nil {
					near(t, "response", out[row][0].Mean, mean, 0.3)
					continue
				}
				inner := expect(m, sd, func(e float64) float64 { return law.variance(law.mean(e), shared) })
				checkPrediction(t, "response", out[row][0], mean, math.Sqrt(inner+spread), draws)
			}
		})
	}
}

func checkPrediction(t *testing.T, what string, got Prediction, mean, sd, draws float64) {
	t.Helper()
	near(t, what+" mean", got.Mean, mean, 5*sd/math.Sqrt(draws))
	near(t, what+" sd", got.SD, sd, 0.05*sd)
}

// TestCategoricalPredictions has one output per category, probabilities that add up to one, and responses with them.
func TestCategoricalPredictions(t *testing.T) {
	dev := openDevice(t, 0)
	text, truth := generated(t, "categorical", 500, 4)
	s := fit(t, prepare(t, text, Options{Formula: truth.Formula, Family: "categorical", Seed: 2}), dev).Save()
	if got := fmt.Sprint(s.Outputs(EPred), s.Outputs(LinPred), len(s.Outputs(Response))); got != "[A B C] [B C] 1" {
		t.Fatalf("outputs %s", got)
	}
	lin, _ := predictions(t, s, newRows, dev, PredictOptions{Type: LinPred, Draws: 4000})
	mid, _ := predictions(t, s, newRows, dev, PredictOptions{Draws: 4000})
	out, _ := predictions(t, s, newRows, dev, PredictOptions{Type: Response, Draws: 4000})
	for row, x := range newX {
		sum := 0.0
		for k := range 3 {
			sum += mid[row][k].Mean
		}
		near(t, "sum of probabilities", sum, 1, 1e-12)
		for k := range 2 {
			m, sd := linearPredictor(s, k, x)
			checkPrediction(t, "linpred", lin[row][k], m, sd, 4000)
		}
		// Responses are numbers of categories, from 0: their mean is p_1 + 2 p_2, their sd below 1.
		near(t, "response", out[row][0].Mean, mid[row][1].Mean+2*mid[row][2].Mean, 5/math.Sqrt(4000))
	}
}

// TestSavedRoundTrip writes every family's model and reads it back: the same summary, the same predictions.
func TestSavedRoundTrip(t *testing.T) {
	dev := openDevice(t, 0)
	for _, family := range everyFamily() {
		text, truth := simulated(t, family, 300, 4)
		f := fit(t, prepare(t, text, Options{Formula: truth.Formula, Family: family, Seed: 2, Guide: "meanfield"}), dev)
		saved := f.Save()
		file, err := json.Marshal(saved)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := Load(file)
		if err != nil {
			t.Fatalf("%s: %v", family, err)
		}
		if a, b := fmt.Sprint(f.Parameters()), fmt.Sprint(loaded.Summarise(0.95)); a != b {
			t.Errorf("%s: summary %s, after loading %s", family, a, b)
		}
		a, _ := predictions(t, saved, newRows, dev, PredictOptions{Draws: 50})
		b, _ := predictions(t, loaded, newRows, dev, PredictOptions{Draws: 50})
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: predictions %v, after loading %v", family, a, b)
		}
	}
}

// TestPredictNeedsTrials asks for binomial responses without the column of trials.
func TestPredictNeedsTrials(t *testing.T) {
	dev := openDevice(t, 0)
	text, truth := generated(t, "binomial", 300, 4)
	s := fit(t, prepare(t, text, Options{Formula: truth.Formula, Family: "binomial"}), dev).Save()
	without := strings.ReplaceAll(strings.ReplaceAll(newRows, ",10", ""), ",n", "")
	visit := func(int64, []Prediction, bool) error { return nil }
	if err := s.Predict(csvTable(t, without), dev, PredictOptions{Type: Response}, visit); !errors.Is(err, ErrModel) {
		t.Errorf("error %v, want one that asks for the trials", err)
	}
	if err := s.Predict(csvTable(t, without), dev, PredictOptions{Type: LinPred}, visit); err != nil {
		t.Errorf("linear predictors need no trials: %v", err)
	}
}
