package formula

import (
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"elbo/data"
)

// TestStatsAgainstTwoPasses compares with the textbook formulas on the whole matrix.
func TestStatsAgainstTwoPasses(t *testing.T) {
	tab := openSmall(t)
	enc, report := fitText(t, "y | weights(w) ~ x*f + I(x + 1e9)", tab, Options{})
	got, err := Stats(enc, tab, report.Kept)
	if err != nil {
		t.Fatal(err)
	}
	all := encodeAll(t, enc, tab, report.Kept, false)
	n, p := int(report.RowsUsed), enc.P()
	mean, sd := make([]float64, p), make([]float64, p)
	for j := range p {
		for r := range n {
			mean[j] += all.x[r*p+j] / float64(n)
		}
		for r := range n {
			sd[j] += (all.x[r*p+j] - mean[j]) * (all.x[r*p+j] - mean[j]) / float64(n-1)
		}
		sd[j] = math.Sqrt(sd[j])
	}
	wantClose(t, "means", got.Mean, mean, 1e-15)
	// 1e-6 admits the rounding of x + 1e9 itself, 1e-7 in values of size 1.
	wantClose(t, "sds", got.SD, sd, 1e-6)
	if got.N != 14 || math.Abs(got.SumWeights-36.75) > 1e-12 || !got.Constant[0] || got.Constant[1] {
		t.Errorf("stats are %+v", got)
	}
	// R 4.2.2: mean(d$y), sd(d$y), sum(d$w) of testdata/small.csv.
	wantClose(t, "y", []float64{got.YMean, got.YSD, got.YMin, got.YMax}, []float64{1.41964285714286,
		1.84795049080962, -2, 4.5}, 1e-13)
}

// bigTable is a table of n rows in memory with two numbers, a factor of three levels and a response; every 97th x
// is missing.
func bigTable(t testing.TB, n int) data.Table {
	t.Helper()
	var b strings.Builder
	b.WriteString("y,x,z,f\n")
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		x := numberLabel(math.Round(rng.NormFloat64()*1000) / 1000)
		if i%97 == 5 {
			x = ""
		}
		b.WriteString(numberLabel(math.Round(rng.NormFloat64()*1000)/1000) + "," + x + "," +
			numberLabel(math.Round(rng.ExpFloat64()*1000)/1000+0.001) + "," + string(rune('a'+rng.IntN(3))) + "\n")
	}
	return openText(t, b.String(), data.Options{})
}

// TestPassesDoNotDependOnWorkers checks that statistics and Gram sums have the same bits for any GOMAXPROCS.
func TestPassesDoNotDependOnWorkers(t *testing.T) {
	tab := bigTable(t, 3*passRows+1234)
	enc, report := fitText(t, "y ~ x*f + log(z)", tab, Options{})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first *DesignStats
	var firstGram []float64
	for _, workers := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(workers)
		stats, err := Stats(enc, tab, report.Kept)
		if err != nil {
			t.Fatal(err)
		}
		c, err := enc.Bind(tab.Schema(), "")
		if err != nil {
			t.Fatal(err)
		}
		gram := newGramSums(enc, stats)
		if err := fold(c, tab, report.Kept, gram, func() *gramSums { return newGramSums(enc, stats) }); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first, firstGram = stats, gram.gram
		}
		if !reflect.DeepEqual(stats, first) || !reflect.DeepEqual(gram.gram, firstGram) {
			t.Errorf("%d workers give other bits", workers)
		}
	}
	if first.N != report.RowsUsed {
		t.Errorf("%d rows counted, %d used", first.N, report.RowsUsed)
	}
}

// TestCollinear names the columns that lm() of R 4.2.2 gives NA for on testdata/small.csv, and what they are made of.
func TestCollinear(t *testing.T) {
	tab := openSmall(t)
	for _, c := range []struct {
		formula string
		want    []Alias
	}{
		{"y ~ x + z + f + g + w", nil},
		{"y ~ 0 + f + x + poly(z, 5)", nil},
		{"y ~ I(2000 + x) + I((2000 + x)^2)", nil}, // nearly collinear, 5e-7 of the variance is left
		{"y ~ x + z + I(2*x-z+3) + I(0*x+1) + f + g", []Alias{
			{"b_I(2*x-z+3)", []string{"b_x", "b_z"}, []float64{2, -1}}, {"b_I(0*x+1)", nil, nil}}},
		{"y ~ f:g", []Alias{{"b_fC:gv", []string{"b_fA:gu", "b_fB:gu", "b_fC:gu", "b_fA:gv", "b_fB:gv"},
			[]float64{-1, -1, -1, -1, -1}}}},
		{"y ~ 0 + x + I(-3*x)", []Alias{{"b_I(-3*x)", []string{"b_x"}, []float64{-3}}}},
		{"y ~ 0 + x + I(x+1)", nil},
		{"y ~ I(x*1e6) + z + I(x/1e6 + z*1e3)", []Alias{
			{"b_I(x/1e6+z*1e3)", []string{"b_z"}, []float64{1000}}}},
	} {
		enc, report := fitText(t, c.formula, tab, Options{})
		stats, err := Stats(enc, tab, report.Kept)
		if err != nil {
			t.Fatal(err)
		}
		got, examined, err := Collinear(enc, tab, report.Kept, stats)
		if err != nil || !examined || len(got) != len(c.want) {
			t.Errorf("%s: %+v, want %+v (%v)", c.formula, got, c.want, err)
			continue
		}
		for i := range got {
			if got[i].Name != c.want[i].Name || strings.Join(got[i].Of, " ") != strings.Join(c.want[i].Of, " ") {
				t.Errorf("%s: %+v, want %+v", c.formula, got, c.want)
				continue
			}
			wantClose(t, c.formula, got[i].Coef, c.want[i].Coef, 1e-6)
		}
	}
}

