package diag

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rows returns the rows of testdata/goldens.tsv (ArviZ 0.22.0; testdata/goldens.py) of one kind.
func rows(t *testing.T, kind string) [][]float64 {
	t.Helper()
	text, err := os.ReadFile("testdata/goldens.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out [][]float64
	for _, line := range strings.Split(string(text), "\n") {
		c := strings.Split(line, "\t")
		if c[0] != kind {
			continue
		}
		var r []float64
		for _, s := range c[1:] {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			r = append(r, v)
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		t.Fatalf("no goldens of kind %s", kind)
	}
	return out
}

// uniforms is the generator of testdata/goldens.py.
func uniforms(seed uint64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		seed = seed*6364136223846793005 + 1442695040888963407
		out[i] = (float64(seed>>11) + 0.5) * 0x1p-53
	}
	return out
}

func chain(seed uint64, n int, rho, trend float64) []float64 {
	out, x := uniforms(seed, n), 0.0
	for i, u := range out {
		x = rho*x + (u - 0.5)
		out[i] = x + trend*float64(i)/float64(n)
	}
	return out
}

// near is NaN-strict; infinities must be equal.
func near(got, want, tol float64) bool {
	if math.IsInf(want, 0) || math.IsInf(got, 0) {
		return got == want
	}
	return math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))
}

func TestPSISGoldens(t *testing.T) {
	bounded := rows(t, "psisbounded")
	for i, r := range append(rows(t, "psis"), bounded...) {
		n := int(r[0])
		lw := uniforms(17, n)
		for j, u := range lw {
			lw[j] = -r[1]*math.Log(u) + 3
		}
		if i >= len(rows(t, "psis")) {
			for j, u := range uniforms(3, n) {
				lw[j] = -u * u
			}
		}
		p, err := Smooth(lw)
		if err != nil {
			t.Fatal(err)
		}
		got := []float64{p.K, slices.Max(p.LogWeights), slices.Min(p.LogWeights), p.ESS}
		for k, name := range []string{"k-hat", "largest", "smallest", "ess"} {
			// The reference subtracts exponentials where we use expm1.
			if !near(got[k], r[2+k], 1e-8) {
				t.Errorf("n = %d, shape %g: %s = %.12g, want %.12g", n, r[1], name, got[k], r[2+k])
			}
		}
	}
}

func TestChainGoldens(t *testing.T) {
	for _, r := range rows(t, "chain") {
		x := chain(uint64(r[0]), int(r[1]), r[2], r[3])
		for k, got := range []float64{SplitRhat(x), ESS(x), MCSE(x)} {
			if !near(got, r[4+k], 1e-8) {
				t.Errorf("chain %v: %s = %.12g, want %.12g", r[:4], []string{"rhat", "ess", "mcse"}[k], got, r[4+k])
			}
		}
	}
	two := rows(t, "two")[0]
	a, b := chain(11, 400, 0.7, 0), chain(12, 400, 0.7, 0)
	for i := range b {
		b[i] += 0.3
	}
	for k, got := range []float64{SplitRhat(a, b), ESS(a, b), MCSE(a, b)} {
		if !near(got, two[k], 1e-8) {
			t.Errorf("two chains: value %d = %.12g, want %.12g", k, got, two[k])
		}
	}
}

func TestQuantileGoldens(t *testing.T) {
	x := chain(9, 50, 0.2, 0)
	for _, r := range rows(t, "quantile") {
		if got := Quantile(x, r[0])[0]; !near(got, r[1], 1e-14) {
			t.Errorf("quantile %g = %.15g, want %.15g", r[0], got, r[1])
		}
	}
	s, want := Describe(x, 0.5), rows(t, "describe")[0]
	if !near(s.Mean, want[0], 1e-14) || !near(s.SD, want[1], 1e-14) || s.Quantiles[0] != Quantile(x, 0.5)[0] {
		t.Errorf("summary %+v, want mean %g, sd %g", s, want[0], want[1])
	}
}
