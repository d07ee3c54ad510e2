package vae

import (
	"math"
	"slices"
	"testing"

	"elbo/graph/nn"
	"elbo/vi/train"
)

// TestMovingAveragesAreTheModel: of a step that keeps moving averages, ParamsOf and Attach give those, and the
// running statistics, which are averages already, as they are. Training moves these; evaluation, which reads them,
// does not depend on the batch.
func TestMovingAveragesAreTheModel(t *testing.T) {
	dev := openDevice(t, 1)
	a := shapes(t, 80, 6, 6)
	c := barsConfig(a.Item())
	c.Arch, c.Encoder, c.Decoder = "layers", nil, nil
	c.EncoderLayers = []nn.Spec{{Layer: "flatten"}, {Layer: "linear", Units: 5}, {Layer: "batch_norm", Activation: "tanh"},
		{Layer: "dropout", Rate: 0.3}}
	r := newTrainer(t, dev, c, a, StepOptions{Batch: 40, EMA: 0.9})
	r.run(30, 1e-2)
	p, err := r.m.ParamsOf(r.in)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ param, slot string }{
		{"decoder/out/bias", train.AverageSlot("decoder/out/bias")},
		{"encoder/mean/weight", train.AverageSlot("encoder/mean/weight")},
		{"encoder/2/0/mean", "encoder/2/0/mean"},
	} {
		want, err := r.in.Get(x.slot)
		if err != nil {
			t.Fatal(err)
		}
		own, err := r.in.Get(x.param)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p[x.param], want) || (x.slot == x.param) != slices.Equal(own, want) {
			t.Errorf("%s is %v, slot %s holds %v, the parameter %v", x.param, p[x.param], x.slot, want, own)
		}
	}
	loaded, err := r.m.Load(dev, p)
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	bound := func(e *Runner, batch int) float64 {
		b, err := e.Bound(bg, a, nil, BoundOptions{Batch: batch})
		if err != nil {
			t.Fatal(err)
		}
		return b.Bound
	}
	whole, attached, parts := bound(loaded, 0), bound(r.runner(dev), 0), bound(loaded, 7)
	if whole != attached || math.Abs(parts-whole) > 1e-5*math.Abs(whole) { // float32 sums in another order
		t.Errorf("bound %g of the saved parameters, %g of those on the device, %g in batches of 7", whole, attached, parts)
	}
	if mean := p["encoder/2/0/mean"]; slices.Max(mean) == 0 && slices.Min(mean) == 0 {
		t.Error("training left the running statistics where they were")
	}
}
