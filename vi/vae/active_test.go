package vae

import (
	"math"
	"testing"
)

// TestActiveUnits: coordinates the encoder does not move are inactive, those whose means vary by more than
// 0.01 are active (Burda, Grosse & Salakhutdinov 2016).
func TestActiveUnits(t *testing.T) {
	a := shapes(t, 100, 4, 4)
	m := mustNew(t, Config{Item: a.Item(), Latent: 4, Binarize: "threshold"})
	// μ_d = scale_d Σ of the first row of pixels.
	variances := func(scale []float64) ([]float64, int) {
		p := Params{}
		for name, shape := range m.Parameters() {
			p[name] = make([]float64, shape.Size())
		}
		for j := range 4 {
			copy(p["encoder/mean/weight"][4*j:], scale)
		}
		e, err := m.Load(openDevice(t, 1), p)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		b, err := e.Bound(bg, a, nil, BoundOptions{Batch: 33})
		if err != nil {
			t.Fatal(err)
		}
		return b.MeanVar, b.Active
	}
	// The variance of the sum itself, over the pixels that threshold leaves.
	x, sums := allRows(t, a), make([]float64, a.Items())
	for i := range sums {
		for _, p := range x[i*16 : i*16+4] {
			if p > 0.5 {
				sums[i]++
			}
		}
	}
	_, spread := moments(sums)
	at := func(v float64) float64 { return math.Sqrt(v / spread) } // scale at which μ has variance v
	want := []float64{4, 0.0099, 0.0101, 0}
	got, active := variances([]float64{at(4), at(0.0099), at(0.0101), 0})
	for d := range want {
		if math.Abs(got[d]-want[d]) > 1e-5*want[d] { // float32
			t.Errorf("coordinate %d has variance %g, want %g", d, got[d], want[d])
		}
	}
	if active != 2 {
		t.Errorf("%d active of variances %v", active, got)
	}
}

// moments returns mean and sample variance, in two passes.
func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, variance
}

// TestActiveUnitsOfFlows: the draws that stand for a flow's mean do not make a coordinate active whose
// posterior is the prior. Their means have the variance 1/64, above the 0.01 that counts.
func TestActiveUnitsOfFlows(t *testing.T) {
	a := shapes(t, 160, 4, 4)
	for _, c := range []Config{{Posterior: "planar", Flows: 1}, {Posterior: "iaf", Flows: 1, FlowHidden: 3}} {
		c.Item, c.Latent, c.Binarize = a.Item(), 2, "threshold"
		m := mustNew(t, c)
		p := Params{}
		for name, shape := range m.Parameters() {
			p[name] = make([]float64, shape.Size())
		}
		p["encoder/mean/weight"][0] = 1 // μ_0 is the first pixel, a Bernoulli of variance below ¼
		if c.Posterior == "iaf" {
			p["encoder/iaf/0/out/bias"][2], p["encoder/iaf/0/out/bias"][3] = 30, 30 // open gates: the identity
		}
		e, err := m.Load(openDevice(t, 1), p)
		if err != nil {
			t.Fatal(err)
		}
		b, err := e.Bound(bg, a, nil, BoundOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var pixel tally
		for i, x := range allRows(t, a) {
			if i%16 == 0 {
				pixel.add(math.Round(float64(x)))
			}
		}
		// A sample variance of 160 means of draws errs by 1/64 √(2/159) = 0.0018; beside that of the pixels
		// their covariance errs by 2 √(v/64/159) = 0.009 for v = 0.2.
		if b.Active != 1 || b.MeanVar[1] > 0.007 || math.Abs(b.MeanVar[0]-pixel.variance()) > 0.04 {
			t.Errorf("%s: %d active of variances %v, want %.3g and 0", c.Posterior, b.Active, b.MeanVar, pixel.variance())
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
