package formula

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"elbo/data"
)

// openText writes CSV text to a file and opens it.
func openText(t testing.TB, text string, opt data.Options) data.Table {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tab, _, err := data.Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tab.Close() })
	return tab
}

// fitError parses and fits, and gives the error of Fit.
func fitError(t *testing.T, text string, tab data.Table, opt Options) error {
	t.Helper()
	f, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Fit(f, tab, opt)
	return err
}

const withHoles = "y,x,f\n1,1,a\n2,,b\n,3,a\n4,4,\n5,5,c\nNA,NA,b\n7,7,a\n"

func TestMissingRowsAreDropped(t *testing.T) {
	tab := openText(t, withHoles, data.Options{})
	enc, report := fitText(t, "y ~ x + f", tab, Options{})
	if report.Rows != 7 || report.RowsUsed != 3 || !reflect.DeepEqual(report.RowsDropped, map[string]int64{"y": 2,
		"x": 2, "f": 1}) {
		t.Errorf("report is %+v", report)
	}
	got := encodeAll(t, enc, tab, report.Kept, false)
	// Level b occurs in dropped rows alone, so it has no column.
	wantClose(t, "x", got.x, []float64{1, 1, 0, 1, 5, 1, 1, 7, 0}, 0)
	wantClose(t, "y", got.y, []float64{1, 5, 7}, 0)
	// Columns that the formula does not use drop nothing.
	if _, report = fitText(t, "y ~ 1", tab, Options{}); report.RowsUsed != 5 || len(report.RowsDropped) != 1 {
		t.Errorf("y ~ 1: report is %+v", report)
	}
}

func TestMissingAsError(t *testing.T) {
	err := fitError(t, "y ~ x + f", openText(t, withHoles, data.Options{}), Options{NA: NAError})
	var bad *RowError
	if !errors.As(err, &bad) || bad.Line != 3 || bad.Row != 1 || bad.Column != "x" {
		t.Errorf("error is %v", err)
	}
}

