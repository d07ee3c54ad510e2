package formula

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"elbo/data"
)

// openSmall reads testdata/small.csv.
func openSmall(t testing.TB) data.Table {
	t.Helper()
	tab, _, err := data.Open("testdata/small.csv", data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tab.Close() })
	return tab
}

// fitText parses and fits, failing the test on any error.
func fitText(t testing.TB, text string, tab data.Table, opt Options) (*Encoder, *FitReport) {
	t.Helper()
	f, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	enc, report, err := Fit(f, tab, opt)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return enc, report
}

// encoded is everything that a coder gives for the kept rows of a table.
type encoded struct {
	x, y, offset, weight, trials []float64
	missing                      []bool
}

// encodeAll encodes the rows of a set; with flag missing values are flagged, otherwise they fail the test.
func encodeAll(t testing.TB, enc *Encoder, tab data.Table, rows *RowSet, flag bool) encoded {
	t.Helper()
	c, err := enc.Bind(tab.Schema(), UnseenError)
	if err != nil {
		t.Fatal(err)
	}
	n := int(rows.Len())
	out := encoded{x: make([]float64, n*enc.P()), offset: make([]float64, n)}
	if c.HasResponse() {
		out.y, out.weight, out.trials = make([]float64, n), make([]float64, n), make([]float64, n)
	}
	if flag {
		out.missing = make([]bool, n)
	}
	err = Scan(tab, rows, 0, func(recs []byte, n int, first int64) error {
		from := func(s []float64) []float64 {
			if s == nil {
				return nil
			}
			return s[first:]
		}
		b := Block[float64]{X: out.x[int(first)*enc.P():], Offset: out.offset[first:],
			Y: from(out.y), Weight: from(out.weight), Trials: from(out.trials)}
		if flag {
			b.Missing = out.missing[first:]
		}
		return c.EncodeRows(recs, n, &b)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wantClose compares with a relative tolerance, absolute below 1. NaN equals nothing.
func wantClose(t testing.TB, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*max(1, math.Abs(want[i]))) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// TestDesignAgainstR compares design matrices and column names with model.matrix() of R 4.2.2 (testdata/golden.R
// made golden.json).
func TestDesignAgainstR(t *testing.T) {
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Tool  string
		Cases []struct {
			Formula string
			Names   []string
			X       []float64
		}
	}
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	tab := openSmall(t)
	for _, g := range golden.Cases {
		t.Run(g.Formula, func(t *testing.T) {
			enc, report := fitText(t, g.Formula, tab, Options{})
			want := make([]string, len(g.Names))
			for i, name := range g.Names {
				want[i] = "b_" + nameFromR(name)
			}
			for i, name := range enc.Names() {
				if name = strings.ReplaceAll(name, "**", "^"); name != want[i] {
					t.Fatalf("column %d is %s, want %s (all: %v)", i, name, want[i], enc.Names())
				}
			}
			// 1e-12: the polynomials of degree 4 agree to a few units in the thirteenth digit, everything else to
			// rounding.
			wantClose(t, golden.Tool, encodeAll(t, enc, tab, report.Kept, false).x, g.X, 1e-12)
		})
	}
}

// nameFromR drops the spaces that R puts into calls, and the backquotes around names that stand alone.
func nameFromR(name string) string {
	parts := strings.Split(name, ":")
	for i, part := range parts {
		if strings.HasPrefix(part, "`") {
			parts[i] = strings.Trim(part, "`")
		} else if !strings.Contains(part, "`") {
			parts[i] = strings.ReplaceAll(part, " ", "")
		}
	}
	return strings.Join(parts, ":")
}
