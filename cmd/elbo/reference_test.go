package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"elbo/cmd/internal/result"
)

// referenceDir returns the folder of reference data sets.
func referenceDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("ELBO_DATA")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("ELBO_DATA must name the reference data in CI")
		}
		t.Skip("set ELBO_DATA to the reference data to run this")
	}
	return dir
}

// TestFlightsAgreeWithLeastSquares fits 327,346 flights as a shell would and compares
// summary.json with the reference: means within 0.1 posterior sd and sds within 10 %, the
// figures the library promises; least squares is the posterior under weak priors at this size.
func TestFlightsAgreeWithLeastSquares(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole fit of 327,346 rows, which the reference device takes minutes for")
	}
	root, dir := referenceDir(t), t.TempDir()
	text, err := os.ReadFile(filepath.Join(root, "large", "reference", "flights_arr_delay_linear.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := reference(t, text)
	output(t, dir, 0, "fit", "-q", "--data", filepath.Join(root, "large", "flights.csv.gz"), "--family", "gaussian",
		"--out", "run",
		"--formula", `arr_delay ~ dep_delay + I(distance/1000) + origin + C(month) + C(carrier, "UA")`,
		"--require-khat", "0.7")
	var s result.Summary
	if err := json.Unmarshal(output(t, dir, 0, "summary", "run", "--json"), &s); err != nil {
		t.Fatal(err)
	}
	if s.RowsUsed != 327346 || !s.Converged() {
		t.Errorf("%d rows, stop %+v", s.RowsUsed, s.Stop)
	}
	compared := 0
	for _, p := range s.Parameters {
		w, ok := want[p.Name]
		if !ok {
			continue
		}
		compared++
		if z := (float64(p.Mean) - w[0]) / w[1]; math.Abs(z) > 0.1 {
			t.Errorf("%s: mean %v is %.3f reference sds from %v", p.Name, p.Mean, z, w[0])
		}
		if r := float64(p.SD) / w[1]; r < 0.9 || r > 1.1 {
			t.Errorf("%s: sd %v, reference %v", p.Name, p.SD, w[1])
		}
	}
	if compared != 31 {
		t.Errorf("%d coefficients compared, want 31", compared)
	}
}

// reference reads coefficients and their standard errors, under the names our tables use:
// "origin=JFK" there is b_originJFK here.
func reference(t *testing.T, text []byte) map[string][2]float64 {
	t.Helper()
	var r struct {
		Coefficients map[string]struct{ Estimate, SE float64 }
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"intercept": "b_Intercept", "distance/1000": "b_I(distance/1000)"}
	out := map[string][2]float64{}
	for name, c := range r.Coefficients {
		ours, ok := names[name]
		if !ok {
			ours = "b_" + strings.ReplaceAll(name, "=", "")
		}
		out[ours] = [2]float64{c.Estimate, c.SE}
	}
	return out
}
