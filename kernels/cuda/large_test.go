//go:build elbo_cuda && linux

package cuda

import (
	"math/rand/v2"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
	"elbo/kernels/ref"
)

// TestLarge covers what small cases do not reach: factors by panels, rows added in several segments,
// sums shared by blocks, batches of products by the library. Tolerances are the op table's, over the
// magnitudes that are added up.
func TestLarge(t *testing.T) {
	type S = kernels.Shape
	for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
		b := kernelstest.NewBuilder("large "+dt.String(), dt)
		r := rand.New(rand.NewPCG(5, 6))
		input := func(name string, shape ...int) kernels.ValueID {
			x := make([]float64, S(shape).Size())
			for i := range x {
				x[i] = float64(float32(r.Float64()*2 - 1))
			}
			return b.Input(name, x, shape...)
		}
		const n = 150
		spd := make([]float64, 2*n*n)
		for i := range spd {
			row, column := i/n%n, i%n
			spd[i] = 1 / float64(1+max(row-column, column-row)) // diagonally dominant enough to be positive
			if row == column {
				spd[i] = 9
			}
		}
		rows := make([]float64, 20000)
		for i := range rows {
			rows[i] = float64(r.IntN(50))
		}
		idx := b.Index("idx", rows, len(rows))
		b.Output("factors", b.Apply(kernels.Cholesky, kernels.Attr{}, b.Input("spd", spd, 2, n, n)))
		b.Output("added", b.Apply(kernels.ScatterAdd, kernels.Attr{Shape: S{50, 2}}, idx, input("rows", len(rows), 2)))
		more := input("more rows", len(rows), 2)
		b.Output("added to many", b.Apply(kernels.ScatterAdd, kernels.Attr{Shape: S{400, 2}}, idx, more))
		wide := input("wide", 3, 70001)
		for i, axes := range [][]int{{0}, {1}, {0, 1}} {
			name := string(rune('0' + i))
			b.Output("sum"+name, b.Apply(kernels.SumReduce, kernels.Attr{Axes: axes}, wide))
			b.Output("max"+name, b.Apply(kernels.MaxReduce, kernels.Attr{Axes: axes}, wide))
		}
		tall := input("tall", 70001, 3)
		b.Output("columns", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0}}, tall))
		b.Output("product", b.Apply(kernels.MatMul, kernels.Attr{TransB: true},
			input("a", 3, 20, 300), input("b", 3, 30, 300)))
		p := b.Program()
		dev := opened(t, Options{})
		got, err := kernelstest.Exec(dev, p, b.Feed, 0, 1)
		must(t, err)
		want, err := kernelstest.Exec(ref.Open(), p, b.Feed, 0, 1)
		must(t, err)
		for i := range p.Slots {
			name := p.Slots[i].Name
			tol := map[kernels.DType]float64{kernels.F32: 1e-4, kernels.F64: 1e-11}[dt]
			if diff := kernelstest.Mismatch(got[name], want[name], nil, tol, dt); diff != "" {
				t.Errorf("%v %s: %s", dt, name, diff)
			}
		}
		closed(t, dev)
	}
	clean(t)
}

// TestDamagedImage: an image the driver refuses is compiled again, and so is one whose file is damaged.
func TestDamagedImage(t *testing.T) {
	dev := opened(t, Options{})
	b := kernelstest.NewBuilder("image", kernels.F32)
	b.Output("y", b.Apply(kernels.Iota, kernels.Attr{Shape: kernels.Shape{5}}))
	p := b.Program()
	exe, err := dev.Compile(p)
	must(t, err)
	var key string
	for k := range dev.modules {
		key = k
	}
	must(t, exe.Close())
	must(t, dev.cache.Put(key, []byte("no image")))
	for range 2 { // refused, then good
		got, err := kernelstest.Exec(dev, p, b.Feed, 0, 1)
		must(t, err)
		if got["y"][4] != 4 {
			t.Errorf("got %v", got["y"])
		}
	}
	if image := dev.cache.Get(key); string(image) == "no image" {
		t.Error("the refused image is still kept")
	}
	closed(t, dev)
}
