package array

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNPYHeaderGolden compares with the header that NumPy 2.4.6 wrote for int16 of shape (2, 3, 4) and int64 (4,): the
// same text but for the type, which has the same length.
func TestNPYHeaderGolden(t *testing.T) {
	for _, tc := range []struct {
		file, theirs string
		shape        []int
	}{{"i2.npy", "<i2", []int{2, 3, 4}}, {"i8.npy", "<i8", []int{4}}} {
		content, err := os.ReadFile("testdata/" + tc.file)
		if err != nil {
			t.Fatal(err)
		}
		theirs := bytes.Replace(content[:128], []byte(tc.theirs), []byte("<f4"), 1)
		if got := npyPreamble(4, tc.shape); !bytes.Equal(got, theirs) {
			t.Errorf("shape %v: header %q, NumPy writes %q", tc.shape, got, theirs)
		}
	}
}

func TestNPYRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "z.npy")
	for _, shape := range [][]int{{6}, {3, 2}, {1, 2, 3, 1}} {
		single := []float32{0, -1.5, math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Inf(-1)), 3}
		if err := WriteNPY(path, shape, single); err != nil {
			t.Fatal(err)
		}
		a := mustOpen(t, path, Options{})
		dst := make([]float32, a.Width())
		for i := range a.Items() {
			if err := a.Rows([]int64{i}, ScaleAuto, dst); err != nil ||
				!slices.Equal(dst, single[int(i)*a.Width():][:a.Width()]) {
				t.Errorf("shape %v, item %d: %v: %v", shape, i, dst, err)
			}
		}
		double := []float64{0, math.Pi, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), -0.1}
		if err := WriteNPY(path, shape, double); err != nil {
			t.Fatal(err)
		}
		a = mustOpen(t, path, Options{})
		if a.DType != Float64 || !slices.Equal(values(a), double) || !slices.Equal(a.Shape, shape) {
			t.Errorf("%v: shape %v, values %v", a, a.Shape, values(a))
		}
	}
	for _, shape := range [][]int{{5}, {-1, -6}, {1 << 62, 4}} {
		if err := WriteNPY(path, shape, make([]float64, 6)); err == nil {
			t.Errorf("6 values of shape %v: no error", shape)
		}
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("a failed write left %v", left)
	}
	if a := mustOpen(t, path, Options{}); a.Items() != 1 {
		t.Error("a failed write replaced the file")
	}
	if err := WriteNPY(filepath.Join(path, "z.npy"), []int{1}, []float64{1}); err == nil {
		t.Error("a folder that is a file: no error")
	}
}

// TestGrid checks every pixel of a small grid against its definition.
func TestGrid(t *testing.T) {
	// Three images of 2×3 in two columns, every value distinct; one clipped, one NaN.
	grey := make([]float32, 18)
	for i := range grey {
		grey[i] = float32(i) / 19
	}
	grey[3], grey[4] = 7, float32(math.NaN())
	im := decodeGrid(t, []int{2, 3}, grey, GridConfig{Columns: 2, Zoom: 1})
	if b := im.Bounds(); b.Dx() != 9 || b.Dy() != 7 {
		t.Fatalf("%v, want 9×7", b)
	}
	for y := range 7 {
		for x := range 9 {
			k, i, j := y/3*2+x/4, y%3-1, x%4-1
			want := uint32(gutterGrey)
			if i >= 0 && j >= 0 && k < 3 && x < 8 && y < 6 {
				want = 0
				if v := float64(grey[k*6+i*3+j]); !math.IsNaN(v) {
					want = uint32(math.Round(255 * min(v, 1)))
				}
			}
			if r, _, _, _ := im.At(x, y).RGBA(); r>>8 != want {
				t.Errorf("pixel (%d, %d): %d, want %d", x, y, r>>8, want)
			}
		}
	}
	colour := []float32{1, 0, 0, 0, 1, 0} // two pixels, red and green, or planes
	last := decodeGrid(t, []int{1, 2, 3}, colour, GridConfig{Zoom: 1, Gutter: -1})
	first := decodeGrid(t, []int{3, 1, 2}, []float32{1, 0, 0, 1, 0, 0}, GridConfig{Zoom: 1, Gutter: -1})
	for x, want := range [][3]uint32{{255, 0, 0}, {0, 255, 0}} {
		for _, im := range []image.Image{last, first} {
			if r, g, b, _ := im.At(x, 0).RGBA(); [3]uint32{r >> 8, g >> 8, b >> 8} != want {
				t.Errorf("pixel %d: %d %d %d, want %v", x, r>>8, g>>8, b>>8, want)
			}
		}
	}
	inverted := decodeGrid(t, []int{4}, make([]float32, 20), GridConfig{Invert: true}) // 5 images: 3 columns, zoom 14
	if b := inverted.Bounds(); b.Dx() != 3*29+1 || b.Dy() != 2*29+1 {
		t.Errorf("%v, want 88×59", b)
	}
	if r, _, _, _ := inverted.At(1, 1).RGBA(); r>>8 != 255 {
		t.Errorf("inverted 0 is %d", r>>8)
	}
	for _, item := range [][]int{{3}, {}, {0}, {2, 2, 2}, {2, 2, 2, 2}, {2, 0}} {
		if err := EncodeGrid(&bytes.Buffer{}, item, make([]float32, 8), GridConfig{}); err == nil {
			t.Errorf("items %v: no error", item)
		}
	}
	for _, n := range []int{0, 5} {
		if err := EncodeGrid(&bytes.Buffer{}, []int{2, 2}, make([]float32, n), GridConfig{}); err == nil {
			t.Errorf("%d values: no error", n)
		}
	}
	if err := EncodeGrid(&bytes.Buffer{}, []int{1}, make([]float32, 1<<10), GridConfig{Columns: 1}); err == nil {
		t.Error("a grid higher than any screen: no error")
	}
}

func decodeGrid(t *testing.T, item []int, values []float32, cfg GridConfig) image.Image {
	t.Helper()
	path := filepath.Join(t.TempDir(), "g.png")
	if err := WriteGrid(path, item, values, cfg); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	im, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func TestInspect(t *testing.T) {
	found, err := Inspect("testdata/set.npz", Options{})
	if err != nil || len(found.Arrays) != 4 || found.Arrays[0].Name != "x_train" || found.Arrays[0].Max != 23 {
		t.Fatalf("%+v: %v", found, err)
	}
	found, err = Inspect("testdata/set.npz:x_train", Options{})
	if err != nil || len(found.Arrays) != 1 || !slices.Equal(found.Arrays[0].Labels, []LabelCount{{3, 1}, {7, 1}}) {
		t.Fatalf("%+v: %v", found, err)
	}
	var b strings.Builder
	if err := found.WriteText(&b); err != nil || !strings.Contains(b.String(), "3×4") ||
		!strings.Contains(b.String(), "3 (1) 7 (1)") {
		t.Errorf("%s: %v", b.String(), err)
	}
	if Recognized(save(t, "d.csv", []byte("a\n1\n"))) || Recognized("testdata/absent.npy") {
		t.Error("a CSV file or none is recognized as an array")
	}
}
