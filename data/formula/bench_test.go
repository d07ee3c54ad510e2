package formula

import (
	"path/filepath"
	"testing"

	"elbo/data"
)

func openFlights(b *testing.B) (data.Table, *Encoder, *FitReport) {
	b.Helper()
	tab, _, err := data.Open(filepath.Join(dataDir(b), "large", "flights.csv.gz"), data.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { tab.Close() })
	enc, report := fitText(b, regressions[0].formula, tab, Options{})
	return tab, enc, report
}

// BenchmarkEncodeRows codes blocks of 4,096 flights records into 31 columns.
func BenchmarkEncodeRows(b *testing.B) {
	tab, enc, _ := openFlights(b)
	c, err := enc.Bind(tab.Schema(), "")
	if err != nil {
		b.Fatal(err)
	}
	recs, err := tab.Records(0, scanRows, nil)
	if err != nil {
		b.Fatal(err)
	}
	missing := make([]bool, scanRows)
	block := Block[float64]{X: make([]float64, scanRows*enc.P()), Y: make([]float64, scanRows), Missing: missing}
	b.ReportAllocs()
	for b.Loop() {
		if err := c.EncodeRows(recs, scanRows, &block); err != nil {
			b.Fatal(err)
		}
	}
	rows := float64(b.N) * scanRows
	b.ReportMetric(rows/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/rows/float64(enc.P()), "ns/element")
}

func BenchmarkFit(b *testing.B) {
	tab, _, _ := openFlights(b)
	f, err := Parse(regressions[0].formula)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := Fit(f, tab, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStats(b *testing.B) {
	tab, enc, report := openFlights(b)
	for b.Loop() {
		if _, err := Stats(enc, tab, report.Kept); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCollinear(b *testing.B) {
	tab, enc, report := openFlights(b)
	stats, err := Stats(enc, tab, report.Kept)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := Collinear(enc, tab, report.Kept, stats); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRowSetAt(b *testing.B) {
	_, _, report := openFlights(b)
	n, i := report.Kept.Len(), int64(0)
	for b.Loop() {
		i = (i + 7919) % n
		report.Kept.At(i)
	}
}
