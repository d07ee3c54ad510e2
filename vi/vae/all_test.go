package vae

import "testing"

func TestAll(t *testing.T) {
	dev := openDevice(t, 1)
	a := shapes(t, 300, 8, 8)
	for _, c := range []Config{
		{}, {Posterior: "full"}, {Posterior: "iaf", Flows: 2, FlowHidden: 16}, {Posterior: "planar", Flows: 3},
		{Prior: "vamp", Components: 10}, {Prior: "vamp", Components: 10, Posterior: "iaf", Flows: 2, FlowHidden: 16},
		{Objective: "iwae", K: 5}, {Objective: "dreg", K: 5}, {Objective: "renyi", K: 5, Alpha: 0.5},
		{Beta: 0.5}, {Anneal: "linear", AnnealSteps: 100}, {Anneal: "cyclic", AnnealSteps: 100, FreeBits: 0.3},
		{Likelihood: "gaussian"}, {Likelihood: "gaussian-pixel"}, {Likelihood: "continuous-bernoulli"},
		{Binarize: "static"}, {Binarize: "threshold"}, {Binarize: "none"},
		{Arch: "conv"}, {Arch: "conv", Likelihood: "gaussian-pixel"}, {DType: "float64"}, {Objective: "iwae", K: 5, Prior: "vamp", Components: 10, Posterior: "full"},
		{Objective: "dreg", K: 5, Prior: "vamp", Components: 10, Beta: 0.5},
	} {
		c.Item, c.Latent = a.Item(), 4
		if c.Arch == "" {
			c.Encoder, c.Decoder = []int{30}, []int{30}
		}
		m, err := New(c)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if err := m.Accepts(a); err != nil {
			t.Fatal(err)
		}
		start, err := m.StartFrom(a, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := newTrainer(t, dev, c, a, StepOptions{Batch: 32, Start: start})
		first, last := r.run(100, 3e-3), 0.0
		for range 3 {
			last = r.run(100, 3e-3)
		}
		e := r.runner(dev)
		b, err := e.Bound(bg, a, nil, BoundOptions{})
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		n, err := e.NLL(bg, a, nil, 300, 0, nil)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		x, err := e.Sample(bg, 10, 1)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		_, err = e.Reconstruct(bg, a, nil, BoundOptions{})
		t.Logf("%s %s %s %s %s: %.2f %.2f bound %.2f nll %.2f (%.2f) active %d recon %.2f kl %.2f %.2v %v", c.Posterior, c.Prior, c.Likelihood, c.Objective, c.Arch, first, last, b.Bound, n.NLL, n.Bound, b.Active, b.Recon, b.KL, x[0], err)
	}
}
