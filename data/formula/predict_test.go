package formula

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"elbo/data"
)

// TestTransformsAtNewValues compares frozen transforms, beyond the range of the fit too, with predict() of R 4.2.2 on
// bs(d$x, df = 5), bs(d$tied, df = 6), poly(d$x, 3) and (x - mean)/sd for d = testdata/small.csv.
func TestTransformsAtNewValues(t *testing.T) {
	tab := openText(t, "x,tied\n-4,-1\n-2.25,0\n0.3,2.9\n2.75,3\n6.5,-1\n9,0\n", data.Options{})
	for _, c := range []struct {
		formula string
		want    []float64
	}{
		{"y ~ 0 + bs(x, df = 5)", []float64{
			-3.4712620566277881, 0.76582406369173406, -0.037436332767402408, 0, 0,
			0, 0, 0, 0, 0,
			0.31650100333778414, 0.56028979821260272, 0.11582430269221441, 0, 0,
			8.6715227193895057e-05, 0.30102294385068856, 0.60005615364952525, 0.098834187272592272, 0,
			0, 0, 0, 0, 1,
			0, -0.089254723062428709, 1.3842536995883057, -5.1878637557277081, 4.8928647792018314}},
		{"y ~ 0 + poly(x, 3)", []float64{
			-0.65216216578978903, 1.2879906078909511, -2.6700136690401934,
			-0.46080919498919226, 0.54326022468019763, -0.4824540933123731,
			-0.18198058039403694, -0.10127504307939536, 0.29801149982566166,
			0.085913578726798542, -0.22825167195220636, -0.17229382760123188,
			0.49595565901379163, 0.51172890387741399, 0.40635787841079746,
			0.76931704587178706, 1.6329609536228384, 4.0798827847601968}},
		{"y ~ 0 + bs(tied, df = 6)", []float64{
			27, -29.555555555555557, 3.7777777777777777, -0.22222222222222221, 0, 0,
			1, 0, 0, 0, 0, 0,
			0, 4.4444444444444562e-05, 0.0038577777777777842, 0.11136177777777787, 0.88473599999999986, 0,
			0, 0, 0, 0, 1, 0,
			27, -29.555555555555557, 3.7777777777777777, -0.22222222222222221, 0, 0,
			1, 0, 0, 0, 0, 0}},
		{"y ~ 0 + scale(x)", []float64{-2.3514041286727312, -1.6614711807388161, -0.65614031374939674,
			0.3097658133580844,
			1.7881935589307596, 2.7738120559792097}},
	} {
		enc, _ := fitText(t, c.formula, openSmall(t), Options{})
		// 1e-13: R continues splines by a Taylor series about a pivot, we by the recurrence; the last digits differ.
		wantClose(t, c.formula, encodeAll(t, enc, tab, AllRows(tab.Rows()), false).x, c.want, 1e-13)
	}
}

// TestLevelsMatchByLabel predicts from a file whose levels have other codes, or are numbers where they were text.
func TestLevelsMatchByLabel(t *testing.T) {
	fit := openText(t, "y,f,m\n1,a,10\n2,b,2.5\n3,c,-1\n4,7,2.5\n", data.Options{})
	enc, _ := fitText(t, "y ~ 0 + f + C(m)", fit, Options{}) // f: 7 a b c; m: -1 2.5 10
	for _, c := range []struct {
		name, csv string
		opt       data.Options
		want      []float64
	}{
		{"fewer levels", "f,m\nc,10\na,-1\n", data.Options{}, []float64{0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0}},
		{"text become numbers", "f,m\n7,10\n", data.Options{}, []float64{1, 0, 0, 0, 0, 1}},
		{"numbers become text", "f,m\nb,2.50\nb,10.0\n",
			data.Options{Kinds: map[string]data.Kind{"m": data.KindFactor}},
			[]float64{0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1}},
		{"frozen levels", "f,m\nb,2.5\n", data.Options{Levels: map[string][]string{"f": {"7", "a", "b", "c"}}},
			[]float64{0, 0, 1, 0, 1, 0}},
		{"kinds of the encoder", "f,m\n7,2.5\n", data.Options{Kinds: enc.Kinds()}, []float64{1, 0, 0, 0, 1, 0}},
	} {
		tab := openText(t, c.csv, c.opt)
		wantClose(t, c.name, encodeAll(t, enc, tab, AllRows(tab.Rows()), false).x, c.want, 0)
	}
}

