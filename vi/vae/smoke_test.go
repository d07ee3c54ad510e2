package vae

import (
	"testing"
	"time"

	"elbo/vi/optim"
)

func TestSmoke(t *testing.T) {
	c := Default([]int{28, 28})
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := m.StepSpec(StepOptions{Batch: 128, Rule: optim.Adam{}})
	if err != nil {
		t.Fatal(err)
	}
	t0 := time.Now()
	step, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	t.Log("compile", time.Since(t0))
	in, err := step.Program.Load(openDevice(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	x := make([]float64, 128*784)
	for i := range x {
		x[i] = float64(i%7) / 7
	}
	w := make([]float64, 128)
	for i := range w {
		w[i] = 1.0 / 128
	}
	for name, v := range map[string][]float64{SlotX: x, SlotWeight: w, "lr": {1e-3}} {
		if err := in.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	for k := range 5 {
		t0 = time.Now()
		if err := in.Run(uint64(k*20), 20); err != nil {
			t.Fatal(err)
		}
		e, err := in.Get("elbo")
		t.Log(time.Since(t0)/20, e, err)
	}
	t.Log(step.Params, step.Means)
}
