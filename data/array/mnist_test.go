package array

import (
	"crypto/md5"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// mnist returns the path of a file of MNIST, or skips.
func mnist(tb testing.TB, name string) string {
	tb.Helper()
	dir := os.Getenv("ELBO_DATA")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			tb.Fatal("ELBO_DATA is not set: set it to the folder of reference data")
		}
		tb.Skip("ELBO_DATA is not set: the reference data is needed here")
	}
	return filepath.Join(dir, "mnist", name)
}

// TestMNIST checks shapes, sums and labels against numpy 2.4.6 (frombuffer(..., offset=16), sum, bincount) and the
// files against their published MD5.
func TestMNIST(t *testing.T) {
	for _, tc := range []struct {
		file, md5 string
		items     int
		sum       float64 // of all bytes
		first     []int32
		counts    []int64
	}{
		{"train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", 60000, 1567298545,
			[]int32{5, 0, 4, 1, 9, 2, 1, 3, 1, 4}, []int64{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}},
		{"t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", 10000, 264923200,
			[]int32{7, 2, 1, 0, 4, 1, 4, 9, 5, 9}, []int64{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}},
	} {
		path := mnist(t, tc.file)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if sum := md5.Sum(content); hex.EncodeToString(sum[:]) != tc.md5 {
			t.Fatalf("%s: MD5 %x, want %s", path, sum, tc.md5)
		}
		a := mustOpen(t, path, Options{})
		if a.DType != Uint8 || !slices.Equal(a.Shape, []int{tc.items, 28, 28}) || a.Format != "idx" {
			t.Errorf("%v", a)
		}
		s := a.summary("")
		mean := tc.sum / float64(784*tc.items)
		// Sums of bytes are exact in float64; one division rounds.
		if s.Min != 0 || s.Max != 255 || math.Abs(s.Mean-mean) > 1e-12*mean {
			t.Errorf("%s: %+v, want mean %g", tc.file, s.Stats, mean)
		}
		if !slices.Equal(a.Labels[:10], tc.first) {
			t.Errorf("%s: labels %v, want %v", tc.file, a.Labels[:10], tc.first)
		}
		for k, l := range s.Labels {
			if l.Label != int32(k) || l.Count != tc.counts[k] {
				t.Errorf("%s: label %+v, want %d of %d", tc.file, l, tc.counts[k], k)
			}
		}
	}
}

// TestMNISTMeanPixel checks the published mean of the scaled training pixels, 0.1307, through batches of an epoch.
func TestMNISTMeanPixel(t *testing.T) {
	a := mustOpen(t, mnist(t, "train-images-idx3-ubyte.gz"), Options{Labels: NoLabels})
	b, err := NewBatches(a, BatchConfig{Batch: 1000, Seed: 1, Shuffle: true})
	if err != nil {
		t.Fatal(err)
	}
	var batch Batch
	sum := 0.0
	for step := range b.Loader().StepsPerEpoch() {
		if err := b.Fill(step, &batch); err != nil {
			t.Fatal(err)
		}
		for _, v := range batch.Floats {
			sum += float64(v)
		}
	}
	if mean := sum / 47040000; math.Abs(mean-0.1307) > 1e-4 { // four digits are published
		t.Errorf("mean pixel %g, want 0.1307", mean)
	}
}

// BenchmarkOpenMNIST opens the gzipped training images; the budget is 0.5 s.
func BenchmarkOpenMNIST(b *testing.B) {
	path := mnist(b, "train-images-idx3-ubyte.gz")
	for b.Loop() {
		mustOpen(b, path, Options{})
	}
}

// BenchmarkRows gathers 128 random images of MNIST as float32; the budget is 15 µs.
func BenchmarkRows(b *testing.B) {
	a := mustOpen(b, mnist(b, "train-images-idx3-ubyte.gz"), Options{Labels: NoLabels})
	l, err := NewBatches(a, BatchConfig{Batch: 128, Seed: 1, Shuffle: true})
	if err != nil {
		b.Fatal(err)
	}
	dst, items := make([]float32, 128*784), make([]int64, 128)
	for name, warm := range map[string]bool{"same": true, "epoch": false} {
		b.Run(name, func(b *testing.B) {
			step := int64(0)
			for b.Loop() {
				if !warm || step == 0 {
					l.Loader().Indices(step%468, items)
				}
				step++
				if err := a.Rows(items, ScaleAuto, dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
