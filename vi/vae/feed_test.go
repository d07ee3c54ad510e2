package vae

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"elbo/data/array"
	"elbo/graph"
	"elbo/vi/optim"
	"elbo/vi/train"
)

// byteImages writes n images of 4×4 as an IDX file, so that pixels are bytes.
func byteImages(t *testing.T, n int) *array.Array {
	t.Helper()
	pixels := make([]byte, n*16)
	for i := range pixels {
		pixels[i] = byte(i * 37)
	}
	return imagesOf(t, pixels)
}

func imagesOf(t *testing.T, pixels []byte) *array.Array {
	t.Helper()
	raw := append([]byte{0, 0, 8, 3, 0, 0, 0, byte(len(pixels) / 16), 0, 0, 0, 4, 0, 0, 0, 4}, pixels...)
	path := filepath.Join(t.TempDir(), "images-idx3-ubyte")
	if err := os.WriteFile(path, raw, 0o666); err != nil {
		t.Fatal(err)
	}
	a, err := array.Open(path, array.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func loaded(t *testing.T, m *Model, o StepOptions) *graph.Instance {
	t.Helper()
	if o.Rule == nil {
		o.Rule = optim.Adam{}
	}
	spec, err := m.StepSpec(o)
	if err != nil {
		t.Fatal(err)
	}
	step, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	in, err := step.Program.Load(openDevice(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	if err := in.Set(train.SlotLR, []float64{1e-2}); err != nil {
		t.Fatal(err)
	}
	return in
}

// TestBytesAreFloats: a batch fed as bytes trains to the same bits as one the host converted, scaled or not.
func TestBytesAreFloats(t *testing.T) {
	for _, scale := range []string{"auto", "none"} {
		t.Run(scale, func(t *testing.T) { checkBytes(t, scale) })
	}
}

func checkBytes(t *testing.T, scale string) {
	a := byteImages(t, 6)
	m := mustNew(t, Config{Item: a.Item(), Latent: 2, Likelihood: "gaussian", Scale: scale})
	rows := []int64{3, 1, 4, 0}
	var weights [2][]byte
	for i, o := range []StepOptions{{Batch: 4}, {Batch: 4, Bytes: true}} {
		in := loaded(t, m, o)
		raw := make([]byte, 4*16)
		err := a.RawRows(rows, raw)
		if !o.Bytes {
			x := make([]float32, 4*16)
			err = a.Rows(rows, m.scale, x)
			raw = appendFloats(nil, x, graph.F32)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := in.SetBytes(SlotX, raw); err != nil {
			t.Fatal(err)
		}
		if err := in.Set(SlotWeight, []float64{0.25, 0.25, 0.25, 0.25}); err != nil {
			t.Fatal(err)
		}
		if err := in.Run(0, 5); err != nil {
			t.Fatal(err)
		}
		if weights[i], err = in.GetBytes("decoder/out/weight"); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(weights[0], weights[1]) {
		t.Error("bytes and floats train to different bits")
	}
}

// TestResidentEpochs: a step that draws its own batches sees every row once an epoch, as often as it
// runs; the last, short batch weighs the rows that are left alone.
func TestResidentEpochs(t *testing.T) {
	const n, b = 10, 4
	m := mustNew(t, Config{Item: []int{16}, Latent: 1, Binarize: "static", DType: "float64"})
	var f fed
	var item *graph.Node
	if _, err := graph.Build(graph.F64, func(g *graph.Graph) {
		f = m.feed(g, StepOptions{Batch: b, Resident: n})
		item = graph.ToFloat(f.item())
	}); err != nil {
		t.Fatal(err)
	}
	data, items := make([]float64, n*16), make([]float64, n)
	for i := range data {
		data[i] = float64(i / 16) // every value of row i is i
	}
	for i := range items {
		items[i] = float64(100 + i)
	}
	for _, epoch := range []uint64{0, 1, 400_000} {
		seen := map[int]int{}
		for s := range uint64(3) {
			v, err := graph.Reference(map[string][]float64{SlotData: data, SlotItems: items}, 9, 3*epoch+s,
				f.x, f.weight, item)
			if err != nil {
				t.Fatal(err)
			}
			left := float64(min(b, n-int(s)*b))
			for i := range b {
				row := int(math.Round(255 * v[0][i*16]))
				if int(v[2][i]) != 100+row {
					t.Errorf("row %d has the number %g", row, v[2][i])
				}
				switch {
				case float64(i) >= left && v[1][i] == 0:
				case float64(i) < left && math.Abs(v[1][i]-1/left) < 1e-15:
					seen[row]++
				default:
					t.Errorf("epoch %d, step %d: row %d weighs %g", epoch, s, i, v[1][i])
				}
			}
		}
		for i := range n {
			if seen[i] != 1 {
				t.Errorf("epoch %d: row %d was seen %d times", epoch, i, seen[i])
			}
		}
	}
}

// TestResidentDataBelowABatch: a batch is no larger than the data, all of which then count in every step.
func TestResidentDataBelowABatch(t *testing.T) {
	const n = 3
	m := mustNew(t, Config{Item: []int{1}, Latent: 1, Binarize: "none", DType: "float64"})
	var f fed
	if _, err := graph.Build(graph.F64, func(g *graph.Graph) {
		f = m.feed(g, StepOptions{Batch: 8, Resident: n})
	}); err != nil {
		t.Fatal(err)
	}
	for step := range uint64(3) {
		v, err := graph.Reference(map[string][]float64{SlotData: {0, 51, 255}}, 9, step, f.x, f.weight)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(v[0])
		if !slices.Equal(v[0], []float64{0, 0.2, 1}) || !slices.Equal(v[1], []float64{1. / n, 1. / n, 1. / n}) {
			t.Errorf("step %d: rows %v weigh %v", step, v[0], v[1])
		}
	}
}

// TestResidentTrains: many steps in one call are the same steps one by one.
func TestResidentTrains(t *testing.T) {
	a := byteImages(t, 10)
	m := mustNew(t, Config{Item: a.Item(), Latent: 2, Encoder: []int{8}, Decoder: []int{8}})
	var weights [2][]byte
	for i, calls := range []int{1, 12} {
		in := loaded(t, m, StepOptions{Batch: 4, Resident: 10})
		if err := in.SetBytes(SlotData, a.Raw()); err != nil {
			t.Fatal(err)
		}
		for c := range calls {
			if err := in.Run(uint64(c*12/calls), 12/calls); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if weights[i], err = in.GetBytes("encoder/0/weight"); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(weights[0], weights[1]) {
		t.Error("twelve steps in one call and in twelve differ")
	}
}
