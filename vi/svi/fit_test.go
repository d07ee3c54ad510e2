package svi

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"elbo/graph"
	"elbo/graph/dist"
	"elbo/kernels/ref"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/family"
	"elbo/vi/model"
	"elbo/vi/train"
)

// minibatched fits the linear model in batches of 7 of 24 rows.
func minibatched(t *testing.T, opt Options) *Result {
	t.Helper()
	c := linear()
	c.run = linearModel(7)
	return mustFit(t, c, opt)
}

// TestMinibatchFitConverges by the rule, near the exact posterior, with the bound of all rows.
func TestMinibatchFitConverges(t *testing.T) {
	for _, f32 := range []bool{false, true} {
		c := linear()
		fit := minibatched(t, Options{Device: ref.Open(), Seed: 3, LR: 0.02, Float32: f32})
		if fit.Reason != train.Converged {
			t.Errorf("reason %s after %d steps", fit.Reason, fit.Training.Steps)
		}
		for j, m := range fit.Posterior.Mean() {
			sd := math.Sqrt(c.cov[j*len(c.mean)+j])
			if e := math.Abs(m-c.mean[j]) / sd; e > 0.1 {
				t.Errorf("float32 %v: mean %d is %g sd off", f32, j, e)
			}
		}
		// Minibatch noise leaves the sds short of exact; the bound stays below the evidence.
		if fit.Elbo > c.evidence+4*fit.ElboSE || fit.Elbo < c.evidence-0.3 {
			t.Errorf("float32 %v: bound %g ± %g, evidence %g", f32, fit.Elbo, fit.ElboSE, c.evidence)
		}
		if !fit.Weights.Trusted() {
			t.Errorf("k-hat %g", fit.Weights.K)
		}
	}
}

// TestStreamedJointIsThatOfAllRows: in batches and at once, with a term outside the plate.
func TestStreamedJointIsThatOfAllRows(t *testing.T) {
	withTerm := func(b int) func(s *model.Scope) {
		return func(s *model.Scope) {
			linearModel(b)(s)
			s.Observe("outside", dist.Normal(s.Const(1), s.Const(2)), s.Const(0.3))
		}
	}
	draws := []float64{0.1, -0.5, 0.3, 1, 2, -3, 0, 0, 0}
	var got [2][]float64
	for i, b := range []int{linearRows, 7} {
		m, err := model.New(withTerm(b))
		if err != nil {
			t.Fatal(err)
		}
		l, err := discover(m, linearColumns())
		if err != nil {
			t.Fatal(err)
		}
		if got[i], err = streamJoint(m, l, ref.Open(), draws, 3); err != nil {
			t.Fatal(err)
		}
	}
	if err := equal(got[1], got[0]); err != nil {
		t.Error(err)
	}
	x, y := linearData()
	outside, _ := dist.LogPDF("normal", 0.3, 1, 2)
	for s := range 3 {
		w, want := draws[3*s:3*s+3], outside
		for i := range y {
			mu := x[3*i]*w[0] + x[3*i+1]*w[1] + x[3*i+2]*w[2]
			lp, _ := dist.LogPDF("normal", y[i], mu, 0.5)
			want += lp
		}
		for _, v := range w {
			lp, _ := dist.LogPDF("normal", v, 0, 2)
			want += lp
		}
		if math.Abs(got[0][s]-want) > 1e-9 {
			t.Errorf("draw %d: %g, want %g", s, got[0][s], want)
		}
	}
}

// TestPointEstimateWithoutPlate finds the mode of a model that reads all data at every step, and claims no k-hat.
func TestPointEstimateWithoutPlate(t *testing.T) {
	c := linear()
	c.run = func(s *model.Scope) {
		x, y := s.Data("x", linearRows, linearCols), s.Data("y", linearRows)
		w := s.Sample("w", dist.Expand(dist.Normal(s.Const(0), s.Const(2)), linearCols))
		s.Observe("lik", dist.Normal(graph.MatMul(x, w), s.Const(0.5)), y)
	}
	opt := settled(1500)
	opt.Family, opt.Draws = family.Delta{}, 3
	fit := mustFit(t, c, opt)
	for j, m := range fit.Site("w").Mean {
		if math.Abs(m-c.mean[j]) > 1e-4 {
			t.Errorf("mode %d at %g, want %g", j, m, c.mean[j])
		}
	}
	if fit.Weights != nil || fit.Site("w").SD[0] != 0 || fit.Site("none") != nil {
		t.Errorf("a point with k-hat %v, sd %v", fit.Weights, fit.Site("w").SD)
	}
}

