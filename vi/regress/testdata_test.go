package regress

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"elbo/data"
)

// reference returns the path of a reference file, or skips the test where ELBO_DATA is not set.
func reference(t testing.TB, file string) string {
	t.Helper()
	dir := os.Getenv("ELBO_DATA")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("ELBO_DATA is not set: point it at the reference data")
		}
		t.Skip("ELBO_DATA is not set: point it at the reference data to run this test")
	}
	return filepath.Join(dir, file)
}

// openTable opens a file of rows and closes it with the test.
func openTable(t testing.TB, path string) data.Table {
	t.Helper()
	tab, _, err := data.Open(path, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tab.Close(); err != nil {
			t.Errorf("close %s: %v", path, err)
		}
	})
	return tab
}

// csvTable writes a CSV file and opens it.
func csvTable(t testing.TB, text string) data.Table {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return openTable(t, path)
}

// arraysToCSV writes the arrays of a JSON object that are asked for, as "array" or "array as column", to a CSV file.
func arraysToCSV(t testing.TB, path string, columns []string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	var header []string
	var values [][]float64
	for _, c := range columns {
		array, name, renamed := strings.Cut(c, " as ")
		if !renamed {
			name = array
		}
		var v []float64
		if err := json.Unmarshal(all[array], &v); err != nil {
			t.Fatalf("%s: array %q: %v", path, array, err)
		}
		header, values = append(header, name), append(values, v)
	}
	var b strings.Builder
	fmt.Fprintln(&b, strings.Join(header, ","))
	for i := range values[0] {
		for j := range values {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.FormatFloat(values[j][i], 'g', -1, 64))
		}
		b.WriteByte('\n')
	}
	out := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(out, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return out
}

// answer is what a reference says of one parameter.
type answer struct{ mean, sd float64 }

// answers reads a reference: posterior summaries, or estimates with standard errors.
func answers(t testing.TB, path string) map[string]answer {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	type estimate struct {
		Estimate, SE float64
		SEApprox     float64 `json:"se_approx"`
	}
	var r struct {
		Parameters   map[string]struct{ Mean, SD float64 }
		Coefficients map[string]estimate
		Sigma        *estimate
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	out := map[string]answer{}
	for name, p := range r.Parameters {
		out[name] = answer{p.Mean, p.SD}
	}
	for name, c := range r.Coefficients {
		out[name] = answer{c.Estimate, c.SE}
	}
	if r.Sigma != nil {
		out["sigma"] = answer{r.Sigma.Estimate, r.Sigma.SEApprox}
	}
	return out
}

// parsePriors reads settings as --prior takes them.
func parsePriors(t testing.TB, settings []string) []PriorSetting {
	t.Helper()
	var out []PriorSetting
	for _, s := range settings {
		p, err := ParsePriorSetting(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}
