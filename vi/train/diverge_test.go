package train

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"elbo/graph"
	"elbo/vi/optim"
)

// TestNonFiniteIsLocated: a negative sd in row 2 of step 47 is found by replaying its block.
func TestNonFiniteIsLocated(t *testing.T) {
	for _, replay := range []bool{true, false} {
		cfg := setup(t, meanModel(t), optim.Adam{})
		feed := meanFeed(47)
		cfg.Feed, cfg.Budget.Steps = feed, 1000
		cfg.RowName = func(step int64, i int) string { return fmt.Sprintf("line %d", 100*step+int64(i)) }
		closed := false
		if replay {
			cfg.Replay = func(int64) (Feed, func() error, error) {
				return feed, func() error { closed = true; return nil }, nil
			}
		}
		_, err := New(cfg).Run(context.Background())
		var d *DivergedError
		if !errors.As(err, &d) {
			t.Fatalf("replay %v: %v", replay, err)
		}
		if !replay {
			continue // the batch is gone: that it happened is all that can be told
		}
		if d.Step != 47 || d.Where == nil || d.Where.Row != 2 || d.Row != "line 4702" || !closed {
			t.Errorf("%+v, %+v", d, d.Where)
		}
		if d.Where != nil && (d.Where.Op != "log" && d.Where.Op != "Log" || !strings.Contains(err.Error(), "step 47")) {
			t.Errorf("%v", err)
		}
	}
}

// TestFallingBoundEndsARun: a bound that collapses while every value is finite is divergence.
func TestFallingBoundEndsARun(t *testing.T) {
	cfg := setup(t, meanModel(t), optim.Adam{})
	good := meanFeed(-1)
	cfg.Budget.Steps = 1000
	cfg.Feed = func(in *graph.Instance, step int64) error {
		err := good(in, step)
		if step >= 200 {
			err = errors.Join(err, in.Set("y", []float64{1e4, 1e4, 1e4, 1e4}))
		}
		return err
	}
	_, err := New(cfg).Run(context.Background())
	var d *DivergedError
	if !errors.As(err, &d) || d.Step != 220 || !strings.Contains(err.Error(), "learning rate") {
		t.Errorf("%v", err)
	}
}

// TestFallsThatCount: more than a thousand nats and half the size of the best block, from wherever that was.
func TestFallsThatCount(t *testing.T) {
	for _, c := range []struct {
		best, last float64
		fell       bool
	}{
		{-400, -1599, false}, {-400, -1601, true}, {1e4, 4001, false}, {1e4, 3999, true}, {-1e6, -1.5e6, false},
		{-1e6, -1.502e6, true}, {-1e6, -1e5, false},
	} {
		l := New(Config{})
		if l.fell(c.best) || l.fell(c.last) != c.fell {
			t.Errorf("from %g to %g: fell is %t", c.best, c.last, !c.fell)
		}
	}
}
