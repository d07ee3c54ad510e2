package train

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// descent simulates stochastic gradient descent on D quantities in units of their posterior sd:
// x ← x − lr λ (slope(x) + noise ε), started far away, with the optimum at 0.
type descent struct {
	lr, noise float64
	lambda    []float64 // curvature of each direction
	slope     func(x float64) float64
	start     float64
}

// run simulates until the rule stops it or n blocks have passed; it returns the averages.
func (d descent) run(seed uint64, cfg StopConfig, n int) (avg []float64, blocks int, done bool) {
	r := rand.New(rand.NewPCG(seed, 77))
	s := NewStopper(cfg)
	k := len(d.lambda)
	x, units := make([]float64, k), make([]float64, k)
	for j := range x {
		x[j], units[j] = d.start*r.NormFloat64(), 1
	}
	scale, kept := 1.0, 0
	avg = make([]float64, k)
	for blocks = 1; blocks <= n; blocks++ {
		mean := make([]float64, k)
		for range cfg.block() {
			for j := range x {
				mean[j] += x[j] / float64(cfg.block())
				x[j] -= d.lr * scale * d.lambda[j] * (d.slope(x[j]) + d.noise*r.NormFloat64())
			}
		}
		averaging := s.Averaging && s.Skip == 0
		v := s.Observe(mean, units)
		switch {
		case v.Restart:
			scale, kept, avg = v.LRScale, 0, make([]float64, k)
		case averaging:
			kept++
			for j := range avg {
				avg[j] += mean[j]
			}
		}
		if v.Done {
			for j := range avg {
				avg[j] /= float64(kept)
			}
			return avg, blocks, true
		}
	}
	return avg, n, false
}

func linearSlope(x float64) float64 { return x }

// bentSlope is the derivative of x + e⁻ˣ: third derivatives shift a constant step's average.
func bentSlope(x float64) float64 { return 1 - math.Exp(-max(x, -3)) }

func spread(k int, least float64) []float64 {
	out := make([]float64, k)
	for j := range out {
		out[j] = math.Pow(least, float64(j)/float64(max(k-1, 1)))
	}
	return out
}

// TestStoppedRunsAreNearTheOptimum: of 200 runs that the rule stopped, at least 95 % have
// every average within 0.1 posterior sd of the optimum, and they do stop.
func TestStoppedRunsAreNearTheOptimum(t *testing.T) {
	for name, d := range map[string]descent{
		"small noise":     {lr: 0.05, noise: 0.3, lambda: spread(8, 1), slope: linearSlope, start: 5},
		"large noise":     {lr: 0.05, noise: 2.5, lambda: spread(5, 1), slope: linearSlope, start: 5},
		"one quantity":    {lr: 0.05, noise: 2, lambda: spread(1, 1), slope: linearSlope, start: 5},
		"badly scaled":    {lr: 0.1, noise: 1, lambda: spread(8, 0.05), slope: linearSlope, start: 3},
		"third derivates": {lr: 0.4, noise: 1.5, lambda: spread(4, 0.7), slope: bentSlope, start: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runs := 200
			if testing.Short() {
				runs = 20
			}
			if err := nearTheOptimum(d, StopConfig{}, runs); err != nil {
				t.Error(err)
			}
		})
	}
}

// nearTheOptimum runs the simulation and judges the share of good stops.
func nearTheOptimum(d descent, cfg StopConfig, runs int) error {
	const most = 3000
	near, stopped, length := 0, 0, 0
	for seed := range uint64(runs) {
		avg, blocks, done := d.run(seed, cfg, most)
		length += blocks
		if !done {
			continue
		}
		stopped++
		worst := 0.0
		for _, x := range avg {
			worst = max(worst, math.Abs(x))
		}
		if worst <= 0.1 {
			near++
		}
	}
	if stopped < runs*95/100 {
		return fmt.Errorf("%d of %d runs stopped within %d blocks", stopped, runs, most)
	}
	if near < stopped*95/100 {
		return fmt.Errorf("%d of %d stopped runs are within 0.1 sd; mean length %d blocks", near, stopped, length/runs)
	}
	return nil
}

// TestStopRuleDecoy: a tolerance that lets runs stop early fails the test above.
func TestStopRuleDecoy(t *testing.T) {
	d := descent{lr: 0.05, noise: 4, lambda: spread(8, 1), slope: linearSlope, start: 5}
	if nearTheOptimum(d, StopConfig{Tolerance: 0.2}, 50) == nil {
		t.Error("stopping ten times too early went unnoticed")
	}
}

// TestStopperSurvivesJSON: a run that is stored and read back between all blocks decides the same.
func TestStopperSurvivesJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	a, b := NewStopper(StopConfig{}), NewStopper(StopConfig{})
	for i := range 60 {
		q := []float64{3*math.Exp(-float64(i)) + 0.1*r.NormFloat64(), 0.2 * r.NormFloat64()}
		unit := []float64{1, 2}
		va := a.Observe(q, unit)
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		cfg := b.cfg
		b = &Stopper{}
		if err := json.Unmarshal(raw, b); err != nil {
			t.Fatal(err)
		}
		b.cfg = cfg
		if vb := b.Observe(q, unit); va != vb {
			t.Fatalf("block %d: %+v and %+v", i, va, vb)
		}
	}
	if !a.Averaging {
		t.Error("sixty stationary blocks did not start averaging")
	}
}

// TestStopperWithoutUnits: a posterior sd of zero is no reason to stop nor to lose the run's state.
func TestStopperWithoutUnits(t *testing.T) {
	s := NewStopper(StopConfig{})
	for i := range 40 {
		if v := s.Observe([]float64{float64(i % 3)}, []float64{0}); v.Done {
			t.Fatal("converged in units of zero")
		}
		if _, err := json.Marshal(s); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStopperOff never ends a run.
func TestStopperOff(t *testing.T) {
	s := NewStopper(StopConfig{Off: true})
	for range 200 {
		if v := s.Observe([]float64{1}, []float64{1}); v.Done {
			t.Fatal("a rule that is off stopped the run")
		}
	}
}

// TestLongRunsKeepFewBlocks: merging neighbours leaves mean and standard error of independent
// blocks as they were, and state that does not grow.
func TestLongRunsKeepFewBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	s := NewStopper(StopConfig{Off: true, Tolerance: 1e-9})
	s.Averaging = true
	const n = 1 << 14
	sum := 0.0
	for range n {
		x := r.NormFloat64()
		sum += x
		s.Observe([]float64{x}, []float64{1})
		if len(s.Blocks) > maxBlocks {
			t.Fatalf("%d blocks kept", len(s.Blocks))
		}
	}
	if s.Parts != 0 || len(s.Blocks)*s.Width != n {
		t.Fatalf("%d blocks of %d and %d more of %d", len(s.Blocks), s.Width, s.Parts, n)
	}
	if m := s.mean(0, len(s.Blocks))[0]; math.Abs(m-sum/n) > 1e-12 {
		t.Errorf("mean %v, want %v", m, sum/n)
	}
	// A standard error from 128 blocks is itself known to 6 %, and the correlation correction adds to it.
	if e := s.errors()[0] * math.Sqrt(n); e < 0.75 || e > 1.35 {
		t.Errorf("standard error is %g of the right one", e)
	}
}
