package vae

import (
	"math"
	"slices"
	"testing"
)

// anyRunner has random parameters; with blind the decoder ignores z, q is the prior, and pixels alone
// are random.
func anyRunner(t *testing.T, c Config, blind bool) *Runner {
	t.Helper()
	m := mustNew(t, c)
	p := Params(anyParams(m, 0.5))
	if blind {
		for name := range p {
			clear(p[name])
		}
		for i := range p["decoder/out/bias"] {
			p["decoder/out/bias"][i] = 1
		}
	}
	e, err := m.Load(openDevice(t, 1), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// TestSeedsReachEveryDraw: pixels and noise of each kind of evaluation are drawn by the seed it is given.
func TestSeedsReachEveryDraw(t *testing.T) {
	a := shapes(t, 30, 4, 4)
	first := func(v []float32, err error) (float64, error) {
		if err != nil {
			return 0, err
		}
		return float64(v[0]), nil
	}
	bound := func(e *Runner, seed uint64) (float64, error) {
		b, err := e.Bound(bg, a, nil, BoundOptions{Seed: seed})
		if err != nil {
			return 0, err
		}
		return b.Bound, nil
	}
	nll := func(e *Runner, seed uint64) (float64, error) {
		n, err := e.NLL(bg, a, nil, 3, seed, nil)
		if err != nil {
			return 0, err
		}
		return n.NLL, nil
	}
	mean := func(e *Runner, seed uint64) (float64, error) {
		v, _, err := e.Encode(bg, a, nil, BoundOptions{Seed: seed})
		return first(v, err)
	}
	sample := func(e *Runner, seed uint64) (float64, error) { return first(e.Sample(bg, 2, seed)) }
	still := Config{Binarize: "threshold"}
	flow := Config{Binarize: "threshold", Posterior: "planar", Flows: 1}
	for _, c := range []struct {
		name  string
		cfg   Config
		blind bool
		of    func(e *Runner, seed uint64) (float64, error)
	}{
		{"pixels of Bound", Config{}, true, bound}, {"noise of Bound", still, false, bound},
		{"pixels of NLL", Config{}, true, nll}, {"noise of NLL", still, false, nll},
		{"pixels of Encode", Config{}, false, mean}, {"noise of Encode", flow, false, mean},
		{"noise of Sample", still, false, sample},
	} {
		c.cfg.Item, c.cfg.Latent = a.Item(), 2
		e := anyRunner(t, c.cfg, c.blind)
		var v [3]float64
		for i, seed := range []uint64{1, 2, 1} {
			var err error
			if v[i], err = c.of(e, seed); err != nil {
				t.Fatal(err)
			}
		}
		// Rounding alone, of densities that cancel, changes float32 values by less than a part in 10⁴.
		if math.Abs(v[0]-v[1]) < 1e-4*math.Abs(v[0]) || v[0] != v[2] {
			t.Errorf("%s: %.9g and %.9g of two seeds, %.9g of the first again", c.name, v[0], v[1], v[2])
		}
	}
}

// TestDrawNumbers: no two draws of a data set have one number, and numbers do not depend on how items
// are cut into batches and draws into chunks.
func TestDrawNumbers(t *testing.T) {
	const items, k = 7, 5
	for _, cut := range []struct{ batch, chunk int }{{7, 5}, {2, 5}, {7, 2}, {3, 1}} {
		at := map[int32][2]int{}
		for from := 0; from < items; from += cut.batch {
			w := &batch{}
			for i := from; i < min(from+cut.batch, items); i++ {
				w.item = append(w.item, int32(i))
			}
			for first := 0; first < k; first += cut.chunk {
				numbers, err := w.draws(nil, first, cut.chunk, k)
				if err != nil {
					t.Fatal(err)
				}
				for i, n := range numbers {
					particle, item := first+i/len(w.item), from+i%len(w.item)
					if particle >= k {
						continue // a chunk's rest, which has no weight
					}
					if other, ok := at[n]; ok {
						t.Errorf("%+v: draw %d is of item %d, particle %d, and of %v", cut, n, item, particle, other)
					}
					if at[n] = [2]int{item, particle}; n != int32(item*k+particle) {
						t.Errorf("%+v: item %d, particle %d has number %d", cut, item, particle, n)
					}
				}
			}
		}
	}
}

// TestEncodeDrawsAreIndependent: with q = N(0, I) whatever the data, means of 64 draws of neighbouring
// items are uncorrelated; draws in common would show.
func TestEncodeDrawsAreIndependent(t *testing.T) {
	a := shapes(t, 150, 4, 4)
	e := anyRunner(t, Config{Item: a.Item(), Latent: 2, Posterior: "planar", Flows: 1}, true)
	mean, sd, err := e.Encode(bg, a, nil, BoundOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var product, square, width tally
	for i, x := range mean {
		square.add(float64(x) * float64(x))
		width.add(float64(sd[i]))
		if i >= 2 {
			product.add(float64(x) * float64(mean[i-2]))
		}
	}
	// Both have 300 terms of variance 1/64² and 2/64².
	const se = 1 / (momentDraws * 17.3)
	if math.Abs(product.mean) > 4*se || math.Abs(square.mean-1./momentDraws) > 4*se*math.Sqrt2 {
		t.Errorf("means have variance %.4g and covariance %.4g, want %.4g and 0", square.mean, product.mean,
			1./momentDraws)
	}
	if math.Abs(width.mean-1) > 0.02 { // 300 standard deviations of 64 draws are each 0.09 off, and 0.012 too small
		t.Errorf("standard deviation %.4g, want 1", width.mean)
	}
}

// TestBoundTakesTheModelsK where none is given.
func TestBoundTakesTheModelsK(t *testing.T) {
	a := shapes(t, 30, 4, 4)
	e := anyRunner(t, Config{Item: a.Item(), Latent: 2, Objective: "iwae", K: 5}, false)
	var v [3]float64
	for i, k := range []int{0, 5, 1} {
		b, err := e.Bound(bg, a, nil, BoundOptions{K: k})
		if err != nil {
			t.Fatal(err)
		}
		v[i] = b.Bound
	}
	if v[0] != v[1] || v[0] == v[2] {
		t.Errorf("bounds %g of the default, %g of k = 5 and %g of k = 1", v[0], v[1], v[2])
	}
}

// TestSamplesGoOn: the first of many samples are those of fewer, and batches are not repeated; latents beyond a batch
// are decoded as they are alone.
func TestSamplesGoOn(t *testing.T) {
	e := anyRunner(t, Config{Item: []int{4}, Latent: 2}, false)
	few, err := e.Sample(bg, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	many, err := e.Sample(bg, evalBatch+10, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range few {
		if math.Abs(float64(many[i]-x)) > 1e-5 { // float32, another batch
			t.Fatalf("value %d is %g of 10 samples and %g of more", i, x, many[i])
		}
	}
	if slices.Equal(many[:40], many[evalBatch*4:]) {
		t.Error("the second batch is the first again")
	}
	z := make([]float32, 2*(evalBatch+10))
	for i := range z {
		z[i] = float32(i%13)/3 - 2
	}
	all, err := e.Decode(bg, z)
	if err != nil {
		t.Fatal(err)
	}
	last, err := e.Decode(bg, z[2*evalBatch:])
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range last {
		if math.Abs(float64(all[4*evalBatch+i]-x)) > 1e-5 { // float32, another batch
			t.Fatalf("value %d is %g decoded alone, %g behind a batch", i, x, all[4*evalBatch+i])
		}
	}
}
