package shapes

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"elbo/data/array"
)

// TestWritten reads the files back the way any user of them does.
func TestWritten(t *testing.T) {
	for _, name := range []string{"s-images-idx3-ubyte.gz", "s-images-idx3-ubyte", "pictures.idx"} {
		path := filepath.Join(t.TempDir(), name)
		w, err := Write(path, 50, 7)
		if err != nil {
			t.Fatal(err)
		}
		a, err := array.Open(path, array.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.Shape, []int{50, Side, Side}) || (w.Labels == "") != (a.Labels == nil) {
			t.Errorf("%s: shape %v, labels %v, %+v", name, a.Shape, a.Labels, w)
		}
		pixels := make([]byte, Side*Side)
		for i := range 50 {
			label := Draw(pixels, 7, uint64(i))
			if !bytes.Equal(a.Raw()[i*Side*Side:(i+1)*Side*Side], pixels) {
				t.Fatalf("%s: image %d differs", name, i)
			}
			if a.Labels != nil && int(a.Labels[i]) != label {
				t.Errorf("%s: label %d of image %d, want %d", name, a.Labels[i], i, label)
			}
		}
	}
}

// TestStrokesAreInTheFrame: every kind has ink, not too much, and none of it runs over the edge.
func TestStrokesAreInTheFrame(t *testing.T) {
	pixels := make([]byte, Side*Side)
	seen := map[int]int{}
	for i := range 600 {
		label := Draw(pixels, 1, uint64(i))
		seen[label]++
		ink, edge := 0, 0
		for p, v := range pixels {
			if ink += int(v); p%Side == 0 || p%Side == Side-1 || p < Side || p >= Side*(Side-1) {
				edge += int(v)
			}
		}
		if share := float64(ink) / (255 * Side * Side); share < 0.03 || share > 0.4 || edge > 40*255 {
			t.Errorf("image %d, a %s: %.2f ink, %d at the edge", i, Names[label], share, edge)
		}
	}
	for k := range Names {
		if seen[k] < 60 { // 100 expected, sd 9
			t.Errorf("%d of 600 are a %s", seen[k], Names[k])
		}
	}
}