// TestFaultsOfData lists formulas that a table refuses.
func TestFaultsOfData(t *testing.T) {
	tab := openText(t, "y,x,f,g,neg,one,inf,count,zero,w\n"+
		"1,0.5,a,u,-1,3,1,2,0,1\n2,1,b,u,2,3,inf,3,1,-2\n3,0,c,u,0.25,3,2,1,2,1\n", data.Options{})
	for _, c := range []struct {
		formula string
		opt     Options
		kind    error
		line    int64 // of a RowError, 0 for other errors
		msg     string
	}{
		{"y ~ coumt", Options{}, ErrUnknown, 0, `no column "coumt" in the data; did you mean "count"?`},
		{"y ~ x - nothere", Options{}, ErrUnknown, 0, `no column "nothere"`},
		{"y ~ log(F)", Options{}, ErrUnknown, 0, `did you mean "f"`},
		{"nope ~ x", Options{}, ErrUnknown, 0, `no column "nope"`},
		{"y ~ x + offset(nope)", Options{}, ErrUnknown, 0, `no column "nope"`},
		{"y ~ log(f)", Options{}, ErrData, 0, `column "f" holds text ("a", "b", "c") where a number is needed`},
		{"f ~ x", Options{}, ErrData, 0, "the response f is a factor"},
		{"f ~ x", Options{Outcome: OutcomeBinary}, ErrData, 0, "two levels, f has 3"},
		{"g ~ x", Options{Outcome: OutcomeCategory}, ErrData, 0, `the one level "u"`},
		{"y ~ C(f, \"d\")", Options{}, ErrUnknown, 0, `reference level "d" does not occur`},
		{"y ~ log(x)", Options{}, ErrData, 4, "log(x): the value is minus infinity"},
		{"y ~ sqrt(neg)", Options{}, ErrData, 2, "sqrt(neg): the value is not a number"},
		{"log(x) ~ f", Options{}, ErrData, 4, "log(x)"},
		{"y ~ I(1/x)", Options{}, ErrData, 4, "I(1/x): the value is infinite"},
		{"y ~ offset(log(x))", Options{}, ErrData, 4, "log(x)"},
		{"y ~ inf", Options{}, ErrData, 3, "inf: the value is infinite"},
		{"y ~ poly(x, 3)", Options{}, ErrData, 0, "poly(x,3) needs more than 3 different values"},
		{"y ~ bs(one)", Options{}, ErrData, 0, "the values are all the same"},
		{"log(y) ~ x", Options{Outcome: OutcomeCategory}, ErrData, 0, "a categorical response cannot be arithmetic"},
		{"y | weights(w) ~ x", Options{}, ErrData, 3, "the weight -2 is negative"},
		{"y | trials(count) ~ x", Options{}, ErrData, 4, "3 successes in 1 trials"},
		{"y | trials(x) ~ f", Options{}, ErrData, 2, "the number of trials 0.5 is not a whole number"},
		{"cbind(y, neg) ~ x", Options{}, ErrData, 2, "1 successes in 0 trials"},
		{"y | trials(count) ~ x", Options{Outcome: OutcomeBinary}, ErrData, 0, "counts successes in trials"},
		{"y ~ x", Options{Outcome: OutcomeBinary}, ErrData, 3, "2 is neither 0 nor 1"},
		{"zero ~ x", Options{Outcome: OutcomeBinary}, ErrData, 4, "2 is neither 0 nor 1"},
		{"neg ~ x", Options{Check: func(y, _ float64) string {
			if y < 0 {
				return "a count cannot be negative"
			}
			return ""
		}}, ErrData, 2, "neg: a count cannot be negative"},
		{"y ~ f*g*C(y)*C(x)", Options{MaxColumns: 6}, ErrTooWide, 0, "wider than 6 columns (factor f has 3 levels)"},
		{"y ~ C(x)", Options{MaxColumns: 2}, ErrTooWide, 0, "factor C(x) has 3 levels"},
		{"y ~ x", Options{NA: "keep"}, ErrData, 0, "unknown policy"},
	} {
		err := fitError(t, c.formula, tab, c.opt)
		var bad *RowError
		line := int64(0)
		if errors.As(err, &bad) {
			line = bad.Line
		}
		if err == nil || !errors.Is(err, c.kind) || line != c.line || !strings.Contains(err.Error(), c.msg) {
			t.Errorf("%s: error is %v, want line %d: %s", c.formula, err, c.line, c.msg)
		}
	}
}

func TestNoRowsLeft(t *testing.T) {
	err := fitError(t, "y ~ x", openText(t, "y,x\n1,\n,2\n", data.Options{}), Options{})
	if !errors.Is(err, ErrData) || !strings.Contains(err.Error(),
		`no rows are left: "x" is missing in 1, "y" is missing in 1`) {
		t.Errorf("error is %v", err)
	}
}

