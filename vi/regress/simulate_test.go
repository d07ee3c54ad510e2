package regress

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"elbo/data"
	"elbo/graph"
)

// generated writes synthetic rows of a family with known truth, two numeric predictors and a factor.
func generated(t testing.TB, family string, rows int64, seed uint64) (csv string, truth *data.Truth) {
	t.Helper()
	var b bytes.Buffer
	truth, err := data.Generate(&b, data.GenSpec{Family: family, Rows: rows, Numeric: 2, Factors: 1, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), truth
}

// simulatedBinary writes rows of a Bernoulli response with the given mean function of the linear predictor.
func simulatedBinary(rows int, seed uint64, mean func(eta float64) float64) (csv string, truth *data.Truth) {
	truth = &data.Truth{Formula: "y ~ x1 + x2 + f1", Parameters: map[string]float64{
		"b_Intercept": -0.3, "b_x1": 0.6, "b_x2": -0.4, "b_f1B": 0.5, "b_f1C": -0.2}}
	r := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	b.WriteString("x1,x2,f1,y\n")
	for range rows {
		x1, x2, level := r.NormFloat64(), r.NormFloat64(), r.IntN(3)
		eta := -0.3 + 0.6*x1 - 0.4*x2 + []float64{0, 0.5, -0.2}[level]
		y := 0
		if r.Float64() < mean(eta) {
			y = 1
		}
		fmt.Fprintf(&b, "%v,%v,%c,%d\n", x1, x2, 'A'+level, y)
	}
	return b.String(), truth
}

func normalCDF(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// simulated writes rows of any family and link.
func simulated(t testing.TB, family string, rows int64, seed uint64) (csv string, truth *data.Truth) {
	t.Helper()
	switch family {
	case "bernoulli(probit)":
		return simulatedBinary(int(rows), seed, normalCDF)
	case "bernoulli(cloglog)":
		return simulatedBinary(int(rows), seed, func(eta float64) float64 { return -math.Expm1(-math.Exp(eta)) })
	}
	name, _, _ := strings.Cut(family, "(")
	return generated(t, name, rows, seed)
}

// everyFamily lists all families with all their links.
func everyFamily() []string {
	var out []string
	for _, f := range Families() {
		for _, l := range Links(f) {
			out = append(out, f+"("+l+")")
		}
	}
	return out
}

// prepare makes a problem of CSV text.
func prepare(t testing.TB, csv string, opt Options) *Problem {
	t.Helper()
	p, err := Prepare(csvTable(t, csv), opt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fit runs a problem to its end.
func fit(t testing.TB, p *Problem, dev graph.Device) *Fit {
	t.Helper()
	f, err := p.Fit(context.Background(), Run{Device: dev})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
