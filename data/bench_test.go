package data

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// reference returns the path of a file of the reference data, which lives outside the repository.
func reference(tb testing.TB, name string) string {
	tb.Helper()
	dir := os.Getenv("ELBO_DATA")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			tb.Fatal("ELBO_DATA is not set: set it to the folder of reference data")
		}
		tb.Skip("ELBO_DATA is not set: the reference data is needed here")
	}
	return filepath.Join(dir, name)
}

// unzipped writes the decompressed file to a temporary folder.
func unzipped(tb testing.TB, path string) string {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	out := filepath.Join(tb.TempDir(), "plain.csv")
	w, err := os.Create(out)
	if err != nil {
		tb.Fatal(err)
	}
	defer w.Close()
	if _, err := io.Copy(w, z); err != nil {
		tb.Fatal(err)
	}
	return out
}

func benchmarkOpen(b *testing.B, path string, opt Options) {
	b.Helper()
	var rows int64
	for b.Loop() {
		t, _, err := Open(path, opt)
		if err != nil {
			b.Fatal(err)
		}
		rows += t.Rows()
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkFlightsCSV reads and types all 13 columns of the 17 MB flights table.
func BenchmarkFlightsCSV(b *testing.B) {
	benchmarkOpen(b, unzipped(b, reference(b, "large/flights.csv.gz")), Options{})
}

// BenchmarkFlightsGZ does the same from gzip.
func BenchmarkFlightsGZ(b *testing.B) {
	benchmarkOpen(b, reference(b, "large/flights.csv.gz"), Options{})
}

// BenchmarkFlightsGZModel keeps the five columns of the reference model only.
func BenchmarkFlightsGZModel(b *testing.B) {
	benchmarkOpen(b, reference(b, "large/flights.csv.gz"),
		Options{Columns: []string{"arr_delay", "dep_delay", "distance", "origin", "month", "carrier"}})
}

// BenchmarkGather copies 512 random rows of 100,000 with 100 numbers each, the streamed side of a minibatch.
func BenchmarkGather(b *testing.B) {
	cols := make([]Column, 100)
	for i := range cols {
		cols[i].Name = strconv.Itoa(i)
	}
	t := newMemTable(newSchema(cols))
	for t.rows < 100000 {
		rows := min(len(t.buffer())/t.schema.RecordBytes, int(100000-t.rows))
		if err := t.commit(rows); err != nil {
			b.Fatal(err)
		}
	}
	t.trim()
	l, err := NewLoader(LoaderConfig{Rows: t.rows, Batch: 512, Shuffle: true})
	if err != nil {
		b.Fatal(err)
	}
	rows, dst := make([]int64, 512), make([]byte, 512*t.schema.RecordBytes)
	for step := int64(0); b.Loop(); step++ {
		if err := t.Gather(rows[:l.Indices(step%l.StepsPerEpoch(), rows)], dst); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(dst)))
}
