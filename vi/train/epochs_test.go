package train

import (
	"math"
	"testing"

	"elbo/graph"
)

// TestEpochsAndBudgets: an epoch takes every row once, its last batch may be short; budgets of epochs are rounded up
// to whole steps, and the smaller of two counts.
func TestEpochsAndBudgets(t *testing.T) {
	for _, c := range []struct {
		rows, batch int64
		budget      Budget
		epoch, most int64 // steps
	}{
		{40, 4, Budget{}, 10, 0}, {41, 4, Budget{Epochs: 1}, 11, 11}, {43, 4, Budget{Epochs: 2}, 11, 22},
		{3, 8, Budget{Epochs: 5}, 1, 5}, {7, 0, Budget{Epochs: 2}, 1, 2}, {0, 0, Budget{Steps: 9}, 1, 9},
		{40, 4, Budget{Epochs: 0.21}, 10, 3}, {40, 4, Budget{Epochs: 1e-9}, 10, 1},
		{40, 4, Budget{Epochs: 2, Steps: 15}, 10, 15}, {40, 4, Budget{Epochs: 2, Steps: 25}, 10, 20},
	} {
		l := New(Config{Rows: c.rows, Batch: c.batch, Budget: c.budget})
		if l.stepsPerEpoch() != c.epoch || l.stepBudget() != c.most {
			t.Errorf("%+v: %d steps an epoch, %d at most", c, l.stepsPerEpoch(), l.stepBudget())
		}
	}
}

// TestShortRunsReportTheirMean: the bound of a run that ends within its first block is the mean over its steps.
func TestShortRunsReportTheirMean(t *testing.T) {
	cfg, sum := wellRun(t), 0.0
	add := func(in *graph.Instance) {
		elbo, err := in.Get(SlotElbo)
		if err != nil {
			t.Fatal(err)
		}
		sum += elbo[0]
	}
	cfg.Feed = func(in *graph.Instance, step int64) error {
		if step > 0 {
			add(in)
		}
		return nil
	}
	cfg.Budget.Steps = 5
	res := mustRun(t, New(cfg))
	if add(cfg.Instance); res.Steps != 5 || math.Abs(res.Elbo-sum/5) > 1e-14 {
		t.Errorf("%d steps, bound %g, want 5 and %g", res.Steps, res.Elbo, sum/5)
	}
}
