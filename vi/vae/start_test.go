package vae

import (
	"math"
	"slices"
	"testing"

	"elbo/graph"
)

// TestStartFrom: means, scale and pseudo-inputs of known data, and what the initial parameters make
// of them.
func TestStartFrom(t *testing.T) {
	a := written(t, []int{2}, []float32{0.25, 0, 0.75, 0, 0.25, 0, 0.75, 0, 9, 9})
	items := []int64{0, 1, 2, 3} // not the last
	m := mustNew(t, Config{Item: []int{2}, Latent: 1, Prior: "vamp", Components: 3})
	s, err := m.StartFrom(a, items)
	if err != nil {
		t.Fatal(err)
	}
	// Variance 1/16 of one value, 0 of the other.
	if s.Mean[0] != 0.5 || s.Mean[1] != 0 || math.Abs(s.LogSD-math.Log(1.0/32)/2) > 1e-15 {
		t.Errorf("mean %v, log sd %g", s.Mean, s.LogSD)
	}
	if len(s.Pseudo) != 6 {
		t.Fatalf("pseudo-inputs %v", s.Pseudo)
	}
	for i, x := range s.Pseudo {
		if i%2 == 0 && x != 0.25 && x != 0.75 || i%2 == 1 && x != 0 {
			t.Errorf("pseudo-input %d is %g, no value of the data", i, x)
		}
	}
	g, err := graph.Build(graph.F64, func(g *graph.Graph) { m.stepParts(g, StepOptions{Batch: 2, Start: s}) })
	if err != nil {
		t.Fatal(err)
	}
	bias := g.Input(g.Lookup("decoder/out/bias")).Init
	if bias[0] != 0 || math.Abs(bias[1]-math.Log(0.001/0.999)) > 1e-12 { // logit of the lowest mean allowed
		t.Errorf("bias %v", bias)
	}
	raw := g.Input(g.Lookup("prior/pseudo")).Init
	if want := logit(s.Pseudo[0]); raw[0] != want {
		t.Errorf("pseudo-input starts at %g, want %g", raw[0], want)
	}
	if _, err := m.StartFrom(shapes(t, 3, 4, 4), nil); err == nil {
		t.Error("data of another shape: accepted")
	}
	// Posteriors start at scale one whatever the datum.
	for _, x := range g.Input(g.Lookup("encoder/logsd/weight")).Init {
		if x != 0 {
			t.Errorf("log standard deviations start with the weight %g", x)
		}
	}
	for _, x := range g.Input(g.Lookup("encoder/logsd/bias")).Init {
		if x != 0 {
			t.Errorf("log standard deviations start at %g", x)
		}
	}
}