// TestResumedFit equals an undisturbed one bit for bit; another fingerprint is refused.
func TestResumedFit(t *testing.T) {
	opt := Options{Device: ref.Open(), Seed: 3, Budget: train.Budget{Steps: 700}, Fingerprint: "x", Draws: 50}
	want := minibatched(t, opt)
	store, err := train.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	part := opt
	part.Checkpoints, part.Budget.Steps = store, 333
	minibatched(t, part)
	part.Budget.Steps, part.Resume = 700, true
	got := minibatched(t, part)
	if got.Elbo != want.Elbo || got.Training.Steps != 700 {
		t.Errorf("resumed %v after %d steps, undisturbed %v", got.Elbo, got.Training.Steps, want.Elbo)
	}
	part.Fingerprint = "y"
	m, err := model.New(linearModel(7))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Fit(context.Background(), m, linearColumns(), part); !errors.Is(err, train.ErrMismatch) {
		t.Errorf("another fingerprint: %v", err)
	}
}

// TestInterruptedFit has a posterior but no draws.
func TestInterruptedFit(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	m, err := model.New(linearModel(7))
	if err != nil {
		t.Fatal(err)
	}
	fit, err := Fit(ctx, m, linearColumns(), Options{Device: ref.Open()})
	if err != nil || fit.Reason != train.Interrupted || fit.Posterior == nil || fit.Draws != nil {
		t.Errorf("%+v, %v", fit, err)
	}
}

// TestMisuse names what is wrong.
func TestMisuse(t *testing.T) {
	x, y := linearData()
	bad := append([]float64(nil), y...)
	bad[4] = math.NaN()
	good := Options{Device: ref.Open()}
	for _, c := range []struct {
		name string
		data Data
		opt  Options
		is   error
		says string
	}{
		{"missing column", Data{"x": Matrix(x, 3)}, good, ErrData, `"y"`},
		{"column too many", Data{"x": Matrix(x, 3), "y": Vector(y), "z": Vector(y)}, good, ErrData, `"z"`},
		{"wrong width", Data{"x": Matrix(x, 2), "y": Vector(y)}, good, ErrData, `"x" has 2 numbers per row`},
		{"other length", Data{"x": Matrix(x, 3), "y": Vector(y[1:])}, good, ErrData, `"y" has 23 rows, column "x" 24`},
		{"half a row", Data{"x": Matrix(x[1:], 3), "y": Vector(y)}, good, ErrData, `"x"`},
		{"not a number", Data{"x": Matrix(x, 3), "y": Vector(bad)}, good, ErrData, `"y", row 5`},
		{"too few rows", Data{"x": Matrix(x[:9], 3), "y": Vector(y[:3])}, good, ErrData, "7 rows over 3"},
		{"no device", linearColumns(), Options{}, ErrOption, "Device"},
		{"negative rate", linearColumns(), Options{Device: ref.Open(), LR: -1}, ErrOption, "LR"},
		{"score of one draw", linearColumns(), Options{Device: ref.Open(), Objective: elbo.Score{},
			Particles: vi.Particles{S: 1}}, nil, "2 particles"},
		{"guide without the site", linearColumns(), Options{Device: ref.Open(), Family: family.Custom{
			Run: func(s *family.Scope) { s.Sample("v", dist.Normal(s.Real("m", 0), s.Positive("s", 1))) }}}, nil, `site w`},
	} {
		m, err := model.New(linearModel(7))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Fit(context.Background(), m, c.data, c.opt)
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestNonFiniteRowIsNamed: the row of the data, not of the batch.
func TestNonFiniteRowIsNamed(t *testing.T) {
	c := linear()
	c.run = func(s *model.Scope) {
		linearModel(7)(s)
		s.Plate("logs", 7).Observe("log", dist.Normal(graph.Log(s.Data("u", 7)), s.Const(1)), s.Data("y", 7))
	}
	u := make([]float64, linearRows)
	for i := range u {
		u[i] = 1
	}
	u[13] = -2
	c.data["u"] = Vector(u)
	m, err := model.New(c.run)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Fit(context.Background(), m, c.data, Options{Device: ref.Open()})
	var d *train.DivergedError
	if !errors.As(err, &d) || d.Row != "row 14 of the data" {
		t.Errorf("%v", err)
	}
}
