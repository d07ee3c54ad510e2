package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"elbo/graph"
	"elbo/kernels/ref"
	"elbo/vi/optim"
)

// wellSpec climbs −(w−3)²/2 + noise, a bound per datum, and sums w² as a further figure.
func wellSpec() StepSpec {
	return StepSpec{
		Name: "well", DType: graph.F64, Seed: 5, Rule: optim.Adam{},
		Build: func(g *graph.Graph) StepParts {
			w := g.Param("w", []float64{0, 1}, 2)
			d := graph.Sub(graph.AddC(w, -3), graph.MulC(g.Normal01("noise", 2), 0.1))
			bound := graph.MulC(graph.Sum(graph.Square(d), 0), -0.5)
			return StepParts{
				Bound:   graph.MulC(bound, 2), // a surrogate: the one shown is elbo
				Outputs: []graph.Output{{Name: SlotElbo, Node: bound}, {Name: "square", Node: graph.Square(w)}},
			}
		},
	}
}

// wellRun is a run of 10 steps an epoch.
func wellRun(t *testing.T) Config {
	t.Helper()
	step, err := wellSpec().Compile()
	if err != nil {
		t.Fatal(err)
	}
	in, err := step.Program.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return Config{Step: step, Instance: in, Rows: 40, Batch: 4, LR: 0.1}
}

func TestEpochsReportMeans(t *testing.T) {
	cfg := wellRun(t)
	var got []EpochInfo
	var ticks []int64
	cfg.Epoch = func(e EpochInfo) (float64, error) { got = append(got, e); return math.NaN(), nil }
	cfg.Tick = func(step int64) { ticks = append(ticks, step) }
	cfg.Budget.Epochs = 3
	res := mustRun(t, New(cfg))
	if res.Reason != OutOfBudget || res.Steps != 30 || res.Epochs != 3 || res.BestEpoch != 0 || len(got) != 3 ||
		len(ticks) != 3 {
		t.Fatalf("%+v, %d epochs, ticks %v", res, len(got), ticks)
	}
	for i, e := range got {
		if e.Epoch != int64(i+1) || e.Metric.Step != int64(10*(i+1)) || e.Metric.Elbo != e.Means["elbo"][0] ||
			len(e.Means["square"]) != 2 || e.Metric.GradNorm <= 0 {
			t.Errorf("%+v", e)
		}
	}
	// The surrogate's value would be twice as far from zero: at the start it is −13 at most.
	if first := got[0].Means["elbo"][0]; first < -6.6 || first > -2 {
		t.Errorf("bound %g", first)
	}
	if got[2].Metric.Elbo < got[0].Metric.Elbo {
		t.Errorf("%g after %g", got[2].Metric.Elbo, got[0].Metric.Elbo)
	}
	for _, name := range cfg.Step.Program.StateNames() {
		if name == "sum/w" {
			t.Error("parameters are summed without Average")
		}
	}
}

// scores gives each epoch the next score.
func scores(list ...float64) func(EpochInfo) (float64, error) {
	return func(e EpochInfo) (float64, error) { return list[min(e.Epoch, int64(len(list)))-1], nil }
}

func TestPatienceReturnsTheBest(t *testing.T) {
	cfg := wellRun(t)
	params := map[int64][]float64{}
	score := scores(1, 3, 2, math.NaN(), 3, 2.5, 9)
	cfg.Epoch = func(e EpochInfo) (float64, error) {
		w, err := cfg.Instance.Get("w")
		params[e.Epoch] = w
		if err != nil {
			return 0, err
		}
		return score(e)
	}
	cfg.Stop.Patience, cfg.Budget.Epochs = 3, 100
	res := mustRun(t, New(cfg))
	// Epochs 3, 5 and 6 are no better than 2; 4 has no score.
	if res.Reason != NoImprovement || res.Epochs != 6 || res.BestEpoch != 2 || res.BestScore != 3 {
		t.Fatalf("%+v", res)
	}
	if fmt.Sprint(res.Params["w"]) != fmt.Sprint(params[2]) || fmt.Sprint(params[2]) == fmt.Sprint(params[6]) {
		t.Errorf("%v, of epoch 2 %v, of epoch 6 %v", res.Params["w"], params[2], params[6])
	}
}

