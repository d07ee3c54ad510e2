package data

import (
	"fmt"
	"math"
	"testing"
)

// TestReferenceFiles checks rows, kinds, counts of missing values and sums of columns of real files against
// pandas 3.1.1: read_csv(f), len, isna().sum(), nunique(), sum(). Sums are of whole numbers or compared relatively.
func TestReferenceFiles(t *testing.T) {
	for _, tc := range []struct {
		file    string
		rows    int64
		columns []referenceColumn
	}{
		{"large/flights.csv.gz", 336776, []referenceColumn{
			{"month", 0, 0, 2205381.0, 1.0, 12.0},
			{"day", 0, 0, 5291016.0, 1.0, 31.0},
			{"dep_time", 8255, 0, 443210949.0, 1.0, 2400.0},
			{"dep_delay", 8255, 0, 4152200.0, -43.0, 1301.0},
			{"arr_time", 8713, 0, 492768669.0, 1.0, 2400.0},
			{"arr_delay", 9430, 0, 2257174.0, -86.0, 1272.0},
			{"carrier", 0, 16, 673552, 0, 0},
			{"tailnum", 2512, 4043, 2003987, 0, 0},
			{"flight", 0, 0, 664096549.0, 1.0, 8500.0},
			{"origin", 0, 3, 1010328, 0, 0},
			{"dest", 0, 105, 1010328, 0, 0},
			{"air_time", 9430, 0, 49326610.0, 20.0, 695.0},
			{"distance", 0, 0, 350217607.0, 17.0, 4983.0},
		}},
		{"large/freMTPLfreq.csv.gz", 413169, []referenceColumn{
			{"PolicyID", 0, 0, 85354517865.0, 1.0, 413169.0},
			{"ClaimNb", 0, 0, 16181.0, 0.0, 4.0},
			{"Exposure", 0, 0, 231824.1677221349, 0.00273224043715847, 1.99},
			{"Power", 0, 12, 413169, 0, 0},
			{"CarAge", 0, 0, 3112156.0, 0.0, 100.0},
			{"DriverAge", 0, 0, 18724768.0, 18.0, 99.0},
			{"Brand", 0, 7, 10678338, 0, 0},
			{"Gas", 0, 2, 2686238, 0, 0},
			{"Region", 0, 10, 1239507, 0, 0},
			{"Density", 0, 0, 820204057.0, 2.0, 27000.0},
		}},
		{"large/diamonds.csv.gz", 53940, []referenceColumn{
			{"carat", 0, 0, 43040.87, 0.2, 5.01},
			{"cut", 0, 5, 339094, 0, 0},
			{"color", 0, 7, 53940, 0, 0},
			{"clarity", 0, 8, 168010, 0, 0},
			{"depth", 0, 0, 3330762.8999999994, 43.0, 79.0},
			{"table", 0, 0, 3099240.5, 43.0, 95.0},
			{"price", 0, 0, 212135217.0, 326.0, 18823.0},
			{"x", 0, 0, 309138.62, 0.0, 10.74},
			{"y", 0, 0, 309320.33, 0.0, 58.9},
			{"z", 0, 0, 190879.3, 0.0, 31.8},
		}},
		{"large/InstEval.csv.gz", 73421, []referenceColumn{
			{"s", 0, 0, 108853382.0, 1.0, 2972.0},
			{"d", 0, 0, 76413371.0, 1.0, 2160.0},
			{"studage", 0, 0, 383166.0, 2.0, 8.0},
			{"lectage", 0, 0, 218182.0, 1.0, 6.0},
			{"service", 0, 0, 31783.0, 0.0, 1.0},
			{"dept", 0, 0, 591805.0, 1.0, 15.0},
			{"y", 0, 0, 235369.0, 1.0, 5.0},
		}},
		{"glm/DoctorVisits.csv.gz", 5190, []referenceColumn{
			{"visits", 0, 0, 1566.0, 0.0, 9.0},
			{"gender", 0, 2, 26164, 0, 0},
			{"age", 0, 0, 2109.14, 0.19, 0.72},
			{"income", 0, 0, 3026.6, 0.0, 1.5},
			{"illness", 0, 0, 7432.0, 0.0, 5.0},
			{"reduced", 0, 0, 4473.0, 0.0, 14.0},
			{"health", 0, 0, 6319.0, 0.0, 12.0},
			{"private", 0, 2, 12678, 0, 0},
			{"freepoor", 0, 2, 10602, 0, 0},
			{"freerepat", 0, 2, 11471, 0, 0},
			{"nchronic", 0, 2, 12472, 0, 0},
			{"lchronic", 0, 2, 10985, 0, 0},
		}},
		{"hierarchical/sleepstudy.csv.gz", 180, []referenceColumn{
			{"Reaction", 0, 0, 53731.42049999999, 194.3322, 466.3535},
			{"Days", 0, 0, 810.0, 0.0, 9.0},
			{"Subject", 0, 0, 61430.0, 308.0, 372.0},
		}},
	} {
		t.Run(tc.file, func(t *testing.T) {
			tab, rep, err := Open(reference(t, tc.file), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if tab.Rows() != tc.rows || len(tab.Schema().Columns) != len(tc.columns) || rep.Passes > 2 {
				t.Fatalf("%d rows, %d columns, %d passes", tab.Rows(), len(tab.Schema().Columns), rep.Passes)
			}
			if last := tab.SourceLine(tc.rows - 1); rep.Format == "csv" && last != tc.rows+1 {
				t.Errorf("last row in line %d, want %d", last, tc.rows+1)
			}
			for i, want := range tc.columns {
				if got := describeColumn(t, tab, &tab.Schema().Columns[i]); !got.like(want) {
					t.Errorf("got %+v, want %+v", got, want)
				}
			}
		})
	}
}

// referenceColumn is what an independent reader says of a column.
type referenceColumn struct {
	name    string
	missing int64
	levels  int     // 0 for numbers
	sum     float64 // of numbers; of label lengths for factors
	min     float64 // numbers only
	max     float64
}

func (a referenceColumn) like(b referenceColumn) bool {
	near := math.Abs(a.sum-b.sum) <= 1e-9*(1+math.Abs(b.sum)) // orders of summation differ
	a.sum = b.sum
	return near && fmt.Sprint(a) == fmt.Sprint(b)
}

func describeColumn(t *testing.T, tab Table, c *Column) referenceColumn {
	t.Helper()
	out := referenceColumn{name: c.Name, missing: c.Missing, levels: len(c.Levels), min: c.Min, max: c.Max}
	width := tab.Schema().RecordBytes
	err := EachBlock(tab, func(recs []byte, _ int64) error {
		for ; len(recs) > 0; recs = recs[width:] {
			if c.Kind == KindFloat {
				if v := Float(recs, c); v == v {
					out.sum += v
				}
			} else if label, ok := c.Label(Code(recs, c)); ok {
				out.sum += float64(len(label))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestReferenceLibSVM checks a9a against the counts of its publishers: rows, features, positive labels.
func TestReferenceLibSVM(t *testing.T) {
	for _, tc := range []struct {
		file               string
		rows, pos          int64
		features, nonZeros int
	}{
		{"large/a9a.libsvm.gz", 32561, 7841, 123, 451592},
		{"large/a9a.t.libsvm.gz", 16281, 3846, 122, 225731},
	} {
		tab, rep, err := Open(reference(t, tc.file), Options{})
		if err != nil {
			t.Fatal(err)
		}
		positive, nonZeros := int64(0), 0
		cols, width := tab.Schema().Columns, tab.Schema().RecordBytes
		err = EachBlock(tab, func(recs []byte, _ int64) error {
			for ; len(recs) > 0; recs = recs[width:] {
				if Float(recs, &cols[0]) > 0 {
					positive++
				}
				for i := 1; i < len(cols); i++ {
					if Float(recs, &cols[i]) != 0 {
						nonZeros++
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if tab.Rows() != tc.rows || positive != tc.pos || len(cols)-1 != tc.features || nonZeros != tc.nonZeros ||
			rep.Format != "libsvm" {
			t.Errorf("%s: %d rows, %d positive, %d features, %d non-zeros, want %+v", tc.file, tab.Rows(), positive,
				len(cols)-1, nonZeros, tc)
		}
	}
}
