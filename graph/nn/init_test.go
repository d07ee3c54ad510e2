package nn

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// Mean, variance and range of every rule against their closed forms. Over n draws the mean is
// within 5 σ/√n, the variance within 5 σ² √(κ/n), κ being the kurtosis less 1: 2 for normals,
// 0.8 for uniforms. At 5 standard deviations a false alarm has odds of a million to one, and
// draws are fixed by the seed. Constants have the rounding errors of the sums.
func TestInitMoments(t *testing.T) {
	const fanIn, fanOut, n = 300, 100, 30000
	for _, c := range []struct {
		rule     Init
		mean     float64
		variance float64
		uniform  bool
	}{
		{GlorotUniform, 0, 2. / 400, true},
		{GlorotNormal, 0, 2. / 400, false},
		{HeUniform, 0, 2. / 300, true},
		{HeNormal, 0, 2. / 300, false},
		{LecunUniform, 0, 1. / 300, true},
		{LecunNormal, 0, 1. / 300, false},
		{Zeros, 0, 0, false},
		{Ones, 1, 0, false},
		{"constant(-2.5)", -2.5, 0, false},
		{"normal(0.01)", 0, 1e-4, false},
		{"uniform(0.3)", 0, 0.03, true},
		{"uniform(-1, 2)", 0.5, 0.75, true},
		{"uniform(-0.1,0.1)", 0, 0.01 / 3, true},
	} {
		v, err := c.rule.Values(1, "w", []int{fanIn, fanOut}, fanIn, fanOut)
		if err != nil {
			t.Fatal(err)
		}
		m, s2 := moments(v)
		sd, kurtosis := math.Sqrt(c.variance), 2.
		if c.uniform {
			kurtosis = 0.8
			if half := math.Sqrt(3 * c.variance); slices.Min(v) < c.mean-half || slices.Max(v) > c.mean+half {
				t.Errorf("%s: values from %v to %v", c.rule, slices.Min(v), slices.Max(v))
			}
		}
		offMean, offVariance := math.Abs(m-c.mean), math.Abs(s2-c.variance)
		if offMean > 5*sd/math.Sqrt(n)+1e-11 || offVariance > 5*c.variance*math.Sqrt(kurtosis/n)+1e-20 {
			t.Errorf("%s: mean %.5g and variance %.5g, want %.5g and %.5g", c.rule, m, s2, c.mean, c.variance)
		}
	}
}

func TestOrthogonal(t *testing.T) {
	for _, shape := range [][]int{{5, 5}, {7, 3}, {3, 8}, {1, 4}, {4, 1}, {3, 3, 2, 10}, {2, 3, 4}, {1, 1}, {4}} {
		v, err := Orthogonal.Values(2, "w", shape, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		cols := shape[len(shape)-1]
		rows := len(v) / cols
		at := func(vector, i int) float64 { // the i-th element of the short side's vectors
			if rows >= cols {
				return v[i*cols+vector]
			}
			return v[vector*cols+i]
		}
		for a := range min(rows, cols) {
			for b := range min(rows, cols) {
				dot, want := 0., 0.
				for i := range max(rows, cols) {
					dot += at(a, i) * at(b, i)
				}
				if a == b {
					want = 1
				}
				if math.Abs(dot-want) > 1e-14*float64(max(rows, cols)) { // an ulp a term
					t.Errorf("shape %v: vectors %d and %d have product %v", shape, a, b, dot)
				}
			}
		}
	}
}

// Without the fix of the signs, Q's diagonal would be negative far more often than not.
// With it the matrices are uniform: an element of a 3 × 3 one has mean 0 and variance 1/3.
func TestOrthogonalUniform(t *testing.T) {
	const n = 4000
	var elements [9][]float64
	for seed := range uint64(n) {
		v, err := Orthogonal.Values(seed, "w", []int{3, 3}, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range v {
			elements[i] = append(elements[i], x)
		}
	}
	for i, x := range elements {
		m, s2 := moments(x)
		// Five standard errors; an element is uniform on (−1, 1), as a coordinate of a unit 3-vector.
		if math.Abs(m) > 5*math.Sqrt(1./3/n) || math.Abs(s2-1./3) > 5./3*math.Sqrt(0.8/n) {
			t.Errorf("element %d has mean %v and variance %v", i, m, s2)
		}
	}
}

// Values depend on seed and name, and on nothing else.
func TestInitDeterministic(t *testing.T) {
	values := func(rule Init, seed uint64, name string) []float64 {
		v, err := rule.Values(seed, name, []int{20, 10}, 20, 10)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, rule := range []Init{GlorotUniform, HeNormal, Orthogonal} {
		v := values(rule, 1, "a")
		if !slices.Equal(v, values(rule, 1, "a")) {
			t.Errorf("%s differs from call to call", rule)
		}
		if slices.Equal(v, values(rule, 2, "a")) || slices.Equal(v, values(rule, 1, "b")) {
			t.Errorf("%s does not depend on seed or name", rule)
		}
	}
}

func TestInitErrors(t *testing.T) {
	for rule, want := range map[Init]string{
		"glorot":            `did you mean "glorot_uniform"`,
		"he_norml":          `did you mean "he_normal"`,
		"xyz":               "known are",
		"normal":            "0 arguments",
		"normal()":          "not a finite number",
		"normal(-1)":        "negative",
		"normal(1,2)":       "2 arguments",
		"normal(NaN)":       "not a finite number",
		"normal(1":          "unbalanced",
		"uniform(1,0)":      "empty",
		"uniform(-1)":       "empty",
		"zeros(1)":          "1 arguments",
		"constant(1e999)":   "not a finite number",
		"uniform(0,1,2)":    "3 arguments",
		"normal(0.1)(0.2))": "not a finite number",
	} {
		if err := rule.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", rule, err, want)
		}
	}
	if _, err := Zeros.Values(1, "w", []int{3, 0}, 1, 1); err == nil {
		t.Error("an empty shape is accepted")
	}
	if _, err := HeNormal.Values(1, "w", []int{3}, 0, 1); err == nil {
		t.Error("a fan-in of 0 is accepted")
	}
	var unknown *UnknownError
	if !errors.As(Init("glorot").Check(), &unknown) || unknown.Name != "glorot" {
		t.Error("an unknown rule is no *UnknownError")
	}
	for _, name := range InitNames() {
		rule := Init(strings.Replace(name, "()", "(0.5)", 1))
		if err := rule.Check(); err != nil {
			t.Error(err)
		}
	}
}
