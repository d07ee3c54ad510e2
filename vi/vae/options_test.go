package vae

import (
	"math"
	"slices"
	"testing"

	"elbo/vi/optim"
	"elbo/vi/train"
)

// firstStep runs one step from given parameters, and returns where parameters started, its bound and how far the
// step moved them all, in the Euclidean norm.
func firstStep(t *testing.T, seed uint64, o StepOptions) (initial []float64, elbo, moved, norm float64) {
	t.Helper()
	m := mustNew(t, Config{Item: []int{4}, Latent: 2, Binarize: "none", DType: "float64", Seed: seed})
	o.Batch, o.Rule = 2, optim.SGD{}
	in := loaded(t, m, o)
	get := func(name string) []float64 {
		v, err := in.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	initial = get("decoder/out/weight")
	params := anyParams(m, 0.5)
	values := map[string][]float64{train.SlotLR: {0.1}, SlotX: {0, 1, 1, 0, 1, 1, 0, 1}, SlotWeight: {0.5, 0.5}}
	for name, v := range params {
		values[name] = slices.Clone(v)
	}
	for name, v := range values {
		if err := in.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Run(0, 1); err != nil {
		t.Fatal(err)
	}
	for name, v := range params {
		for i, x := range get(name) {
			moved += (x - v[i]) * (x - v[i])
		}
	}
	return initial, get(train.SlotElbo)[0], math.Sqrt(moved), get(train.SlotGradNorm)[0]
}

// TestStepOptionsReachTheStep: the seed draws initial values and noise, the bound of the gradient's norm and the
// schedule decide how far plain descent goes.
func TestStepOptionsReachTheStep(t *testing.T) {
	initial, elbo, moved, norm := firstStep(t, 1, StepOptions{})
	if math.Abs(moved-0.1*norm) > 1e-12 {
		t.Errorf("a step of %g by a gradient of %g", moved, norm)
	}
	again, same, _, _ := firstStep(t, 1, StepOptions{})
	other, differs, _, _ := firstStep(t, 2, StepOptions{})
	if !slices.Equal(initial, again) || slices.Equal(initial, other) {
		t.Error("initial values do not follow the seed")
	}
	if elbo != same || math.Abs(elbo-differs) < 1e-6 {
		t.Errorf("bounds %g, %g again and %g of another seed", elbo, same, differs)
	}
	if _, _, clipped, _ := firstStep(t, 1, StepOptions{ClipNorm: norm / 4}); math.Abs(clipped-moved/4) > 1e-12 {
		t.Errorf("a step of %g with a quarter of the norm, %g without a bound", clipped, moved)
	}
	up := optim.WarmUp(5, optim.Constant())
	if _, _, early, _ := firstStep(t, 1, StepOptions{Schedule: up}); math.Abs(early-moved/5) > 1e-12 {
		t.Errorf("a step of %g at a fifth of the rate, %g at the whole", early, moved)
	}
}
