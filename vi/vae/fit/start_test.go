package fit

import (
	"context"
	"errors"
	"testing"

	"elbo/vi/train"
	"elbo/vi/vae"
)

// TestStartIsWhereTrainingBegins: the parameters given are those of step 0, and of the moving averages; a
// run that goes on from a checkpoint does not ask for them; parameters of another model are refused.
func TestStartIsWhereTrainingBegins(t *testing.T) {
	m, a := small(t, nil), crosses(t, 40)
	first, err := Run(context.Background(), m, a, Options{Device: openDevice(t, 1), Batch: 20, Budget: train.Budget{Steps: 3}})
	if err != nil {
		t.Fatal(err)
	}
	store, err := train.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	// Steps of such a rate change no float32, so the parameters stay where they began.
	o := Options{Device: openDevice(t, 1), Batch: 20, LR: 1e-30, EMA: 0.5, Budget: train.Budget{Steps: 2}, Checkpoints: store,
		Start: func() (vae.Params, error) { asked++; return first.Params, nil }}
	res, err := Run(context.Background(), m, a, o)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range first.Params {
		for i, x := range v {
			if res.Params[name][i] != x {
				t.Fatalf("%s[%d] is %g, began at %g", name, i, res.Params[name][i], x)
			}
		}
	}
	o.Resume, o.Budget.Steps = true, 4
	if _, err := Run(context.Background(), m, a, o); err != nil || asked != 1 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	o.Checkpoints, o.Start = nil, func() (vae.Params, error) { return vae.Params{"x": {1}}, nil }
	if _, err := Run(context.Background(), m, a, o); !errors.Is(err, vae.ErrSaved) {
		t.Errorf("parameters of another model: %v", err)
	}
}
