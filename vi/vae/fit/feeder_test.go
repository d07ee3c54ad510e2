package fit

import (
	"runtime"
	"testing"

	"elbo/data/array"
	"elbo/vi/vae"
)

// TestBatchesAreWhatTheArrayHolds: bytes and floats, whole batches and the short last one, whose padding
// repeats its first row with weight 0.
func TestBatchesAreWhatTheArrayHolds(t *testing.T) {
	floats := crosses(t, 75)
	for _, a := range []*array.Array{floats, bytesOf(t, floats)} {
		for _, dtype := range []string{"float32", "float64"} {
			r, err := prepare(small(t, func(c *vae.Config) { c.DType, c.Binarize = dtype, "static" }), a,
				Options{Device: openDevice(t, 1), Batch: 20})
			if err != nil {
				t.Fatal(err)
			}
			in, err := r.step.Program.Load(r.o.Device)
			if err != nil {
				t.Fatal(err)
			}
			f, err := newFeeder(r.o.Device, in.Program(), r.from, 2)
			if err != nil {
				t.Fatal(err)
			}
			for step := int64(2); step < 9; step++ {
				if err := f.Bind(in, step); err != nil {
					t.Fatal(err)
				}
				x, err := in.Get(vae.SlotX)
				if err != nil {
					t.Fatal(err)
				}
				w, err := in.Get(vae.SlotWeight)
				if err != nil {
					t.Fatal(err)
				}
				n := 20
				if step%4 == 3 {
					n = 15
				}
				row := make([]float32, 36)
				for i := range 20 {
					item, weight := r.item(step, i), 1/float64(n)
					if i >= n {
						item, weight = r.item(step, 0), 0
					}
					if err := a.Rows([]int64{item}, array.ScaleNone, row); err != nil {
						t.Fatal(err)
					}
					if x[i*36+7] != float64(row[7]) || x[i*36+35] != float64(row[35]) || float32(w[i]) != float32(weight) {
						t.Fatalf("%s, step %d, row %d: %v, weight %v, want %v, %v", dtype, step, i, x[i*36+7], w[i], row[7], weight)
					}
				}
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
			if err := in.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestStepsDoNotAllocate: neither feeding nor running takes memory once batches are under way.
func TestStepsDoNotAllocate(t *testing.T) {
	r, err := prepare(small(t, nil), bytesOf(t, crosses(t, 75)), Options{Device: openDevice(t, 1), Batch: 20})
	if err != nil {
		t.Fatal(err)
	}
	if name := r.o.Device.Report().Name; name == "ref" {
		t.Skip("the reference device takes memory as it runs")
	}
	in, err := r.step.Program.Load(r.o.Device)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	f, err := newFeeder(r.o.Device, in.Program(), r.from, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	run := func(from, to int64) {
		for step := from; step < to; step++ {
			if err := f.Bind(in, step); err != nil {
				t.Fatal(err)
			}
			if err := in.Run(uint64(step), 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	const steps = 400
	run(0, 40)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run(40, 40+steps)
	runtime.ReadMemStats(&after)
	// A few allocations of the runtime's own may fall into the time.
	if n := after.Mallocs - before.Mallocs; n > steps/4 {
		t.Errorf("%d allocations in %d steps", n, steps)
	}
}
