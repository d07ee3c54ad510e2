package vae

import (
	"slices"
	"testing"

	"elbo/graph/nn"
	"elbo/vi/train"
)

// TestMovingAveragesAreTheModel: of a step that keeps moving averages, ParamsOf and Attach give those, and the
// running statistics, which are averages already, as they are.
func TestMovingAveragesAreTheModel(t *testing.T) {
	dev := openDevice(t, 1)
	a := shapes(t, 80, 6, 6)
	c := barsConfig(a.Item())
	c.Arch, c.Encoder, c.Decoder = "layers", nil, nil
	c.EncoderLayers = []nn.Spec{{Layer: "flatten"}, {Layer: "linear", Units: 5}, {Layer: "batch_norm", Activation: "tanh"}}
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
	var bounds []float64
	for _, e := range []*Runner{loaded, r.runner(dev)} {
		b, err := e.Bound(bg, a, nil, BoundOptions{})
		if err != nil {
			t.Fatal(err)
		}
		bounds = append(bounds, b.Bound)
	}
	if bounds[0] != bounds[1] {
		t.Errorf("bound %g of the saved parameters, %g of those on the device", bounds[0], bounds[1])
	}
}
