package fit

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"elbo/data/array"
	"elbo/vi/feed"
	"elbo/vi/train"
	"elbo/vi/vae"
)

// crosses returns n images of 6×6 with one bright row and one bright column each, and noise.
func crosses(t testing.TB, n int) *array.Array {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	v := make([]float32, n*36)
	for i := range n {
		row, col := r.IntN(6), r.IntN(6)
		for p := range 36 {
			v[i*36+p] = 0.02 + 0.1*r.Float32()
			if p/6 == row || p%6 == col {
				v[i*36+p] = 0.9
			}
		}
	}
	return arrayOf(t, []int{n, 6, 6}, v)
}

func arrayOf(t testing.TB, shape []int, v []float32) *array.Array {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := array.WriteNPY(path, shape, v); err != nil {
		t.Fatal(err)
	}
	a, err := array.Open(path, array.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// small is a model of the crosses.
func small(t testing.TB, change func(*vae.Config)) *vae.Model {
	t.Helper()
	c := vae.Default([]int{6, 6})
	c.Encoder, c.Decoder, c.Latent, c.Seed = []int{16}, []int{16}, 3, 5
	if change != nil {
		change(&c)
	}
	m, err := vae.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// split divides n items.
func split(t testing.TB, n, valid int64) (train, validation []int64) {
	t.Helper()
	train, validation, err := array.Split(n, valid, 1)
	if err != nil {
		t.Fatal(err)
	}
	return train, validation
}

// TestRunLearns: bounds rise on both parts, epochs are reported, the last batch of an epoch is short.
func TestRunLearns(t *testing.T) {
	a := crosses(t, 330)
	rows, valid := split(t, 330, 50)
	m := small(t, nil)
	var epochs []Epoch
	res, err := Run(context.Background(), m, a, Options{
		Device: openDevice(t, 1), Train: rows, Valid: valid, Batch: 64, LR: 1e-2, LRFinal: 1e-3,
		Budget: train.Budget{Epochs: 15}, Epoch: func(e Epoch) error { epochs = append(epochs, e); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(epochs) != 15 || res.Images != 280 || res.Training.Steps != 15*5 || res.Training.Reason != train.OutOfBudget {
		t.Fatalf("%d epochs, %d images, %+v", len(epochs), res.Images, res.Training)
	}
	first, last := epochs[0], epochs[14]
	if !(last.Bound > first.Bound+1) || !(last.Valid.Bound > first.Valid.Bound+1) || last.Valid.Images != 50 {
		t.Errorf("from %g, %g to %g, %g", first.Bound, first.Valid.Bound, last.Bound, last.Valid.Bound)
	}
	if d := last.Recon - last.KL - last.Bound; math.Abs(d) > 1e-3 || last.KL <= 0 || last.Valid.Active < 1 {
		t.Errorf("bound %g, reconstruction %g, KL %g, %d active", last.Bound, last.Recon, last.KL, last.Valid.Active)
	}
	// The bound of the returned parameters is that of the last validation.
	r, err := m.Load(openDevice(t, 1), res.Params)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := r.Bound(context.Background(), a, valid, vae.BoundOptions{Seed: 5})
	if err != nil || b.Bound != last.Valid.Bound {
		t.Errorf("%v, %v, want %v", b, err, last.Valid.Bound)
	}
}

// TestResumeIsBitExact stops in and between epochs, with static binarisation (item numbers are
// fed), ragged batches and patience, on one thread and on two.
func TestResumeIsBitExact(t *testing.T) {
	a := crosses(t, 130)
	rows, valid := split(t, 130, 20)
	run := func(threads int, store *train.Store, steps int64) *Result {
		m := small(t, func(c *vae.Config) { c.Binarize = "static" })
		o := Options{Device: openDevice(t, threads), Train: rows, Valid: valid, Batch: 32, LR: 5e-3, Patience: 3, EMA: 0.9,
			Budget: train.Budget{Steps: steps}, Checkpoints: store, Resume: true, Fingerprint: "f"}
		res, err := Run(context.Background(), m, a, o)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	want := run(1, nil, 30)
	for i, k := range []int64{1, 4, 9, 29} {
		store, err := train.OpenStore(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		run(1+i%2, store, k)
		got := run(2-i%2, store, 30)
		for name, v := range want.Params {
			if !slices.Equal(got.Params[name], v) {
				t.Errorf("stopped at %d: %s differs", k, name)
			}
		}
		if got.Training.Elbo != want.Training.Elbo {
			t.Errorf("stopped at %d: bound %v, want %v", k, got.Training.Elbo, want.Training.Elbo)
		}
	}
}

// TestPatienceEndsARun: with a learning rate far too large the first epochs are the best.
func TestPatienceEndsARun(t *testing.T) {
	a := crosses(t, 130)
	rows, valid := split(t, 130, 30)
	var bounds []float64
	m := small(t, nil)
	res, err := Run(context.Background(), m, a, Options{
		Device: openDevice(t, 1), Train: rows, Valid: valid, Batch: 20, LR: 0.3, Patience: 4,
		Budget: train.Budget{Epochs: 300}, Epoch: func(e Epoch) error { bounds = append(bounds, e.Valid.Bound); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	best := slices.Max(bounds)
	if res.Training.Reason != train.NoImprovement || res.Training.BestScore != best ||
		bounds[res.Training.BestEpoch-1] != best || int64(len(bounds)) != res.Training.BestEpoch+4 {
		t.Fatalf("%+v after %v", res.Training, bounds)
	}
	r, err := m.Load(openDevice(t, 1), res.Params)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, err := r.Bound(context.Background(), a, valid, vae.BoundOptions{Seed: 5}); err != nil || b.Bound != best {
		t.Errorf("returned parameters have %v (%v), the best %v", b.Bound, err, best)
	}
}

// TestBytesAndResidentImages: images of bytes that are fed, and the same ones kept on the device, are
// learnt with the same bits; so they are by a run that goes from one to the other. The device's order of
// images is the one errors name them by.
func TestBytesAndResidentImages(t *testing.T) {
	a := bytesOf(t, crosses(t, 130))
	rows, valid := split(t, 130, 20)
	run := func(where feed.Residency, store *train.Store, steps int64) (*Result, float64) {
		last, told := math.NaN(), feed.Placement{}
		m := small(t, func(c *vae.Config) { c.Binarize = "static" })
		res, err := Run(context.Background(), m, a, Options{
			Device: openDevice(t, 1), Train: rows, Valid: valid, Batch: 32, LR: 1e-2, Resident: where, Checkpoints: store,
			Resume: true, Budget: train.Budget{Steps: steps},
			Epoch:  func(e Epoch) error { last = e.Valid.Bound; return nil },
			Placed: func(p feed.Placement) { told = p },
		})
		if err != nil {
			t.Fatal(err)
		}
		// Pixels, and the number of the image that binarisation is keyed by.
		if p := res.Placement; p.Bytes != int64(len(rows)*(a.Width()+4)) || p.Work <= 0 || told != p ||
			p.Resident != (where == feed.ResidentAlways) {
			t.Errorf("%v: %+v, told %+v", where, p, told)
		}
		return res, last
	}
	_, fed := run(feed.ResidentNever, nil, 200)
	whole, resident := run(feed.ResidentAlways, nil, 200)
	if fed != resident || fed < -24 {
		t.Errorf("bounds %g fed, %g resident: they see the same batches", fed, resident)
	}
	store, err := train.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run(feed.ResidentNever, store, 40)
	run(feed.ResidentAlways, store, 77)
	again, _ := run(feed.ResidentNever, store, 200)
	for name, v := range whole.Params {
		if !slices.Equal(again.Params[name], v) {
			t.Errorf("%s differs", name)
		}
	}
	o := Options{Device: openDevice(t, 1), Train: rows, Batch: 32, Resident: feed.ResidentAlways,
		Budget: train.Budget{Steps: 9}}
	r, err := prepare(small(t, nil), a, o)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int64]bool{}
	for step := range int64(4) {
		for i := range 32 {
			if item := r.item(step, i); item >= 0 {
				seen[item] = true
			}
		}
	}
	if len(seen) != len(rows) || r.item(3, 14) != -1 { // the fourth batch of 110 images has 14
		t.Errorf("an epoch names %d of %d images, padding image %d", len(seen), len(rows), r.item(3, 14))
	}
	o.Budget = train.Budget{}
	if _, err := prepare(small(t, nil), a, o); !errors.Is(err, ErrOption) {
		t.Errorf("an unbounded resident run: %v", err)
	}
}

// bytesOf returns images as an IDX file has them.
func bytesOf(t testing.TB, a *array.Array) *array.Array {
	t.Helper()
	n, d := int(a.Items()), a.Width()
	v := make([]float32, n*d)
	all := make([]int64, n)
	for i := range all {
		all[i] = int64(i)
	}
	if err := a.Rows(all, array.ScaleNone, v); err != nil {
		t.Fatal(err)
	}
	raw := []byte{0, 0, 8, 3, 0, 0, byte(n >> 8), byte(n), 0, 0, 0, 6, 0, 0, 0, 6}
	for _, x := range v {
		raw = append(raw, byte(255*x))
	}
	path := filepath.Join(t.TempDir(), "x.idx")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := array.Open(path, array.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestImpossibleOptions are refused before anything runs.
func TestImpossibleOptions(t *testing.T) {
	a, m := crosses(t, 10), small(t, nil)
	dev := openDevice(t, 1)
	for name, o := range map[string]Options{
		"device":   {},
		"lr":       {Device: dev, LR: -1},
		"final lr": {Device: dev, LRFinal: 1, Budget: train.Budget{Steps: 9}},
		"schedule": {Device: dev, Schedule: "step"},
		"budget":   {Device: dev, LRFinal: 1e-4},
		"ema":      {Device: dev, EMA: 1},
		"patience": {Device: dev, Patience: 3},
		"batch":    {Device: dev, Batch: -4},
	} {
		if _, err := Run(context.Background(), m, a, o); !errors.Is(err, ErrOption) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Compile(m, arrayOf(t, []int{3, 36}, make([]float32, 108)), Options{Device: dev}); err != nil {
		t.Errorf("flat images of the same width: %v", err)
	}
	bad := make([]float32, 72)
	bad[40] = 1.5
	_, err := Run(context.Background(), m, arrayOf(t, []int{2, 6, 6}, bad), Options{Device: dev})
	if !errors.Is(err, vae.ErrData) || !strings.Contains(err.Error(), "item 1, pixel (0, 4)") {
		t.Errorf("%v", err)
	}
}
