package data

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeFile puts text into a file of a temporary folder and returns its path.
func writeFile(tb testing.TB, name, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// gzipText compresses text.
func gzipText(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text) // a bytes.Buffer does not fail
	z.Close()
	return b.String()
}

// openText opens text as a CSV file.
func openText(tb testing.TB, text string, opt Options) (Table, *Report) {
	tb.Helper()
	t, r, err := Open(writeFile(tb, "in.csv", text), opt)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { t.Close() })
	return t, r
}

// cells prints a column's values: labels, or numbers in shortest form, with NA for missing.
func cells(tb testing.TB, t Table, name string) string {
	tb.Helper()
	c, _, ok := t.Schema().Lookup(name)
	if !ok {
		tb.Fatalf("no column %q in %v", name, t.Schema().Names())
	}
	recs, err := t.Records(0, t.Rows(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for ; len(recs) > 0; recs = recs[t.Schema().RecordBytes:] {
		out = append(out, cell(recs, c))
	}
	return strings.Join(out, " ")
}

func TestCSVValues(t *testing.T) {
	tests := []struct {
		name, text string
		opt        Options
		column     string
		kind       Kind
		want       string
	}{
		{"integers", "a\n1\n-2\n30\n", Options{}, "a", KindFloat, "1 -2 30"},
		{"no final line break", "a\n1\n2", Options{}, "a", KindFloat, "1 2"},
		{"decimals", "a\n1.5\n.25\n-0.125\n3.\n", Options{}, "a", KindFloat, "1.5 0.25 -0.125 3"},
		{"exponents", "a\n1e3\n-2.5E-3\n+4e+0\n", Options{}, "a", KindFloat, "1000 -0.0025 4"},
		{"long digits", "a\n12345678901234567890\n0.1234567890123456789\n9007199254740993\n", Options{}, "a", KindFloat,
			"1.2345678901234567e+19 0.12345678901234568 9.007199254740992e+15"},
		{"hard rounding", "a\n1.7976931348623157e308\n4.9e-324\n2.2250738585072011e-308\n", Options{}, "a", KindFloat,
			"1.7976931348623157e+308 5e-324 2.225073858507201e-308"},
		{"infinite", "a\ninf\n-Infinity\n1e999\n1\n", Options{}, "a", KindFloat, "+Inf -Inf +Inf 1"},
		{"missing", "a,b\n,x\nNA,\nNaN,null\nnan,N/A\n7,y\n", Options{}, "a", KindFloat, "NA NA NA NA 7"},
		{"missing labels", "a,b\n,x\nNA,\nNaN,null\nnan,N/A\n7,y\n", Options{}, "b", KindFactor, "x NA NA NA y"},
		{"own missing marks", "a\n-999\n.\n5\n", Options{NA: []string{"-999", "."}}, "a", KindFloat, "NA NA 5"},
		{"own marks replace", "a\nNA\nx\n?\n", Options{NA: []string{"?"}}, "a", KindFactor, "NA x NA"},
		{"blanks around numbers", "a,b\n 1,2 \n\t3, 4\n", Options{}, "b", KindFloat, "2 4"},
		{"labels keep blanks", "a\n x\nx\n", Options{}, "a", KindFactor, " x x"},
		{"leading zeros stay", "a\n01\n1\nx\n1.0\n", Options{}, "a", KindFactor, "01 1 x 1.0"},
		{"hexadecimal is text", "a\n0x10\n1_000\n", Options{}, "a", KindFactor, "0x10 1_000"},
		{"quoted numbers", "a,b\n\"1\",2\n\"-3.5\",4\n", Options{}, "a", KindFloat, "1 -3.5"},
		{"quoted text", "a,b\n\"x,y\",1\n\"say \"\"hi\"\"\",2\n\"\",3\n", Options{}, "a", KindFactor, `x,y say "hi" NA`},
		{"line break in quotes", "a,b\n\"x\ny\",1\nz,2\n", Options{}, "a", KindFactor, "x\ny z"},
		{"after a line break in quotes", "a,b\n\"x\ny\",1\nz,2\n", Options{}, "b", KindFloat, "1 2"},
		{"quote inside a field", "a,b\n5'11\",1\n6'2\",2\n", Options{}, "a", KindFactor, "5'11\" 6'2\""},
		{"CRLF numbers", "a,b\r\n1,2\r\n3,4\r\n", Options{}, "b", KindFloat, "2 4"},
		{"CRLF text", "a,b\r\n1,x\r\n3,a long label\r\n", Options{}, "b", KindFactor, "x a long label"},
		{"CRLF empty", "a,b\r\n1,\r\n3,4\r\n", Options{}, "b", KindFloat, "NA 4"},
		{"byte order mark", "\xef\xbb\xbfa,b\n1,2\n", Options{}, "a", KindFloat, "1"},
		{"blank lines", "\n\na,b\n\n1,2\n\n\n3,4\n\n", Options{}, "b", KindFloat, "2 4"},
		{"semicolons", "a;b\n1;x,y\n2;z\n", Options{}, "b", KindFactor, "x,y z"},
		{"tabs", "a\tb\n1\tx y\n2\tz\n", Options{}, "b", KindFactor, "x y z"},
		{"asked delimiter", "a:b\n1:2\n", Options{Delimiter: ':'}, "b", KindFloat, "2"},
		{"nameless column", ",b\n1,2\n", Options{}, "column1", KindFloat, "1"},
		{"names are trimmed", "a, b\n1,2\n", Options{}, "b", KindFloat, "2"},
		{"some columns", "a,b,c\n1,x,2\n3,\"y,\nz\",4\n", Options{Columns: []string{"c"}}, "c", KindFloat, "2 4"},
		{"optional column", "a,b\n1,2\n", Options{Columns: []string{"a"}, Optional: []string{"b", "zzz"}}, "b", KindFloat,
			"2"},
		{"forced factor", "a\n02\n10\n2\n", Options{Kinds: map[string]Kind{"a": KindFactor}}, "a", KindFactor, "02 10 2"},
		{"frozen levels", "a\nx\nnew\ny\nother\nnew\n", Options{Levels: map[string][]string{"a": {"y", "x"}}}, "a",
			KindFactor, "x new y other new"},
		{"all missing", "a,b\nNA,1\n,2\n", Options{}, "a", KindFloat, "NA NA"},
		{"a level spelt like a long mark", "a\nnot available\nx\n", Options{NA: []string{"not available"}}, "a",
			KindFactor, "NA x"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			tab, _ := openText(t, tc.text, tc.opt)
			c, _, _ := tab.Schema().Lookup(tc.column)
			if c == nil || c.Kind != tc.kind {
				t.Fatalf("column %q is %+v, want kind %v", tc.column, c, tc.kind)
			}
			if got := cells(t, tab, tc.column); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestCSVLateText checks that a column that turns to text far into the file keeps the spelling of all its values.
func TestCSVLateText(t *testing.T) {
	var text strings.Builder
	text.WriteString("n,late,empty\n")
	const rows = 60000
	for i := range rows {
		switch {
		case i == rows-2:
			text.WriteString("5,odd,first\n")
		case i%2 == 0:
			text.WriteString("5,01,\n")
		default:
			text.WriteString("5,1.0,\n")
		}
	}
	for _, name := range []string{"in.csv", "in.csv.gz"} {
		content := text.String()
		if strings.HasSuffix(name, ".gz") {
			content = gzipText(content)
		}
		tab, rep, err := Open(writeFile(t, name, content), Options{})
		if err != nil {
			t.Fatal(err)
		}
		c, _, _ := tab.Schema().Lookup("late")
		if rep.Passes != 2 || tab.Rows() != rows || !slices.Equal(c.Levels, []string{"01", "1.0", "odd"}) {
			t.Fatalf("%d passes, %d rows, levels %q", rep.Passes, tab.Rows(), c.Levels)
		}
		e, _, _ := tab.Schema().Lookup("empty")
		if e.Missing != rows-1 || !slices.Equal(e.Levels, []string{"first"}) {
			t.Errorf("column empty: %+v", e)
		}
		recs, err := tab.Records(rows-4, rows, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"01", "1.0", "odd", "1.0"} {
			if got := cell(recs[i*tab.Schema().RecordBytes:], c); got != want {
				t.Errorf("row %d: %q, want %q", rows-4+i, got, want)
			}
		}
	}
}

func TestCSVColumnCounts(t *testing.T) {
	tab, rep := openText(t, "a,b,c\n1,x,0.5\nNA,y,inf\n-3,,2\n2,x,-inf\n", Options{})
	a, b, c := &tab.Schema().Columns[0], &tab.Schema().Columns[1], &tab.Schema().Columns[2]
	if !a.Integer || a.Missing != 1 || a.Min != -3 || a.Max != 2 {
		t.Errorf("a: %+v", a)
	}
	if b.Missing != 1 || !slices.Equal(b.Levels, []string{"x", "y"}) {
		t.Errorf("b: %+v", b)
	}
	if c.Integer || c.Infinite != 2 || c.InfRow != 1 || c.Min != 0.5 || c.Max != 2 {
		t.Errorf("c: %+v", c)
	}
	if len(rep.Notes) != 1 || !strings.Contains(rep.Notes[0], `"c" has 2 infinite values, the first in line 3`) {
		t.Errorf("notes: %q", rep.Notes)
	}
	if rep.Rows != 4 || rep.Passes != 1 || rep.Delimiter != "," {
		t.Errorf("report: %+v", rep)
	}
}

func TestCSVSourceLine(t *testing.T) {
	tab, _ := openText(t, "a,b\n1,2\n\n\"x\n\ny\",2\n3,4\r\n\n\n5,6\n7,8\n", Options{})
	for row, want := range []int64{2, 4, 7, 10, 11} {
		if got := tab.SourceLine(int64(row)); got != want {
			t.Errorf("row %d: line %d, want %d", row, got, want)
		}
	}
	if tab.SourceLine(-1) != 0 || tab.SourceLine(5) != 0 {
		t.Error("rows outside the table have lines")
	}
}

// TestCSVBlockBoundaries moves the end of the first block across every byte of a pattern with quotes, CRLF and
// long fields, in plain and gzip form.
func TestCSVBlockBoundaries(t *testing.T) {
	const pattern = "7,\"q\"\"\r\nz\",\"0.125\"\r\n8,plain label text,\r\n"
	for shift := range len(pattern) + 1 {
		var text strings.Builder
		text.WriteString("a,b,c\r\n")
		text.WriteString("1," + strings.Repeat("p", csvBlockBytes-40-shift) + ",2\r\n")
		for range 6 {
			text.WriteString(pattern)
		}
		tab, _ := openText(t, text.String(), Options{})
		b, _, _ := tab.Schema().Lookup("b")
		if tab.Rows() != 13 || len(b.Levels) != 3 || b.Levels[0] != "plain label text" || b.Levels[2] != "q\"\r\nz" {
			t.Fatalf("shift %d: %d rows, %d levels", shift, tab.Rows(), len(b.Levels))
		}
		if got := cells(t, tab, "c"); got != "2"+strings.Repeat(" 0.125 NA", 6) {
			t.Fatalf("shift %d: c is %q", shift, got)
		}
	}
}

func TestOpenStdin(t *testing.T) {
	for _, text := range []string{"a,b\n1,x\n2,y\n", gzipText("a,b\n1,x\n2,y\n")} {
		f, err := os.Open(writeFile(t, "piped", text))
		if err != nil {
			t.Fatal(err)
		}
		saved := os.Stdin
		os.Stdin = f
		tab, rep, err := Open("-", Options{})
		os.Stdin = saved
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if got := cells(t, tab, "b"); got != "x y" || rep.File != "<stdin>" {
			t.Errorf("got %q from %s", got, rep.File)
		}
	}
}

func TestOptionErrors(t *testing.T) {
	path := writeFile(t, "in.csv", "distance,origin\n1,x\n")
	for _, tc := range []struct {
		opt   Options
		class error
		text  string
	}{
		{Options{Columns: []string{"distnace"}}, ErrColumn, `did you mean "distance"`},
		{Options{Kinds: map[string]Kind{"Origin": KindFactor}}, ErrColumn, `did you mean "origin"`},
		{Options{Levels: map[string][]string{"zzz": nil}}, ErrColumn, "columns: distance, origin"},
		{Options{Delimiter: '"'}, ErrOption, "cannot separate"},
		{Options{Delimiter: '1'}, ErrOption, "cannot separate"},
		{Options{Format: "parquet"}, ErrOption, "unknown format"},
		{Options{MaxLevels: -1}, ErrOption, "negative limit"},
		{Options{Columns: []string{}}, ErrOption, "no column is kept"},
		{Options{Levels: map[string][]string{"origin": {"x"}}, Kinds: map[string]Kind{"origin": KindFloat}}, ErrOption,
			"frozen levels"},
	} {
		_, _, err := Open(path, tc.opt)
		if !errors.Is(err, tc.class) || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%+v: error %v, want %v with %q", tc.opt, err, tc.class, tc.text)
		}
	}
}

// TestParseNumberAgainstStrconv compares the exact short cuts with the general algorithm on random spellings.
func TestParseNumberAgainstStrconv(t *testing.T) {
	checkNumbers(t, 20000)
	if _, ok := parseNumber([]byte("1e")); ok {
		t.Error("1e is taken for a number")
	}
	if v, ok := parseNumber([]byte("-0")); !ok || !math.Signbit(v) {
		t.Errorf("-0 reads as %v", v)
	}
}