func TestConstantColumns(t *testing.T) {
	tab := openText(t, "y,x,f\n1,3,a\n2,3,a\n4,3,a\n", data.Options{})
	enc, report := fitText(t, "y ~ x + scale(x) + f", tab, Options{})
	stats, err := Stats(enc, tab, report.Kept)
	if err != nil {
		t.Fatal(err)
	}
	if got := stats.ConstantColumns(enc); strings.Join(got, " ") != "b_x b_scale(x)" || len(report.Notes) != 2 {
		t.Errorf("constant columns %v, notes %v", got, report.Notes)
	}
}

// TestRowSet compares select and rank with a plain list, for dense, sparse and lopsided sets.
func TestRowSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, share := range []float64{0, 0.001, 0.3, 0.5, 0.97, 0.9999, 1} {
		var build rowSetBuilder
		var want []int64
		for total := int64(0); total < 20000; {
			n := 1 + rng.IntN(300)
			dropped := make([]bool, n)
			for r := range dropped {
				dropped[r] = rng.Float64() >= share || total > 9000 && total < 15000 && share < 1
				if !dropped[r] {
					want = append(want, total+int64(r))
				}
			}
			build.add(n, dropped)
			total += int64(n)
		}
		s := build.done()
		if s.Len() != int64(len(want)) || s.All() != (share == 1) {
			t.Fatalf("share %v: %d kept, want %d", share, s.Len(), len(want))
		}
		index := make([]int64, len(want))
		for i := range index {
			index[i] = int64(i)
		}
		s.Map(index)
		for i, row := range want {
			if index[i] != row || !s.Contains(row) || s.rank(row) != int64(i) || s.rank(row+1) != int64(i)+1 {
				t.Fatalf("share %v: kept row %d is %d (rank %d), want %d", share, i, index[i], s.rank(row), row)
			}
		}
	}
}

// TestLongStreams compares the merged moments of many blocks, kept rows only, with plain two-pass formulas.
func TestLongStreams(t *testing.T) {
	tab := bigTable(t, 2*passRows+777)
	enc, report := fitText(t, "y ~ scale(x) + center(z) + z", tab, Options{})
	plain, _ := fitText(t, "y ~ 0 + x", tab, Options{})
	x := encodeAll(t, plain, tab, report.Kept, false).x
	mean, sd := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sd += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	sd = math.Sqrt(sd)
	// 1e-12: sums of 33,000 values in two orders.
	v := enc.Variables()[0]
	wantClose(t, "learnt", []float64{v.Center, v.Scale}, []float64{mean, sd}, 1e-12)
	stats, err := Stats(plain, tab, report.Kept)
	if err != nil {
		t.Fatal(err)
	}
	wantClose(t, "stats", []float64{stats.Mean[0], stats.SD[0]}, []float64{mean, sd}, 1e-12)
	if stats, err = Stats(enc, tab, report.Kept); err != nil {
		t.Fatal(err)
	}
	wantClose(t, "scaled", append(stats.Mean[1:3:3], stats.SD[1]), []float64{0, 0, 1}, 1e-12)
}

// TestScanRange checks that a piece of a table with dropped rows hands out the right records under the right numbers.
func TestScanRange(t *testing.T) {
	tab := bigTable(t, 5000)
	enc, report := fitText(t, "y ~ 0 + x", tab, Options{})
	all := encodeAll(t, enc, tab, report.Kept, false)
	c, err := enc.Bind(tab.Schema(), "")
	if err != nil {
		t.Fatal(err)
	}
	next := report.Kept.rank(1003)
	err = ScanRange(tab, report.Kept, 1003, 4001, 100, func(recs []byte, n int, first int64) error {
		x := make([]float64, n)
		if err := c.EncodeRows(recs, n, &Block[float64]{X: x}); err != nil {
			return err
		}
		if first != next {
			t.Errorf("first is %d, want %d", first, next)
		}
		wantClose(t, "x", x, all.x[first:first+int64(n)], 0)
		next += int64(n)
		return nil
	})
	if err != nil || next != report.Kept.rank(4001) {
		t.Errorf("ended at %d: %v", next, err)
	}
}
