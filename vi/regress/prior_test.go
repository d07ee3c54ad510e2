package regress

import (
	"errors"
	"math"
	"testing"

	"elbo/graph"
)

func TestParsePrior(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"normal(0,2.5)", "normal(0,2.5)"},
		{" Student_T( 3, 0 ,2.5 ) ", "student_t(3,0,2.5)"},
		{"flat", "flat()"},
		{"flat()", "flat()"},
		{"half_normal(2)", "normal(0,2)"},
		{"half_cauchy(5)", "cauchy(0,5)"},
		{"half_student_t(3,2.5)", "student_t(3,0,2.5)"},
		{"inverse_gamma(1,2)", "inv_gamma(1,2)"},
		{"cauchy(-1,2)", "cauchy(-1,2)"},
		{"lognormal(-1,2)", "lognormal(-1,2)"},
	} {
		p, err := ParsePrior(c.in)
		if err != nil || p.String() != c.want {
			t.Errorf("%q: got %v, %v; want %s", c.in, p, err, c.want)
		}
	}
	for _, bad := range []string{"", "normal", "normal(0)", "normal(0,-1)", "normal(0,NaN)", "norml(0,1)", "normal(0,1",
		"normal(0,1)x", "gamma(0,1)", "student_t(0,0,1)", "normal(a,b)", "normal(,)", "exponential(1,2)"} {
		if p, err := ParsePrior(bad); !errors.Is(err, ErrOption) {
			t.Errorf("%q: got %v, %v; want an option error", bad, p, err)
		}
	}
}

func TestParsePriorSetting(t *testing.T) {
	s, err := ParsePriorSetting("b_I(x==1)=normal(0,1)")
	if err != nil || s.Target != "b_I(x==1)" || s.Prior.String() != "normal(0,1)" {
		t.Errorf("got %+v, %v", s, err)
	}
	if _, err := ParsePriorSetting("normal(0,1)"); !errors.Is(err, ErrOption) {
		t.Errorf("no target: %v", err)
	}
}

func TestPriorSuitsItsParameter(t *testing.T) {
	for _, c := range []struct {
		prior    Prior
		positive bool
		ok       bool
	}{
		{Prior{"normal", []float64{0, 1}}, true, true},
		{Prior{"normal", []float64{1, 1}}, true, true},
		{Prior{"laplace", []float64{0, 1}}, true, false},
		{Prior{"gamma", []float64{1, 1}}, false, false},
		{Prior{"gamma", []float64{1, 1}}, true, true},
		{Prior{"flat", nil}, false, true},
	} {
		if err := c.prior.check("p", c.positive); (err == nil) != c.ok {
			t.Errorf("%v on positive=%v: %v", c.prior, c.positive, err)
		}
	}
}

// TestCutPriorsKeepTheirMass integrates exp(log density) over the positives: 1 whatever the location.
func TestCutPriorsKeepTheirMass(t *testing.T) {
	const n, h = 400000, 1e-3 // midpoint rule to x = 400: the Cauchy tail beyond holds s/(π x) = 8e-4
	x := make([]float64, n)
	for i := range x {
		x[i] = (float64(i) + 0.5) * h
	}
	for _, p := range []Prior{
		{"normal", []float64{0, 1}}, {"normal", []float64{2, 1.5}}, {"normal", []float64{-1, 1}},
		{"cauchy", []float64{0.5, 1}}, {"student_t", []float64{3, 1, 2}}, {"student_t", []float64{3, -1, 2}},
		{"exponential", []float64{0.7}}, {"gamma", []float64{2, 0.5}}, {"lognormal", []float64{0, 0.5}},
	} {
		var lp *graph.Node
		g, err := graph.Build(graph.F64, func(g *graph.Graph) { lp = p.positiveLogProb(g, g.Data("x", n)) })
		if err != nil {
			t.Fatal(p, err)
		}
		out, err := graph.Reference(map[string][]float64{"x": x}, 0, 0, lp)
		if err != nil || g == nil {
			t.Fatal(p, err)
		}
		mass := 0.0
		for _, v := range out[0] {
			mass += math.Exp(v) * h
		}
		if math.Abs(mass-1) > 2e-3 {
			t.Errorf("%v: mass %v on the positives", p, mass)
		}
	}
}
