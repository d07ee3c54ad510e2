package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"elbo/graph"
	"elbo/graph/dist"
	"elbo/kernels/ref"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/family"
	"elbo/vi/model"
	"elbo/vi/optim"
)

const testBatch = 4

// meanModel: y_i ~ N(mu, s_i), mu ~ N(0, 10), in batches of four.
func meanModel(t *testing.T) *model.Model {
	t.Helper()
	m, err := model.New(func(s *model.Scope) {
		y, sd := s.Data("y", testBatch), s.Data("s", testBatch)
		mu := s.Sample("mu", dist.Normal(s.Const(0), s.Const(10)))
		s.Plate("rows", testBatch).Observe("lik", dist.Normal(mu, sd), y)
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// meanFeed is a pure function of the step; at step bad (if not negative) row 2 has a negative sd.
func meanFeed(bad int64) Feed {
	return func(in *graph.Instance, step int64) error {
		r := rand.New(rand.NewPCG(9, uint64(step)))
		y, sd := make([]float64, testBatch), []float64{1, 1, 1, 1}
		for i := range y {
			y[i] = 2 + r.NormFloat64()
		}
		if step == bad {
			sd[2] = -1
		}
		return errors.Join(in.Set("y", y), in.Set("s", sd), in.Set(model.MaskSlot("rows"), []float64{1, 1, 1, 1}),
			in.Set(model.ScaleSlot("rows"), []float64{25}))
	}
}

// setup compiles the model with Adam and loads it; the caller completes the configuration.
func setup(t *testing.T, target vi.Target, rule vi.Rule) Config {
	t.Helper()
	step, err := Plan{
		Name: "test", DType: graph.F64, Seed: 3, Target: target, Family: family.MeanField{}, Objective: elbo.STL{},
		Rule: rule, Particles: vi.Particles{S: 2}, Rows: 100,
	}.Compile()
	if err != nil {
		t.Fatal(err)
	}
	in, err := step.Program.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return Config{
		Step: step, Instance: in, Rows: 100, Batch: testBatch, LR: 0.05, Quantities: locations(target.Dim()),
		Stop: StopConfig{BlockSteps: 20},
	}
}

// locations watches mean and log sd of a MeanField.
func locations(d int) Quantities {
	return func(param func(string) []float64) (q, unit []float64) {
		post := family.MeanField{}.Posterior(d, param)
		for j, m := range post.Mean() {
			sd := math.Sqrt(post.Cov()[j*d+j])
			q, unit = append(q, m, math.Log(sd)), append(unit, sd, 1)
		}
		return q, unit
	}
}

// shaken is N(mean, diag sd²) whose location jumps at every step, as a minibatch's does.
type shaken struct{ mean, sd, noise []float64 }

func (s shaken) Dim() int { return len(s.mean) }

func (s shaken) LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node {
	d := len(s.mean)
	at := graph.Add(g.ConstTensor(s.mean, d, 1), graph.Mul(g.ConstTensor(s.noise, d, 1), g.Normal01("batch", d, 1)))
	e := graph.Div(graph.Sub(zeta, at), g.ConstTensor(s.sd, d, 1))
	return graph.MulC(graph.Sum(graph.Square(e), 0), -0.5)
}

// TestRealRunsStopNearTheOptimum: the whole loop with minibatch noise as large as the
// posterior sd: reason converged, every mean within 0.1 sd.
func TestRealRunsStopNearTheOptimum(t *testing.T) {
	target := shaken{mean: []float64{1, -2, 0.5}, sd: []float64{0.5, 1, 2}, noise: []float64{0.5, 1, 2}}
	cfg := setup(t, target, optim.SGD{})
	cfg.LR, cfg.Stop = 0.04, StopConfig{}
	runs := 20
	if testing.Short() {
		runs = 3
	}
	far, steps := 0, int64(0)
	for i := range runs {
		restart(t, cfg, []float64{float64(i%5) - 2, float64(i % 3), 0})
		l := New(cfg)
		l.p.Step = int64(i) * 10_000_000 // another stretch of the noise is another seed
		cfg.Budget.Steps = l.p.Step + 200_000
		l.cfg = cfg
		res := mustRun(t, l)
		steps += res.Steps - int64(i)*10_000_000
		if res.Reason != Converged {
			t.Fatalf("run %d ended by %s after %d steps", i, res.Reason, res.Steps)
		}
		if !(res.Criterion > 0 && res.Criterion <= 0.02) {
			t.Errorf("criterion %g", res.Criterion)
		}
		for j, m := range res.Params["q/loc"] {
			if math.Abs(m-target.mean[j]) > 0.1*target.sd[j] {
				far++
			}
		}
	}
	t.Logf("%d steps per run", steps/int64(runs))
	if far > 1 {
		t.Errorf("%d of %d means are more than 0.1 sd away", far, 3*runs)
	}
}

// restart puts an instance back to a start.
func restart(t *testing.T, cfg Config, loc []float64) {
	t.Helper()
	p := cfg.Step.Program
	for _, name := range p.StateNames() {
		if err := cfg.Instance.Set(name, p.Init(name)); err != nil {
			t.Fatal(err)
		}
	}
	if loc != nil {
		if err := cfg.Instance.Set("q/loc", loc); err != nil {
			t.Fatal(err)
		}
	}
}

func mustRun(t *testing.T, l *Loop) *Result {
	t.Helper()
	res, err := l.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// TestReasons: each budget ends a run under its own name.
func TestReasons(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		budget Budget
		stop   StopConfig
		want   Reason
		steps  int64
	}{
		{"steps", context.Background(), Budget{Steps: 33}, StopConfig{}, OutOfBudget, 33},
		{"epochs", context.Background(), Budget{Epochs: 2.5}, StopConfig{}, OutOfBudget, 63}, // of 25 steps each
		{"the smaller of both", context.Background(), Budget{Steps: 40, Epochs: 1}, StopConfig{}, OutOfBudget, 25},
		{"time", context.Background(), Budget{Time: time.Nanosecond}, StopConfig{}, OutOfTime, 0},
		{"interrupted", cancelled, Budget{Steps: 33}, StopConfig{}, Interrupted, 0},
		{"converged", context.Background(), Budget{Steps: 100_000}, StopConfig{BlockSteps: 20, Tolerance: 0.3},
			Converged, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := setup(t, meanModel(t), optim.Adam{})
			cfg.Feed, cfg.Budget, cfg.Stop = meanFeed(-1), c.budget, c.stop
			res, err := New(cfg).Run(c.ctx)
			if err != nil {
				t.Fatal(err)
			}
			if res.Reason != c.want || c.steps >= 0 && res.Steps != c.steps {
				t.Errorf("%s after %d steps, want %s after %d", res.Reason, res.Steps, c.want, c.steps)
			}
			if res.Steps > 0 && !(res.Elbo < -100) { // a run shorter than a block has a bound too
				t.Errorf("elbo %g", res.Elbo)
			}
		})
	}
}

// TestTwoStepsDiffer: two steps draw different noise, so their bounds differ.
func TestTwoStepsDiffer(t *testing.T) {
	cfg := setup(t, shaken{mean: []float64{0.5}, sd: []float64{2}, noise: []float64{0}}, optim.SGD{})
	if err := cfg.Instance.Set(SlotLR, []float64{0}); err != nil {
		t.Fatal(err)
	}
	seen := map[float64]bool{}
	for step := range uint64(8) {
		if err := cfg.Instance.Run(step, 1); err != nil {
			t.Fatal(err)
		}
		x, err := cfg.Instance.Get(SlotElbo)
		if err != nil {
			t.Fatal(err)
		}
		seen[x[0]] = true
	}
	if len(seen) != 8 {
		t.Errorf("eight steps have %d different bounds", len(seen))
	}
}

// TestFullDiskEndsTheRun with the error, and the last good checkpoint goes on.
func TestFullDiskEndsTheRun(t *testing.T) {
	dir := t.TempDir()
	disk := &faultyFS{failAt: 20, err: syscall.ENOSPC, crash: true}
	cfg := setup(t, meanModel(t), optim.Adam{})
	var err error
	if cfg.Checkpoints, err = openStore(dir, disk); err != nil {
		t.Fatal(err)
	}
	cfg.Feed, cfg.Budget.Steps, cfg.CheckpointEvery, cfg.Fingerprint = meanFeed(-1), 400, time.Nanosecond, "a"
	if _, err = New(cfg).Run(context.Background()); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the error is %v", err)
	}
	again := setup(t, meanModel(t), optim.Adam{})
	if again.Checkpoints, err = OpenStore(dir); err != nil {
		t.Fatal(err)
	}
	again.Feed, again.Budget.Steps, again.Fingerprint = meanFeed(-1), 400, "a"
	l := New(again)
	if found, err := l.Resume(); !found || err != nil {
		t.Fatalf("resumed %v, %v", found, err)
	}
	if l.Step() == 0 {
		t.Error("the checkpoint is of step 0")
	}
	whole := setup(t, meanModel(t), optim.Adam{})
	whole.Feed, whole.Budget.Steps = meanFeed(-1), 400
	same(t, "after a full disk", mustRun(t, l), mustRun(t, New(whole)))
}

// same compares results bit for bit.
func same(t *testing.T, what string, a, b *Result) {
	t.Helper()
	if x, y := fmt.Sprintf("%v", *a), fmt.Sprintf("%v", *b); x != y {
		t.Errorf("%s: results differ:\n%s\n%s", what, x, y)
	}
	for name, want := range b.Params {
		for i, w := range want {
			if math.Float64bits(a.Params[name][i]) != math.Float64bits(w) {
				t.Errorf("%s: %s[%d] = %v, want %v", what, name, i, a.Params[name][i], w)
			}
		}
	}
}
