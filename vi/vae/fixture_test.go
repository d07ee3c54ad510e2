package vae

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"elbo/data/array"
	"elbo/graph"
	"elbo/vi/optim"
	"elbo/vi/train"
)

// written returns the values (n, item...) as an array read from a file.
func written(t testing.TB, item []int, values []float32) *array.Array {
	t.Helper()
	d := 1
	for _, e := range item {
		d *= e
	}
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := array.WriteNPY(path, append([]int{len(values) / d}, item...), values); err != nil {
		t.Fatal(err)
	}
	a, err := array.Open(path, array.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// shapes draws n images of h×w in [0, 1]: a bright bar at a random place on a dark ground.
func shapes(t testing.TB, n, h, w int) *array.Array {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	v := make([]float32, n*h*w)
	for i := range n {
		row, flip := r.IntN(h), r.IntN(2) == 0
		for y := range h {
			for x := range w {
				p := float32(0.05)
				if (y == row) != (flip && x < w/2) {
					p = 0.9
				}
				v[(i*h+y)*w+x] = p
			}
		}
	}
	return written(t, []int{h, w}, v)
}

// trainer runs steps of a model on a device.
type trainer struct {
	t    testing.TB
	m    *Model
	in   *graph.Instance
	a    *array.Array
	feed *array.Batches
	b    int
	at   int64
}

func newTrainer(t testing.TB, dev graph.Device, c Config, a *array.Array, o StepOptions) *trainer {
	t.Helper()
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
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
	in, err := step.Program.Load(dev)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	feed, err := array.NewBatches(a, array.BatchConfig{Batch: o.Batch, Seed: 1, Shuffle: true})
	if err != nil {
		t.Fatal(err)
	}
	return &trainer{t, m, in, a, feed, o.Batch, 0}
}

// run trains n steps at a rate and returns the mean of the bound over them.
func (r *trainer) run(n int, lr float64) float64 {
	r.t.Helper()
	must := func(err error) {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
	}
	must(r.in.Set(train.SlotLR, []float64{lr}))
	must(r.in.Set(train.SlotElboSum, []float64{0}))
	p := &pass{m: r.m, in: r.in}
	var b array.Batch
	for range n {
		must(r.feed.Fill(r.at, &b))
		k := len(b.Items)
		x, weight, items := make([]float32, r.b*r.m.width), make([]float32, r.b), make([]int32, r.b)
		copy(x, b.Floats)
		for i := range r.b {
			j := min(i, k-1)
			items[i] = int32(b.Items[j])
			if i < k {
				weight[i] = 1 / float32(k)
			}
			copy(x[i*r.m.width:(i+1)*r.m.width], b.Floats[j*r.m.width:(j+1)*r.m.width])
		}
		must(p.setFloats(SlotX, x))
		must(p.setFloats(SlotWeight, weight))
		must(p.setInts(SlotItem, items))
		must(r.in.Run(uint64(r.at), 1))
		r.at++
	}
	sum, err := r.in.Get(train.SlotElboSum)
	must(err)
	return sum[0] / float64(n)
}

// runner returns a runner on the trainer's parameters.
func (r *trainer) runner(dev graph.Device) *Runner {
	r.t.Helper()
	e, err := r.m.Attach(dev, r.in)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = e.Close() })
	return e
}

var bg = context.Background()
