package vae

import (
	"testing"

	"elbo/graph"
	"elbo/vi/optim"
	"elbo/vi/train"
)

// TestStepAllocatesNothing: a step of the default model, batch and all, takes no memory from Go's heap. Over ten
// steps what the runtime itself takes now and then averages below one, which AllocsPerRun rounds down.
func TestStepAllocatesNothing(t *testing.T) {
	spec, err := mustNew(t, Default([]int{28, 28})).StepSpec(StepOptions{Batch: 128, Rule: optim.Adam{}})
	if err != nil {
		t.Fatal(err)
	}
	step, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, threads := range []int{1, 2} {
		in, err := step.Program.Load(openDevice(t, threads))
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Set(train.SlotLR, []float64{1e-3}); err != nil {
			t.Fatal(err)
		}
		batch := appendFloats(nil, make([]float32, 128*784), graph.F32)
		weight := appendFloats(nil, make([]float32, 128), graph.F32)
		at := uint64(0)
		if n := testing.AllocsPerRun(10, func() {
			if err := in.SetBytes(SlotX, batch); err != nil {
				t.Fatal(err)
			}
			if err := in.SetBytes(SlotWeight, weight); err != nil {
				t.Fatal(err)
			}
			if err := in.Run(at, 1); err != nil {
				t.Fatal(err)
			}
			at++
		}); n != 0 {
			t.Errorf("%d threads: %g allocations a step", threads, n)
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}
}