// TestStartOfUnboundedData: pseudo-inputs start at data themselves, and the shared scale at that of the data.
func TestStartOfUnboundedData(t *testing.T) {
	m := mustNew(t, Config{Item: []int{1}, Latent: 1, Likelihood: "gaussian", Prior: "vamp", Components: 4})
	s, err := m.StartFrom(written(t, []int{1}, []float32{-3, 5}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Mean[0] != 1 || math.Abs(s.LogSD-math.Log(4)) > 1e-15 {
		t.Errorf("mean %g, log sd %g, want 1 and log 4", s.Mean[0], s.LogSD)
	}
	g, err := graph.Build(graph.F64, func(g *graph.Graph) { m.stepParts(g, StepOptions{Batch: 2, Start: s}) })
	if err != nil {
		t.Fatal(err)
	}
	if got := g.Input(g.Lookup("decoder/logsd")).Init; got[0] != s.LogSD {
		t.Errorf("the scale starts at %g, want %g", got[0], s.LogSD)
	}
	for i, x := range g.Input(g.Lookup("prior/pseudo")).Init {
		if x != s.Pseudo[i] || x != -3 && x != 5 {
			t.Errorf("pseudo-input %d starts at %g, %g of the data", i, x, s.Pseudo[i])
		}
	}
	// Data that do not vary still give a finite scale.
	if s, err = m.StartFrom(written(t, []int{1}, []float32{2, 2, 2}), nil); err != nil || math.IsInf(s.LogSD, 0) {
		t.Errorf("log sd %g of constant data, %v", s.LogSD, err)
	}
}

// TestStartLooksEverywhere: of more data than it reads it takes some from every part.
func TestStartLooksEverywhere(t *testing.T) {
	x := make([]float32, 2*startItems)
	for i := range x {
		x[i] = float32(i / startItems) // 0 in the first half
	}
	m := mustNew(t, Config{Item: []int{1}, Latent: 1})
	s, err := m.StartFrom(written(t, []int{1}, x), nil)
	if err != nil || s.Mean[0] != 0.5 {
		t.Errorf("mean %v, want ½ (%v)", s.Mean, err)
	}
}

// TestPseudoInputsFollowTheSeed: those drawn from the data, and those drawn where nothing is known of it.
func TestPseudoInputsFollowTheSeed(t *testing.T) {
	a := shapes(t, 100, 6, 6)
	pseudo := func(seed uint64, known bool) []float64 {
		m := mustNew(t, Config{Item: a.Item(), Latent: 1, Prior: "vamp", Components: 3, Seed: seed})
		o := StepOptions{Batch: 2}
		if known {
			s, err := m.StartFrom(a, nil)
			if err != nil {
				t.Fatal(err)
			}
			o.Start = s
		}
		g, err := graph.Build(graph.F64, func(g *graph.Graph) { m.stepParts(g, o) })
		if err != nil {
			t.Fatal(err)
		}
		return g.Input(g.Lookup("prior/pseudo")).Init
	}
	for _, known := range []bool{true, false} {
		one := pseudo(1, known)
		if !slices.Equal(one, pseudo(1, known)) || slices.Equal(one, pseudo(2, known)) {
			t.Errorf("data known %t: pseudo-inputs do not follow the seed", known)
		}
		if slices.Equal(one[:36], one[36:72]) && slices.Equal(one[:36], one[72:]) {
			t.Errorf("data known %t: all pseudo-inputs are the same", known)
		}
	}
}

// TestViews: channels stored first go to the last axis and back, and heads come out of the last axis.
func TestViews(t *testing.T) {
	const c, h, w = 3, 2, 2
	v := view{item: []int{h, w, c}, channelsFirst: true}
	x := make([]float64, c*h*w)
	for i := range x {
		x[i] = float64(i)
	}
	var items, back *graph.Node
	if _, err := graph.Build(graph.F64, func(g *graph.Graph) {
		items = v.toItems(g.ConstTensor(x, 1, c*h*w))
		// Two outputs per value: the value and its negative, last axis (C·2).
		rows := graph.Reshape(items, h*w, c)
		pair := graph.Stack(2, rows, graph.Neg(rows))
		back = v.fromItems(graph.Reshape(pair, 1, h, w, c*2), c*h*w, 2)
	}); err != nil {
		t.Fatal(err)
	}
	out, err := graph.Reference(nil, 0, 0, items, back)
	if err != nil {
		t.Fatal(err)
	}
	if out[0][0] != 0 || out[0][1] != 4 || out[0][2] != 8 || out[0][3] != 1 {
		t.Errorf("first pixel and the next: %v", out[0][:4])
	}
	for i := range x {
		if out[1][2*i] != x[i] || out[1][2*i+1] != -x[i] {
			t.Errorf("value %d came back as %g and %g", i, out[1][2*i], out[1][2*i+1])
		}
	}
}

// TestEncodeMoments: mean and standard deviation of the full posterior in closed form, and of flows
// by their draws.
func TestEncodeMoments(t *testing.T) {
	dev := openDevice(t, 1)
	a := shapes(t, 4, 4, 4)
	for name, c := range map[string]Config{"full": {Posterior: "full"}, "planar": {Posterior: "planar", Flows: 1}} {
		c.Item, c.Latent, c.Binarize = a.Item(), 2, "threshold"
		m := mustNew(t, c)
		p := Params{}
		for name, shape := range m.Parameters() {
			p[name] = make([]float64, shape.Size())
		}
		p["encoder/mean/bias"] = []float64{3, -1}
		p["encoder/logsd/bias"] = []float64{math.Log(2), math.Log(0.5)}
		want, tolerance := []float64{2, 0.5}, 1e-6 // float32
		if name == "full" {
			p["encoder/lower/bias"] = []float64{9, 9, 1.2, 9} // only the entry below the diagonal counts
			want[1] = 1.3
		} else {
			tolerance = 4 * 2 / math.Sqrt(2*momentDraws) // standard error of an sd of 2 by 64 draws
		}
		e, err := m.Load(dev, p)
		if err != nil {
			t.Fatal(err)
		}
		mean, sd, err := e.Encode(bg, a, nil, BoundOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if math.Abs(float64(sd[i])-want[i]) > tolerance*want[i] {
				t.Errorf("%s: sd %g, want %g", name, sd[i], want[i])
			}
			if center := p["encoder/mean/bias"][i]; math.Abs(float64(mean[i])-center) > 2*tolerance*want[i] {
				t.Errorf("%s: mean %g, want %g", name, mean[i], center)
			}
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
