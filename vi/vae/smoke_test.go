package vae

import (
	"testing"
)

func TestSmoke(t *testing.T) {
	dev := openDevice(t, 1)
	a := shapes(t, 500, 6, 6)
	c := Config{Item: a.Item(), Encoder: []int{30}, Decoder: []int{30}, Latent: 4}
	r := newTrainer(t, dev, c, a, StepOptions{Batch: 32})
	for range 5 {
		t.Log(r.run(200, 3e-3))
	}
	e := r.runner(dev)
	b, err := e.Bound(bg, a, nil, BoundOptions{})
	t.Log(b, err)
	n, err := e.NLL(bg, a, nil, 500, 0, nil)
	t.Log(n, err)
	m, sd, err := e.Encode(bg, a, nil)
	t.Log(m[:4], sd[:4], err)
	x, err := e.Reconstruct(bg, a, nil)
	t.Log(x[:36], err)
	x, err = e.Sample(bg, 10, 1)
	t.Log(x[:36], err)
	p, err := r.m.ParamsOf(r.in)
	if err != nil {
		t.Fatal(err)
	}
	d := t.TempDir()
	if err := r.m.Save(d, p); err != nil {
		t.Fatal(err)
	}
	m2, p2, err := Load(d)
	if err != nil {
		t.Fatal(err)
	}
	e2, err := m2.Load(dev, p2)
	if err != nil {
		t.Fatal(err)
	}
	defer e2.Close()
	b, err = e2.Bound(bg, a, nil, BoundOptions{Batch: 100})
	t.Log(b, err)
}
