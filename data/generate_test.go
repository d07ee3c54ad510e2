package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
)

// TestGenerate checks for every family that the file reads back, is the same for the same seed and another for another.
func TestGenerate(t *testing.T) {
	for _, family := range GenFamilies() {
		t.Run(family, func(t *testing.T) {
			spec := GenSpec{Family: family, Rows: 500, Numeric: 2, Factors: 1, Levels: 4, Seed: 3}
			var a, b, c bytes.Buffer
			truth, err := Generate(&a, spec)
			if err != nil {
				t.Fatal(err)
			}
			again, err := Generate(&b, spec)
			if err != nil {
				t.Fatal(err)
			}
			spec.Seed++
			if _, err := Generate(&c, spec); err != nil {
				t.Fatal(err)
			}
			if sha256.Sum256(a.Bytes()) != sha256.Sum256(b.Bytes()) || bytes.Equal(a.Bytes(), c.Bytes()) {
				t.Error("the seed does not decide the file")
			}
			first, err := json.Marshal(truth)
			if err != nil {
				t.Fatal(err)
			}
			second, err := json.Marshal(again)
			if err != nil || !bytes.Equal(first, second) {
				t.Errorf("truths differ: %s and %s, %v", first, second, err)
			}
			tab, _ := openText(t, a.String(), Options{})
			if tab.Rows() != 500 || strings.Join(tab.Schema().Names()[:4], " ") != "x1 x2 f1 y" {
				t.Errorf("%d rows of %v", tab.Rows(), tab.Schema().Names())
			}
			for i := range tab.Schema().Columns {
				if c := &tab.Schema().Columns[i]; c.Missing > 0 || c.Infinite > 0 {
					t.Errorf("column %+v", c)
				}
			}
		})
	}
}

// TestGenerateCoefficients recovers the gaussian coefficients of one numeric and one factor column from group means.
func TestGenerateCoefficients(t *testing.T) {
	var b bytes.Buffer
	truth, err := Generate(&b, GenSpec{Family: "gaussian", Rows: 40000, Factors: 1, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	tab, _ := openText(t, b.String(), Options{})
	y, _, _ := tab.Schema().Lookup("y")
	f, _, _ := tab.Schema().Lookup("f1")
	var sum, n [3]float64
	width := tab.Schema().RecordBytes
	if err := EachBlock(tab, func(recs []byte, _ int64) error {
		for ; len(recs) > 0; recs = recs[width:] {
			sum[Code(recs, f)] += Float(recs, y)
			n[Code(recs, f)]++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	base := truth.Parameters["b_Intercept"]
	for k, want := range []float64{base, base + truth.Parameters["b_f1B"], base + truth.Parameters["b_f1C"]} {
		// Four standard errors of a mean of a third of the rows.
		if got := sum[k] / n[k]; math.Abs(got-want) > 4*truth.Parameters["sigma"]/math.Sqrt(n[k]) {
			t.Errorf("level %s: mean %g, want %g", f.Levels[k], got, want)
		}
	}
}

// TestSampler compares mean and variance of each distribution with its formula.
func TestSampler(t *testing.T) {
	const n = 200000
	for _, tc := range []struct {
		name           string
		draw           func(*sampler) float64
		mean, variance float64
	}{
		{"uniform", (*sampler).uniform, 0.5, 1.0 / 12},
		{"normal", (*sampler).normal, 0, 1},
		{"gamma 0.4", func(s *sampler) float64 { return s.gamma(0.4) }, 0.4, 0.4},
		{"gamma 7", func(s *sampler) float64 { return s.gamma(7) }, 7, 7},
		{"poisson 0.7", func(s *sampler) float64 { return s.poisson(0.7) }, 0.7, 0.7},
		{"poisson 29", func(s *sampler) float64 { return s.poisson(29) }, 29, 29},
		{"poisson 31", func(s *sampler) float64 { return s.poisson(31) }, 31, 31},
		{"poisson 300", func(s *sampler) float64 { return s.poisson(300) }, 300, 300},
		{"binomial", func(s *sampler) float64 { return s.binomial(10, 0.3) }, 3, 2.1},
		{"softmax", func(s *sampler) float64 { return float64(s.softmax([]float64{math.Log(2)})) }, 2.0 / 3, 2.0 / 9},
	} {
		draws := n
		if tc.mean > 100 {
			draws = n / 10
		}
		s := newSampler(1)
		var m moments
		for range draws {
			m.merge(moments{1, tc.draw(s), 0})
		}
		// Five standard errors of the mean; the variance's is taken as that of a variable of kurtosis below 18.
		se := math.Sqrt(tc.variance / float64(draws))
		if math.Abs(m.mean-tc.mean) > 5*se {
			t.Errorf("%s: mean %g, want %g", tc.name, m.mean, tc.mean)
		}
		if rel := m.sd()*m.sd()/tc.variance - 1; math.Abs(rel) > 5*math.Sqrt(17/float64(draws)) {
			t.Errorf("%s: variance %g, want %g", tc.name, m.sd()*m.sd(), tc.variance)
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	for _, spec := range []GenSpec{{}, {Family: "gaussian"}, {Family: "weibull", Rows: 1},
		{Family: "poisson", Rows: 1, Numeric: -1},
		{Family: "poisson", Rows: 1, Levels: 27}} {
		if _, err := Generate(&bytes.Buffer{}, spec); !errors.Is(err, ErrOption) {
			t.Errorf("%+v: error %v, want ErrOption", spec, err)
		}
	}
}