func TestResponses(t *testing.T) {
	tab := openText(t, "y,s,f,k,n,w,c,x\n0,-1,no,1,4,0.5,3,1\n1,1,yes,2,5,2,1,2\n1,-1,yes,0,3,0,7,3\n", data.Options{})
	for _, c := range []struct {
		formula         string
		outcome         Outcome
		y, trial, weigh []float64
		levels          string
	}{
		{"y ~ x", "", []float64{0, 1, 1}, []float64{1, 1, 1}, []float64{1, 1, 1}, ""},
		{"y ~ x", OutcomeBinary, []float64{0, 1, 1}, []float64{1, 1, 1}, []float64{1, 1, 1}, ""},
		{"s ~ x", OutcomeBinary, []float64{0, 1, 0}, []float64{1, 1, 1}, []float64{1, 1, 1}, ""},
		{"f ~ x", OutcomeBinary, []float64{0, 1, 1}, []float64{1, 1, 1}, []float64{1, 1, 1}, "no,yes"},
		{"C(f, \"yes\") ~ x", OutcomeBinary, []float64{1, 0, 0}, []float64{1, 1, 1}, []float64{1, 1, 1}, "yes,no"},
		{"c ~ x", OutcomeCategory, []float64{1, 0, 2}, []float64{1, 1, 1}, []float64{1, 1, 1}, "1,3,7"},
		{"f ~ x", OutcomeCategory, []float64{0, 1, 1}, []float64{1, 1, 1}, []float64{1, 1, 1}, "no,yes"},
		{"C(c, 3) | weights(w) ~ x", OutcomeCategory, []float64{0, 1, 2}, []float64{1, 1, 1}, []float64{0.5, 2, 0},
			"3,1,7"},
		{"k | trials(n) ~ x", "", []float64{1, 2, 0}, []float64{4, 5, 3}, []float64{1, 1, 1}, ""},
		{"k | trials(5) + weights(w) ~ x", "", []float64{1, 2, 0}, []float64{5, 5, 5}, []float64{0.5, 2, 0}, ""},
		{"p(k, n) ~ x", "", []float64{1, 2, 0}, []float64{4, 5, 3}, []float64{1, 1, 1}, ""},
		{"cbind(k, n-k) ~ x", "", []float64{1, 2, 0}, []float64{4, 5, 3}, []float64{1, 1, 1}, ""},
		{"log(w + 1)*2 ~ x", "", []float64{2 * math.Log(1.5), 2 * math.Log(3), 0}, []float64{1, 1, 1}, []float64{1,
			1, 1}, ""},
	} {
		enc, report := fitText(t, c.formula, tab, Options{Outcome: c.outcome})
		got := encodeAll(t, enc, tab, report.Kept, false)
		wantClose(t, c.formula+" y", got.y, c.y, 1e-15)
		wantClose(t, c.formula+" trials", got.trials, c.trial, 0)
		wantClose(t, c.formula+" weights", got.weight, c.weigh, 0)
		if levels := strings.Join(enc.Response().Levels, ","); levels != c.levels {
			t.Errorf("%s: levels are %s", c.formula, levels)
		}
	}
}

// TestOffsetsAdd checks that several offsets sum up and none gives zero.
func TestOffsetsAdd(t *testing.T) {
	tab := openSmall(t)
	enc, report := fitText(t, "y ~ x + offset(log(w)) + (offset(z))", tab, Options{})
	plain, _ := fitText(t, "y ~ log(w) + z", tab, Options{})
	got, want := encodeAll(t, enc, tab, report.Kept, false), encodeAll(t, plain, tab, report.Kept, false)
	for r, o := range got.offset {
		if w := want.x[r*3+1] + want.x[r*3+2]; o != w || want.offset[r] != 0 {
			t.Fatalf("row %d: offset %v, want %v", r, o, w)
		}
	}
}

