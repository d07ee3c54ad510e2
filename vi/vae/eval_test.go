package vae

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"elbo/graph"
)

// trainedBars is a small trained model with its data.
func trainedBars(t *testing.T, dev graph.Device, more func(c *Config)) (*Runner, *trainer) {
	t.Helper()
	a := shapes(t, 160, 6, 6)
	c := barsConfig(a.Item())
	if more != nil {
		more(&c)
	}
	r := newTrainer(t, dev, c, a, StepOptions{Batch: 40})
	r.run(300, 5e-3)
	return r.runner(dev), r
}

// TestEvaluationIsOfSeedAndItem: batches, order and company of items change rounding alone; the seed
// changes the draws.
func TestEvaluationIsOfSeedAndItem(t *testing.T) {
	dev := openDevice(t, 1)
	e, r := trainedBars(t, dev, nil)
	bound := func(items []int64, o BoundOptions) float64 {
		b, err := e.Bound(bg, r.a, items, o)
		if err != nil {
			t.Fatal(err)
		}
		return b.Bound
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-5*math.Abs(a) } // float32
	items := []int64{9, 100, 3, 77, 14}
	whole := bound(items, BoundOptions{Seed: 4})
	if got := bound(items, BoundOptions{Seed: 4, Batch: 2}); !near(whole, got) {
		t.Errorf("bound %.9g, in batches of two %.9g", whole, got)
	}
	turned := slices.Clone(items)
	slices.Reverse(turned)
	if got := bound(turned, BoundOptions{Seed: 4}); !near(whole, got) {
		t.Errorf("bound %.9g, in another order %.9g", whole, got)
	}
	if got := bound(items, BoundOptions{Seed: 5}); near(whole, got) {
		t.Errorf("two seeds give the bound %.9g", whole)
	}
	var nlls, bounds []float64
	for _, i := range items {
		n, err := e.NLL(bg, r.a, []int64{i}, 300, 4, nil)
		if err != nil {
			t.Fatal(err)
		}
		nlls, bounds = append(nlls, n.NLL), append(bounds, n.Bound)
	}
	together, err := e.NLL(bg, r.a, items, 300, 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	checkMeans(t, "NLL", nlls, together.NLL, together.NLLSE)
	checkMeans(t, "bound of the same draws", bounds, together.Bound, together.BoundSE)
	bounds = nil
	for _, i := range items {
		bounds = append(bounds, bound([]int64{i}, BoundOptions{Seed: 4}))
	}
	b, err := e.Bound(bg, r.a, items, BoundOptions{Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	checkMeans(t, "bound", bounds, b.Bound, b.BoundSE)
}

// checkMeans compares a mean over data and its standard error √(s²/n) with those of the data one by one.
func checkMeans(t *testing.T, what string, alone []float64, mean, se float64) {
	t.Helper()
	m, v := moments(alone)
	want := math.Sqrt(v / float64(len(alone)))
	if math.Abs(mean-m) > 1e-5*math.Abs(m) || math.Abs(se-want) > 1e-4*want { // float32; deviations are a tenth of means
		t.Errorf("%s: %.9g ± %.9g together, %.9g ± %.9g one by one", what, mean, se, m, want)
	}
}

// TestBoundsTighten: the importance-weighted bound does not fall in k within its standard error, and
// the estimate of the likelihood is its value at that k.
func TestBoundsTighten(t *testing.T) {
	dev := openDevice(t, 1)
	e, r := trainedBars(t, dev, func(c *Config) { c.Objective = "iwae" })
	last := math.Inf(-1)
	for i, k := range []int{1, 2, 5, 20, 100} {
		b, err := e.Bound(bg, r.a, nil, BoundOptions{K: k, Seed: uint64(i)})
		if err != nil {
			t.Fatal(err)
		}
		n, err := e.NLL(bg, r.a, nil, k, uint64(10+i), nil)
		if err != nil {
			t.Fatal(err)
		}
		se := math.Hypot(b.BoundSE, n.NLLSE)
		if b.Bound < last-b.BoundSE || -n.NLL < last-n.NLLSE {
			t.Errorf("k = %d: bound %.4f ± %.4f, −NLL %.4f, after %.4f", k, b.Bound, b.BoundSE, -n.NLL, last)
		}
		if math.Abs(b.Bound+n.NLL) > 4*se {
			t.Errorf("k = %d: bound %.4f, −NLL %.4f, standard error %.4f", k, b.Bound, -n.NLL, se)
		}
		last = b.Bound
	}
}

// TestNLLCountsEveryDraw: a number of draws that no chunk divides gives log k less the log-sum of
// exactly k weights: with weights that are all equal it is the same for every k.
func TestNLLCountsEveryDraw(t *testing.T) {
	dev := openDevice(t, 1)
	a := shapes(t, 20, 4, 4)
	m := mustNew(t, Config{Item: a.Item(), Latent: 2})
	p := Params{}
	for name, shape := range m.Parameters() {
		p[name] = make([]float64, shape.Size()) // q is the prior and the decoder ignores z: w = ½¹⁶
	}
	e, err := m.Load(dev, p)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, c := range []struct{ rows, k, s int }{{4, 128, 128}, {4, 129, 65}, {4, 1031, 115}, {1, 1000, 500}} {
		if n, err := e.newEstimator(c.rows, c.k, 0); err != nil || n.s != c.s {
			t.Errorf("%d draws of %d rows: chunks of %d, want %d (%v)", c.k, c.rows, n.s, c.s, err)
		}
	}
	want := 16 * math.Ln2
	for _, k := range []int{1, 7, 128, 129, 1000, 1031} {
		var done []int64
		n, err := e.NLL(bg, a, nil, k, 0, func(d, total int64) { done = append(done, d, total) })
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(n.NLL-want) > 1e-5 || math.Abs(n.Bound+want) > 1e-5 { // float32 sums of 16 terms
			t.Errorf("k = %d: NLL %.8g, bound %.8g, want %.8g", k, n.NLL, n.Bound, want)
		}
		if k == 7 && !slices.Equal(done, []int64{4, 20, 8, 20, 12, 20, 16, 20, 20, 20}) {
			t.Errorf("progress %v", done)
		}
	}
}

// TestSamplesFollowThePrior: means of the decoder at z from the prior have the moments that the
// prior and a linear decoder imply.
func TestSamplesFollowThePrior(t *testing.T) {
	dev := openDevice(t, 1)
	base := Config{Item: []int{2}, Latent: 2, Likelihood: "gaussian", Binarize: "none"}
	vamp := base
	vamp.Prior, vamp.Components = "vamp", 4
	for _, c := range []Config{base, vamp} {
		m := mustNew(t, c)
		p := Params{}
		for name, shape := range m.Parameters() {
			p[name] = make([]float64, shape.Size())
		}
		copy(p["decoder/out/weight"], []float64{1, 0, 0, 1}) // x = z
		mean, second := 0.0, 1.0
		if c.Prior == "vamp" { // components at ±1 along the first coordinate: encoder is the identity
			copy(p["encoder/mean/weight"], []float64{1, 0, 0, 1})
			copy(p["encoder/logsd/bias"], []float64{math.Log(0.5), math.Log(0.5)})
			copy(p["prior/pseudo"], []float64{1, 0, 1, 0, 1, 0, -1, 0}) // three of four at +1
			mean, second = 0.5, 1.25
		}
		e, err := m.Load(dev, p)
		if err != nil {
			t.Fatal(err)
		}
		const n = 4000
		x, err := e.Sample(bg, n, 3)
		if err != nil {
			t.Fatal(err)
		}
		var first, square tally
		for i := 0; i < len(x); i += 2 {
			first.add(float64(x[i]))
			square.add(float64(x[i]) * float64(x[i]))
		}
		if math.Abs(first.mean-mean) > 4*first.se() || math.Abs(square.mean-second) > 4*square.se() {
			t.Errorf("%s: mean %.3f ± %.3f, second moment %.3f ± %.3f, want %g and %g",
				c.Prior, first.mean, first.se(), square.mean, square.se(), mean, second)
		}
		if again, err := e.Sample(bg, n, 3); err != nil || !slices.Equal(x, again) {
			t.Errorf("%s: the same seed gives other samples (%v)", c.Prior, err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestEvaluationStops at a cancelled context, and refuses what makes no sense.
func TestEvaluationStops(t *testing.T) {
	dev := openDevice(t, 1)
	e, r := trainedBars(t, dev, nil)
	ctx, cancel := context.WithCancel(bg)
	_, err := e.NLL(ctx, r.a, nil, 10, 0, func(done, _ int64) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	other := shapes(t, 10, 5, 5)
	if _, err := e.Bound(bg, other, nil, BoundOptions{}); !errors.Is(err, ErrData) {
		t.Errorf("items of another shape: %v", err)
	}
	if _, err := e.NLL(bg, r.a, []int64{}, 10, 0, nil); !errors.Is(err, ErrData) {
		t.Errorf("no items: %v", err)
	}
	if _, err := e.NLL(bg, r.a, nil, 1<<30, 0, nil); !errors.Is(err, ErrData) {
		t.Errorf("more draws than numbers for them: %v", err)
	}
	for name, err := range map[string]error{
		"no draws":      second(e.NLL(bg, r.a, nil, 0, 0, nil)),
		"no samples":    second(e.Sample(bg, 0, 0)),
		"odd latents":   second(e.Decode(bg, make([]float32, 5))),
		"item too high": second(e.Bound(bg, r.a, []int64{160}, BoundOptions{})),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestLogSum: sums of exponentials far apart, of empty and infinite terms.
func TestLogSum(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{
		{[]float64{-1000, -1000}, -1000 + math.Ln2}, {[]float64{-1000, 5}, 5}, {[]float64{5, -1000, 5}, 5 + math.Ln2},
		{[]float64{math.Inf(-1), 3}, 3}, {nil, math.Inf(-1)}, {[]float64{0, 1, 2}, math.Log(1 + math.E + math.E*math.E)},
	} {
		var l logSum
		for _, x := range c.x {
			l.add(x)
		}
		if got := l.value(); got != c.want && math.Abs(got-c.want) > 1e-14 {
			t.Errorf("%v: %g, want %g", c.x, got, c.want)
		}
	}
}
