package drawfile

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestDrawsReadBack reads the file as any Parquet reader would: columns in order, values to the last bit.
func TestDrawsReadBack(t *testing.T) {
	d := Draws{
		Names: []string{"b_Intercept", "b_x:f\"B", "b_a,b", "sigma"}, LogP: []float64{-1, -2, -3},
		LogQ: []float64{-0.5, -0.25, math.Pi},
	}
	for i := range 12 {
		d.Values = append(d.Values, math.Sqrt(float64(i)))
	}
	var out bytes.Buffer
	if err := Write(&out, d, map[string]string{"formula": "y ~ x"}); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range f.Schema().Columns() {
		names = append(names, c[0])
	}
	want := append(append([]string{".chain", ".iteration", ".draw"}, d.Names...), "lp__", "log_p__", "log_g__")
	if !slices.Equal(names, want) {
		t.Fatalf("columns %q, want %q", names, want)
	}
	for k, v := range map[string]string{"schema_version": "1", "formula": "y ~ x"} {
		if got, ok := f.Lookup(k); !ok || got != v {
			t.Errorf("metadata %s = %q, want %q", k, got, v)
		}
	}
	rows := make([]parquet.Row, 3)
	r := parquet.NewReader(f)
	if n, err := r.ReadRows(rows); n != 3 {
		t.Fatalf("%d rows: %v", n, err)
	}
	for s, row := range rows {
		if row[0].Int32() != 1 || row[1].Int32() != int32(s+1) || row[2].Int32() != int32(s+1) {
			t.Errorf("row %d begins %v", s, row[:3])
		}
		values := append(append([]float64(nil), d.Values[s*4:s*4+4]...), d.LogP[s], d.LogP[s], d.LogQ[s])
		for i, x := range values {
			if got := row[3+i].Double(); got != x {
				t.Errorf("row %d column %q: %v, want %v", s, want[3+i], got, x)
			}
		}
	}
}

func TestDuplicateNamesAreRefused(t *testing.T) {
	for _, names := range [][]string{{"b", "b"}, {"lp__"}, {".draw"}} {
		if err := Write(new(bytes.Buffer), Draws{Names: names}, nil); err == nil {
			t.Errorf("%q was written", names)
		}
	}
}
