package dist

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"

	"elbo/graph"
	"elbo/kernels"
)

// golden is one row of testdata/goldens.tsv (mpmath 1.3.0 at 60 digits, checked against
// scipy 1.17.1's logpdf and logpmf; testdata/goldens.py writes it).
type golden struct {
	name    string
	params  []float64
	x, want float64
	f32     bool
}

func goldens(t *testing.T) []golden {
	t.Helper()
	f, err := os.Open("testdata/goldens.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // read only
	num := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	var rows []golden
	for sc := bufio.NewScanner(f); sc.Scan(); {
		c := strings.Split(sc.Text(), "\t")
		if len(c) != 5 {
			continue
		}
		r := golden{name: c[0], x: num(c[2]), want: num(c[3]), f32: c[4] == "1"}
		for _, p := range strings.Split(c[1], ",") {
			r.params = append(r.params, num(p))
		}
		rows = append(rows, r)
	}
	if len(rows) < 100 {
		t.Fatalf("only %d goldens", len(rows))
	}
	return rows
}

func TestLogProbGoldens(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range goldens(t) {
		seen[r.name] = true
		f := lookup(t, r.name, r.params)
		for _, dt := range []kernels.DType{kernels.F64, kernels.F32} {
			// float64: terms of a few hundred cancel to O(1); the rows marked unusable in float32
			// have terms of 10⁵ to 10⁷. float32 rounds x and parameters as well.
			tol := 2e-12
			if !r.f32 {
				tol = 5e-9
			}
			if dt == kernels.F32 {
				if !r.f32 {
					continue
				}
				tol = 2e-5
			}
			got := run(t, dt, 1, columns(append(r.params, r.x)...), func(g *graph.Graph, in nodes) nodes {
				return nodes{f.make(g, in[:len(r.params)]).LogProb(in[len(r.params)])}
			})[0][0]
			if !near(got, r.want, tol) {
				t.Errorf("%v %s%v at %g: %.15g, want %.15g", dt, r.name, r.params, r.x, got, r.want)
			}
		}
	}
	for _, f := range families {
		if !seen[f.name] {
			t.Errorf("no golden for %s", f.name)
		}
	}
}

func TestHostLogPDFGoldens(t *testing.T) {
	for _, r := range goldens(t) {
		got, err := LogPDF(r.name, r.x, r.params...)
		if err != nil {
			t.Fatal(err)
		}
		tol := 2e-12
		if !r.f32 {
			tol = 5e-9
		}
		if !near(got, r.want, tol) {
			t.Errorf("%s%v at %g: %.15g, want %.15g", r.name, r.params, r.x, got, r.want)
		}
	}
}

func TestLogPDFRefusesMisuse(t *testing.T) {
	if _, err := LogPDF("gausian", 0, 0, 1); err == nil || !strings.Contains(err.Error(), "normal") {
		t.Errorf("unknown name: %v", err)
	}
	if _, err := LogPDF("normal", 0, 1); err == nil || !strings.Contains(err.Error(), "sigma") {
		t.Errorf("missing parameter: %v", err)
	}
	if len(HostNames()) != len(hostDensities) || len(HostParams("gamma")) != 2 {
		t.Error("names or parameters are missing")
	}
}
