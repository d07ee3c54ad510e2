package train

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"elbo/vi/optim"
)

// TestResumeIsBitExact stops a run at many steps, in and between blocks, goes on from its
// checkpoint in a fresh instance and compares every bit of the result, with and without a feed.
func TestResumeIsBitExact(t *testing.T) {
	const total = 460
	for _, fed := range []bool{true, false} {
		base := func() Config {
			cfg := setup(t, shaken{mean: []float64{1, -2}, sd: []float64{0.5, 1}, noise: []float64{1, 1}}, optim.Adam{})
			if fed {
				cfg = setup(t, meanModel(t), optim.Adam{})
				cfg.Feed = meanFeed(-1)
			}
			cfg.Budget.Steps, cfg.Stop.Off = total, true
			return cfg
		}
		want := mustRun(t, New(base()))
		if want.Criterion == want.Criterion == (want.MCSE == nil) {
			t.Errorf("criterion %g with standard errors %v", want.Criterion, want.MCSE)
		}
		r := rand.New(rand.NewPCG(1, 1))
		stops := []int64{1, 19, 20, 21, 45, 160, 161, total - 1}
		for range 6 {
			stops = append(stops, 1+r.Int64N(total-1))
		}
		// One pair of instances serves all stops; restart makes them fresh.
		first, second := base(), base()
		for _, k := range stops {
			restart(t, first, nil)
			restart(t, second, nil)
			same(t, "resumed", resumedAt(t, first, second, k), want)
		}
	}
}

// resumedAt runs first up to step k and second from its checkpoint to the end.
func resumedAt(t *testing.T, first, second Config, k int64) *Result {
	t.Helper()
	dir := t.TempDir()
	var err error
	if first.Checkpoints, err = OpenStore(dir); err != nil {
		t.Fatal(err)
	}
	first.Budget.Steps = k
	if res := mustRun(t, New(first)); res.Steps != k || res.Reason != OutOfBudget {
		t.Fatalf("%s at %d", res.Reason, res.Steps)
	}
	if second.Checkpoints, err = OpenStore(dir); err != nil {
		t.Fatal(err)
	}
	l := New(second)
	if found, err := l.Resume(); !found || err != nil {
		t.Fatalf("step %d: resumed %v, %v", k, found, err)
	}
	if l.Step() != k {
		t.Fatalf("resumed at step %d, want %d", l.Step(), k)
	}
	return mustRun(t, l)
}

// TestInterruptionKeepsTheStep: a run that a signal ends leaves a checkpoint of where it was.
func TestInterruptionKeepsTheStep(t *testing.T) {
	cfg := setup(t, meanModel(t), optim.Adam{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cfg.Feed, cfg.Budget.Steps = meanFeed(-1), 10_000
	cfg.Metrics = func(m Metric) {
		if m.Step >= 60 {
			cancel()
		}
	}
	var err error
	if cfg.Checkpoints, err = OpenStore(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	res, err := New(cfg).Run(ctx)
	if err != nil || res.Reason != Interrupted || res.Steps != 60 {
		t.Fatalf("%+v, %v", res, err)
	}
	l := New(cfg)
	if found, err := l.Resume(); !found || err != nil || l.Step() != 60 {
		t.Errorf("resumed %v at %d, %v", found, l.Step(), err)
	}
}

// TestMismatchIsNamed: a checkpoint of other data or another program is refused by name.
func TestMismatchIsNamed(t *testing.T) {
	store, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run := func(cfg Config, fingerprint string) *Loop {
		cfg.Checkpoints, cfg.Fingerprint, cfg.Budget.Steps = store, fingerprint, 25
		return New(cfg)
	}
	adam := func(d int) func() Config {
		return func() Config {
			one := make([]float64, d)
			for i := range one {
				one[i] = 1
			}
			return setup(t, shaken{mean: one, sd: one, noise: one}, optim.Adam{})
		}
	}
	mustRun(t, run(adam(2)(), "data 1"))
	for _, c := range []struct {
		name        string
		make        func() Config
		fingerprint string
		want        string
	}{
		{"other data", adam(2), "data 2", "data, formula or options"},
		{"other size", adam(3), "data 1", "(24 bytes)"},
		{"other rule", func() Config {
			return setup(t, shaken{[]float64{1, 1}, []float64{1, 1}, []float64{1, 1}}, optim.SGD{})
		}, "data 1", "states"},
	} {
		found, err := run(c.make(), c.fingerprint).Resume()
		if found || !errors.Is(err, ErrMismatch) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v; want the error to name %q", c.name, found, err, c.want)
		}
	}
}

// TestCheckpointOnRequest: a request is served within a block, long before one is due.
func TestCheckpointOnRequest(t *testing.T) {
	ask := make(chan struct{}, 1)
	cfg := setup(t, meanModel(t), optim.Adam{})
	cfg.Feed, cfg.Budget.Steps, cfg.Checkpoint, cfg.CheckpointEvery = meanFeed(-1), 100, ask, time.Hour
	var err error
	if cfg.Checkpoints, err = OpenStore(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	asked := false
	cfg.Metrics = func(m Metric) {
		if m.Step == 40 {
			ask <- struct{}{}
			asked = true
		}
		if m.Step == 60 {
			if h, _, err := cfg.Checkpoints.Latest(); h == nil || err != nil || !strings.Contains(string(h), `"step":40`) {
				t.Errorf("no checkpoint of step 40: %s, %v", h, err)
			}
		}
	}
	mustRun(t, New(cfg))
	if !asked {
		t.Error("nothing was asked for")
	}
}

// TestBestNeedsABlock: a checkpoint before the first block has no bound and is not the best, so
// that later ones with a negative bound can be.
func TestBestNeedsABlock(t *testing.T) {
	store, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cfg := setup(t, meanModel(t), optim.Adam{})
	cfg.Feed, cfg.Budget.Steps, cfg.Checkpoints, cfg.CheckpointEvery = meanFeed(-1), 300, store, time.Nanosecond
	cfg.Stop.BlockSteps = 60 // the loop looks for work every 25 steps
	mustRun(t, New(cfg))
	raw, _, err := readCheckpoint(filepath.Join(store.dir, bestName))
	var snap snapshot
	if err := errors.Join(err, json.Unmarshal(raw, &snap)); err != nil || snap.Progress.Step < 60 {
		t.Errorf("the best checkpoint is of step %d: %v", snap.Progress.Step, err)
	}
}