// TestDesignIgnoresRowOrder shuffles the rows: the same rows must get the same columns, to the rounding of the
// learnt parameters.
func TestDesignIgnoresRowOrder(t *testing.T) {
	b, err := os.ReadFile("testdata/small.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	reversed := lines[0] + "\n"
	for i := len(lines) - 1; i > 0; i-- {
		reversed += lines[i] + "\n"
	}
	const text = "y ~ f*g + poly(x, 3) + bs(z, df = 4) + scale(w) + C(m)"
	one, two := openSmall(t), openText(t, reversed, data.Options{})
	encOne, report := fitText(t, text, one, Options{})
	encTwo, _ := fitText(t, text, two, Options{})
	x, back := encodeAll(t, encOne, one, report.Kept, false).x, encodeAll(t, encTwo, two, report.Kept, false).x
	p, n := encOne.P(), len(lines)-1
	for r := range n {
		wantClose(t, fmt.Sprintf("row %d", r), back[(n-1-r)*p:(n-r)*p], x[r*p:(r+1)*p], 1e-13)
	}
}

// TestEncoderSurvivesJSON checks that a frozen encoder codes to the same bits after JSON.
func TestEncoderSurvivesJSON(t *testing.T) {
	tab := openSmall(t)
	enc, report := fitText(t,
		"cbind(k, n) | weights(w) ~ poly(log(w), 3):g + bs(x, df = 5) + C(m, 3)*scale(z) + `my col` + offset(x)",
		tab, Options{})
	b, err := json.Marshal(enc)
	if err != nil {
		t.Fatal(err)
	}
	var again Encoder
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(enc, &again) {
		t.Errorf("after JSON the encoder is\n%+v\nwas\n%+v", again, enc)
	}
	if one, two := encodeAll(t, enc, tab, report.Kept, false), encodeAll(t, &again, tab, report.Kept,
		false); !reflect.DeepEqual(one, two) {
		t.Error("after JSON the encoder codes differently")
	}
	if names := strings.Join(again.NeedsColumns(), ","); names != "w,g,x,m,z,my col" {
		t.Errorf("needs columns %s", names)
	}
	if names := strings.Join(again.ResponseColumns(), ","); names != "k,n,w" {
		t.Errorf("response columns %s", names)
	}
}

// TestDamagedEncoders checks that broken JSON is refused, never believed and never a panic.
func TestDamagedEncoders(t *testing.T) {
	enc, _ := fitText(t, "y ~ poly(x, 2) + bs(z, df = 4) + f:g", openSmall(t), Options{})
	b, err := json.Marshal(enc)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to string }{
		{`"schema_version":1`, `"schema_version":2`},
		{`"formula":`, `"formulary":`},
		{`"variables":[2,3]`, `"variables":[2,4]`},
		{`"variables":[2,3]`, `"variables":[3,2]`},
		{`"full":[true,true]`, `"full":[true]`},
		{`"levels":["A","B","C"]`, `"levels":["A","A","C"]`},
		{`"levels":["A","B","C"]`, `"levels":[]`},
		{`"alpha":[0,`, `"alpha":[`},
		{`"degree":3`, `"degree":30`},
		{`"kind":"poly"`, `"kind":"pony"`},
		{`"knots":[`, `"knots":[9,`},
		{`"outcome":"number"`, `"outcome":"numb"`},
		{`"value":"y"`, `"value":"s(y)"`},
	} {
		if !strings.Contains(string(b), c.from) {
			t.Fatalf("%s is not in %s", c.from, b)
		}
		var e Encoder
		if err := json.Unmarshal([]byte(strings.Replace(string(b), c.from, c.to, 1)), &e); err == nil {
			t.Errorf("%s for %s is accepted", c.to, c.from)
		}
	}
}

// FuzzEncoderJSON checks that an encoder read from damaged JSON is refused or works: Bind and EncodeRows return,
// never panic.
func FuzzEncoderJSON(f *testing.F) {
	tab := openSmall(f)
	for _, text := range []string{"y ~ poly(x, 2)*f + bs(z, df = 4) + offset(w)",
		"g | weights(w) ~ 0 + C(m, 10):x + scale(z)"} {
		enc, _ := fitText(f, text, tab, Options{Outcome: map[bool]Outcome{true: OutcomeBinary}[text[0] == 'g']})
		b, err := json.Marshal(enc)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	recs, err := tab.Records(0, 14, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var enc Encoder
		if json.Unmarshal([]byte(text), &enc) != nil || enc.P() > 1000 {
			return
		}
		c, err := enc.Bind(tab.Schema(), UnseenNA)
		if err != nil {
			return
		}
		b := Block[float64]{X: make([]float64, 14*enc.P()), Missing: make([]bool, 14)}
		if c.HasResponse() {
			b.Y = make([]float64, 14)
		}
		if err := c.EncodeRows(recs, 14, &b); err != nil && !errors.Is(err, ErrData) {
			t.Fatalf("%v", err)
		}
	})
}
