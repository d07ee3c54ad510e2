package array

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// idxFile builds an IDX file from its parts.
func idxFile(code byte, dims []uint32, values []byte) []byte {
	out := []byte{0, 0, code, byte(len(dims))}
	for _, n := range dims {
		out = binary.BigEndian.AppendUint32(out, n)
	}
	return append(out, values...)
}

// npyFile builds an NPY file of version 1 with any header text.
func npyFile(header string, values []byte) []byte {
	out := append([]byte(npyMagic), 1, 0)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(header)))
	return append(append(out, header...), values...)
}

func gzipped(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// save writes a file into a folder of the test.
func save(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// values returns all values of an array, unscaled.
func values(a *Array) []float64 {
	out := make([]float64, len(a.Raw())/a.DType.Size())
	decode(a.DType, out, a.Raw())
	return out
}

func mustOpen(t testing.TB, path string, opt Options) *Array {
	t.Helper()
	a, err := Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestIDXTypes reads every type of the format, plain and compressed; bytes by hand from the format's description.
func TestIDXTypes(t *testing.T) {
	for _, tc := range []struct {
		code  byte
		dtype DType
		bytes []byte
		want  []float64
	}{
		{0x08, Uint8, []byte{0, 255}, []float64{0, 255}},
		{0x09, Int8, []byte{0x80, 0x7f}, []float64{-128, 127}},
		{0x0b, Int16, []byte{0xff, 0xfe, 0x01, 0x00}, []float64{-2, 256}},
		{0x0c, Int32, []byte{0xff, 0xff, 0xff, 0xfd, 0, 1, 0, 0}, []float64{-3, 65536}},
		{0x0d, Float32, []byte{0x3f, 0xc0, 0, 0, 0xbf, 0x80, 0, 0}, []float64{1.5, -1}},
		{0x0e, Float64, []byte{0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0}, []float64{1.5, -2}},
	} {
		content := idxFile(tc.code, []uint32{2, 1}, tc.bytes)
		for _, path := range []string{save(t, "a.idx", content), save(t, "a.gz", gzipped(t, content))} {
			a := mustOpen(t, path, Options{})
			if a.Format != "idx" || a.DType != tc.dtype || !slices.Equal(a.Shape, []int{2, 1}) {
				t.Errorf("%s: %v, shape %v, want %v", path, a, a.Shape, tc.dtype)
			}
			if got := values(a); !slices.Equal(got, tc.want) {
				t.Errorf("%v: values %v, want %v", tc.dtype, got, tc.want)
			}
		}
	}
}

// TestNPYGoldens reads files written by NumPy 2.4.6 from a = numpy.arange(24).reshape(2,3,4): see the expressions.
func TestNPYGoldens(t *testing.T) {
	count := func(n int, f func(i int) float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = f(i)
		}
		return out
	}
	whole := func(i int) float64 { return float64(i) }
	for _, tc := range []struct {
		file  string
		dtype DType
		shape []int
		want  []float64
	}{
		{"u1.npy", Uint8, []int{2, 3, 4}, count(24, whole)},                                                 // a.astype('u1')
		{"i2.npy", Int16, []int{2, 3, 4}, count(24, func(i int) float64 { return float64(i - 12) })},        // a-12
		{"f4_fortran.npy", Float32, []int{2, 3, 4}, count(24, func(i int) float64 { return whole(i) / 8 })}, // a/8
		{"f8_big.npy", Float64, []int{2, 3}, []float64{0, 0.5, 1, 1.5, 2, 2.5}},                             // a[:,:,0]/8
		{"i8.npy", Int64, []int{4}, []float64{5, 0, 4, 1}},
		{"version2.npy", Uint16, []int{2, 3, 4}, count(24, whole)},
		{"version3.npy", Uint16, []int{2, 3, 4}, count(24, whole)},
		{"one.npz", Float64, []int{2, 3, 4}, count(24, whole)},       // savez_compressed
		{"set.npz:x_train", Uint8, []int{2, 3, 4}, count(24, whole)}, // savez
		{"set.npz:x_test", Float32, []int{1, 3, 4}, count(12, func(i int) float64 { return whole(i) / 32 })},
		{"bool.npy", Bool, []int{2, 3, 4}, count(24, func(i int) float64 { // a%3 == 0
			if i%3 == 0 {
				return 1
			}
			return 0
		})},
	} {
		a := mustOpen(t, filepath.Join("testdata", tc.file), Options{})
		if a.DType != tc.dtype || !slices.Equal(a.Shape, tc.shape) || !slices.Equal(values(a), tc.want) {
			t.Errorf("%s: %v, shape %v, values %v", tc.file, a.DType, a.Shape, values(a))
		}
	}
}

func TestLabelsBeside(t *testing.T) {
	set := mustOpen(t, "testdata/set.npz:x_train", Options{})
	if !slices.Equal(set.Labels, []int32{7, 3}) || set.LabelFile != "testdata/set.npz:y_train" {
		t.Errorf("labels of set.npz:x_train: %v from %q", set.Labels, set.LabelFile)
	}
	path := save(t, "train-images-idx3-ubyte", idxFile(8, []uint32{2, 2, 2}, make([]byte, 8)))
	labels := gzipped(t, idxFile(8, []uint32{2}, []byte{9, 4}))
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "train-labels-idx1-ubyte.gz"), labels, 0o600); err != nil {
		t.Fatal(err)
	}
	if a := mustOpen(t, path, Options{}); !slices.Equal(a.Labels, []int32{9, 4}) {
		t.Errorf("labels beside IDX images: %v", a.Labels)
	}
	if a := mustOpen(t, path, Options{Labels: NoLabels}); a.Labels != nil {
		t.Errorf("labels %v although none were asked for", a.Labels)
	}
	if a := mustOpen(t, path, Options{Labels: "testdata/set.npz:y_train"}); !slices.Equal(a.Labels, []int32{7, 3}) {
		t.Errorf("labels of the option: %v", a.Labels)
	}
	for images, want := range map[string]string{
		"train-images.idx3-ubyte": "train-labels.idx1-ubyte", "t10k-images-idx3-ubyte.gz": "t10k-labels-idx1-ubyte.gz",
		"images": "labels", "X.npy": "y.npy", "x_test.npy": "y_test.npy", "fox.npy": "",
		"prefix_images.npy": "prefix_labels.npy",
	} {
		if got := labelName(images); got != want {
			t.Errorf("labels of %s: %q, want %q", images, got, want)
		}
	}
}

func TestCSV(t *testing.T) {
	path := save(t, "d.csv", []byte("a,digit,b\n1,x,2.5\n-3,y,4\n5,x,6\n"))
	a := mustOpen(t, path, Options{Labels: "digit"})
	if want := []float64{1, 2.5, -3, 4, 5, 6}; !slices.Equal(values(a), want) || !slices.Equal(a.Shape, []int{3, 2}) {
		t.Errorf("shape %v, values %v, want %v", a.Shape, values(a), want)
	}
	if !slices.Equal(a.Labels, []int32{0, 1, 0}) || !slices.Equal(a.LabelNames, []string{"x", "y"}) {
		t.Errorf("labels %v of %v", a.Labels, a.LabelNames)
	}
	b := mustOpen(t, path, Options{Columns: []string{"b"}, Labels: "a"})
	if !slices.Equal(values(b), []float64{2.5, 4, 6}) || !slices.Equal(b.Labels, []int32{1, -3, 5}) {
		t.Errorf("chosen columns: values %v, labels %v", values(b), b.Labels)
	}
}