// TestUnseenLevels walks the three rules, for text, frozen levels and numbers.
func TestUnseenLevels(t *testing.T) {
	fit := openText(t, "y,f,m\n1,a,1\n2,b,2\n3,a,3\n", data.Options{})
	enc, _ := fitText(t, "y ~ f + C(m)", fit, Options{})
	for _, c := range []struct {
		csv, level, column string
		opt                data.Options
	}{
		{"f,m\nb,3\nzz,2\n", "zz", "f", data.Options{}},
		{"f,m\nb,3\nzz,2\n", "zz", "f", data.Options{Levels: map[string][]string{"f": {"a", "b"}}}},
		{"f,m\nb,3\na,2.5\n", "2.5", "m", data.Options{}},
		{"f,m\nb,3\na,1e300\n", "1e+300", "m", data.Options{}},
	} {
		tab := openText(t, c.csv, c.opt)
		recs, err := tab.Records(0, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range []Unseen{UnseenError, UnseenReference, UnseenNA} {
			coder, err := enc.Bind(tab.Schema(), rule)
			if err != nil {
				t.Fatal(err)
			}
			x, missing := make([]float64, 2*enc.P()), make([]bool, 2)
			err = coder.EncodeRows(recs, 2, &Block[float64]{X: x, Missing: missing})
			var bad *RowError
			switch {
			case rule == UnseenError:
				if !errors.As(err, &bad) || bad.Row != 1 || bad.Level != c.level || bad.Column != c.column {
					t.Errorf("%q: error is %v", c.csv, err)
				}
				continue
			case err != nil:
				t.Errorf("%q, %s: %v", c.csv, rule, err)
			case missing[0] || missing[1] != (rule == UnseenNA):
				t.Errorf("%q, %s: missing is %v", c.csv, rule, missing)
			case rule == UnseenNA && !math.IsNaN(x[5]):
				t.Errorf("%q: a missing row is %v", c.csv, x[4:])
			}
			wantClose(t, c.csv, x[:4], []float64{1, 1, 0, 1}, 0)
			if want := map[string][]float64{"f": {1, 0, 1, 0}, "m": {1, 0, 0, 0}}; rule == UnseenReference {
				wantClose(t, c.csv, x[4:], want[c.column], 0)
			}
		}
	}
}

// TestPredictionKeepsRows flags rows with missing predictors and keeps the others aligned; the response may be
// absent.
func TestPredictionKeepsRows(t *testing.T) {
	fit := openText(t, "y,x,f\n1,2,a\n2,3,b\n3,5,a\n", data.Options{})
	enc, _ := fitText(t, "y ~ log(x) + f", fit, Options{})
	tab := openText(t, "x,f\n1,a\n,b\n1,\n1,b\n", data.Options{})
	got := encodeAll(t, enc, tab, AllRows(4), true)
	if !reflect.DeepEqual(got.missing, []bool{false, true, true, false}) || got.y != nil {
		t.Errorf("missing is %v, y %v", got.missing, got.y)
	}
	wantClose(t, "row 0", got.x[:3], []float64{1, 0, 0}, 0)
	wantClose(t, "row 3", got.x[9:], []float64{1, 0, 1}, 0)
	if !math.IsNaN(got.x[3]) || !math.IsNaN(got.x[8]) {
		t.Errorf("missing rows are %v", got.x[3:9])
	}
	c, err := enc.Bind(tab.Schema(), "")
	if err != nil || c.HasResponse() {
		t.Fatalf("bind: %v, has response %v", err, c.HasResponse())
	}
	recs, _ := tab.Records(0, 4, nil)
	if err := c.EncodeRows(recs, 4, &Block[float64]{X: got.x, Y: make([]float64, 4)}); !errors.Is(err, ErrUnknown) {
		t.Errorf("an absent response gives %v", err)
	}
	var bad *RowError
	if err := c.EncodeRows(recs, 4, &Block[float64]{X: got.x}); !errors.As(err, &bad) || bad.Column != "f" &&
		bad.Column != "x" {
		t.Errorf("a missing value without flags gives %v", err)
	}
}

func TestBindRefuses(t *testing.T) {
	enc, _ := fitText(t, "y ~ x + f", openText(t, "y,x,f\n1,2,a\n2,3,b\n", data.Options{}), Options{})
	for _, c := range []struct{ csv, msg string }{
		{"x,g\n1,a\n", `no column "f" in the data`},
		{"x,f\n1,2\n", `column "f" holds numbers`},
		{"x,f\nu,a\n", `column "x" holds text`},
	} {
		if _, err := enc.Bind(openText(t, c.csv, data.Options{}).Schema(), ""); err == nil ||
			!strings.Contains(err.Error(), c.msg) {
			t.Errorf("%q: error is %v", c.csv, err)
		}
	}
	if _, err := enc.Bind(openSmall(t).Schema(), "ignore"); err == nil {
		t.Error("an unknown rule is accepted")
	}
}

// TestClonesAgree encodes with clones from several goroutines, in both precisions and with a stride.
func TestClonesAgree(t *testing.T) {
	tab := openSmall(t)
	enc, report := fitText(t, "y ~ f*poly(x, 2) + scale(z):g + C(m) + bs(w, df = 4)", tab, Options{})
	want := encodeAll(t, enc, tab, report.Kept, false)
	recs, err := tab.Records(0, tab.Rows(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := enc.Bind(tab.Schema(), "")
	if err != nil {
		t.Fatal(err)
	}
	n, p := int(tab.Rows()), enc.P()
	stride := p + 3
	var wg sync.WaitGroup
	for range 4 {
		clone := c.Clone()
		wg.Go(func() {
			for range 50 {
				x, y := make([]float32, n*stride), make([]float32, n)
				if err := clone.EncodeRows32(recs, n, &Block[float32]{X: x, Y: y, Stride: stride}); err != nil {
					t.Error(err)
					return
				}
				for r := range n {
					for j := range stride {
						if j < p && x[r*stride+j] != float32(want.x[r*p+j]) || j >= p && x[r*stride+j] != 0 {
							t.Errorf("row %d column %d is %v", r, j, x[r*stride+j])
							return
						}
					}
					if y[r] != float32(want.y[r]) {
						t.Errorf("row %d: y is %v", r, y[r])
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestEncodeRowsDoesNotAllocate covers the training path: nothing missing, every output asked for.
func TestEncodeRowsDoesNotAllocate(t *testing.T) {
	tab := openSmall(t)
	enc, _ := fitText(t, "cbind(k, n) | weights(w) ~ f*poly(x, 2) + C(m) + bs(z, df = 4) + log(w) + offset(x)", tab,
		Options{})
	c, err := enc.Bind(tab.Schema(), "")
	if err != nil {
		t.Fatal(err)
	}
	recs, _ := tab.Records(0, 14, nil)
	column := func() []float64 { return make([]float64, 14) }
	b := Block[float64]{X: make([]float64, 14*enc.P()), Y: column(), Offset: column(), Weight: column(),
		Trials: column()}
	if n := testing.AllocsPerRun(20, func() { err = c.EncodeRows(recs, 14, &b) }); n != 0 || err != nil {
		t.Errorf("%v allocations, error %v", n, err)
	}
}

func TestBlockSizesAreChecked(t *testing.T) {
	tab := openSmall(t)
	enc, _ := fitText(t, "y ~ x + f", tab, Options{})
	c, err := enc.Bind(tab.Schema(), "")
	if err != nil {
		t.Fatal(err)
	}
	recs, _ := tab.Records(0, 4, nil)
	for _, b := range []Block[float64]{
		{X: make([]float64, 15)},
		{X: make([]float64, 16), Stride: 3},
		{X: make([]float64, 16), Y: make([]float64, 3)},
		{X: make([]float64, 16), Missing: make([]bool, 3)},
	} {
		if err := c.EncodeRows(recs, 4, &b); err == nil {
			t.Errorf("block of %d, stride %d, y %d is accepted", len(b.X), b.Stride, len(b.Y))
		}
	}
	if err := c.EncodeRows(recs, 5, &Block[float64]{X: make([]float64, 100)}); err == nil {
		t.Error("too few records are accepted")
	}
}

// TestUnseenResponse checks that a response outside its levels is an error whatever the rule for predictors.
func TestUnseenResponse(t *testing.T) {
	fit := openText(t, "y,f\nno,a\nyes,b\nno,b\n", data.Options{})
	enc, _ := fitText(t, "y ~ f", fit, Options{Outcome: OutcomeBinary})
	tab := openText(t, "y,f\nyes,a\nmaybe,b\n", data.Options{})
	recs, err := tab.Records(0, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []Unseen{UnseenError, UnseenReference, UnseenNA} {
		c, err := enc.Bind(tab.Schema(), rule)
		if err != nil {
			t.Fatal(err)
		}
		var bad *RowError
		err = c.EncodeRows(recs, 2, &Block[float64]{Y: make([]float64, 2), Missing: make([]bool, 2)})
		if !errors.As(err, &bad) || bad.Column != "y" || bad.Level != "maybe" || bad.Row != 1 {
			t.Errorf("%s: error is %v", rule, err)
		}
	}
}