// TestPatienceIsResumed stops at every kind of step, goes on in a fresh instance, and gets the
// same bits; a best checkpoint that is gone, damaged or another step's only starts patience anew.
func TestPatienceIsResumed(t *testing.T) {
	run := func(store *Store, steps int64) *Result {
		cfg := wellRun(t)
		cfg.Epoch = scores(1, 3, 2, 2, 4, 1, 1, 1)
		cfg.Stop.Patience, cfg.Budget.Steps, cfg.Checkpoints = 3, steps, store
		l := New(cfg)
		if _, err := l.Resume(); err != nil {
			t.Fatal(err)
		}
		return mustRun(t, l)
	}
	want := run(nil, 1000)
	if want.Reason != NoImprovement || want.BestEpoch != 5 || want.Steps != 80 {
		t.Fatalf("%+v", want)
	}
	first, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run(first, 10)
	early, err := os.ReadFile(filepath.Join(first.dir, bestName))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []int64{1, 10, 15, 20, 21, 30, 49, 50, 51, 60, 79} {
		for _, harm := range []string{"", "gone", "damaged", "another's"} {
			store, err := OpenStore(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			run(store, k)
			best := filepath.Join(store.dir, bestName)
			switch {
			case harm == "gone":
				os.Remove(best)
			case harm == "damaged" && k >= 10:
				err = os.WriteFile(best, []byte("nothing"), 0o600)
			case harm == "another's" && k >= 10:
				err = os.WriteFile(best, early, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			got := run(store, 1000)
			if harm != "" && k > 50 {
				// Epoch 5 is forgotten, and all later ones score the same: the next one is the best.
				if got.BestEpoch != k/10+1 {
					t.Errorf("stopped at %d, best %s: %+v", k, harm, got)
				}
				continue
			}
			if fmt.Sprint(got.Params, got.BestEpoch, got.Reason) != fmt.Sprint(want.Params, want.BestEpoch, want.Reason) {
				t.Errorf("stopped at %d, best %q: %+v, want %+v", k, harm, got, want)
			}
		}
	}
}

func TestEpochErrorsEndARun(t *testing.T) {
	cfg := wellRun(t)
	broken := errors.New("no validation data")
	cfg.Epoch = func(EpochInfo) (float64, error) { return 0, broken }
	if _, err := New(cfg).Run(context.Background()); !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := (StepSpec{Name: "none"}).Compile(); err == nil {
		t.Error("a step without Build is compiled")
	}
}

// TestNonFiniteInALongEpoch: an epoch of 1000 steps ends soon after the bound is lost, and the
// step is found.
func TestNonFiniteInALongEpoch(t *testing.T) {
	cfg := setup(t, meanModel(t), optim.Adam{})
	feed, last := meanFeed(147), int64(0)
	cfg.Feed = func(in *graph.Instance, step int64) error {
		last = step
		return feed(in, step)
	}
	cfg.Rows, cfg.Batch = 4000, 4
	cfg.Epoch = func(EpochInfo) (float64, error) { return math.NaN(), nil }
	cfg.Replay = func(int64) (Feed, func() error, error) { return feed, func() error { return nil }, nil }
	_, err := New(cfg).Run(context.Background())
	var d *DivergedError
	if !errors.As(err, &d) || d.Step != 147 || d.Where == nil || d.Where.Row != 2 || last >= 200 {
		t.Errorf("%v; trained to step %d", err, last)
	}
}

// TestMovingAverages follow their recursion, from the parameters before each step.
func TestMovingAverages(t *testing.T) {
	spec := wellSpec()
	spec.EMA = 0.8
	step, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	in, err := step.Program.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := in.Set(SlotLR, []float64{0.1}); err != nil {
		t.Fatal(err)
	}
	want := []float64{0, 1}
	for k := range 60 {
		w, err := in.Get("w")
		if err != nil {
			t.Fatal(err)
		}
		d := math.Min(0.8, (1+float64(k))/(10+float64(k)))
		for i := range want {
			want[i] += (1 - d) * (w[i] - want[i])
		}
		if err := in.Run(uint64(k), 1); err != nil {
			t.Fatal(err)
		}
	}
	got, err := in.Get(AverageSlot("w"))
	if err != nil || math.Abs(got[0]-want[0]) > 1e-12 || math.Abs(got[1]-want[1]) > 1e-12 {
		t.Errorf("%v, want %v (%v)", got, want, err)
	}
}
