//go:build cgo

package cpu

import (
	"slices"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// TestTimings: every instruction of a profiled program is timed once a run, in order, and the
// program computes what it computes without.
func TestTimings(t *testing.T) {
	build := logistic(64, 0)
	p := build.Program()
	var losses []float64
	for _, profile := range []bool{false, true} {
		dev, err := Open(Options{Threads: 2, Profile: profile})
		if err != nil {
			t.Fatal(err)
		}
		defer dev.Close()
		s, err := kernelstest.NewSession(dev, p, build.Feed)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(0, 3); err != nil {
			t.Fatal(err)
		}
		out, err := s.Get()
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, out["loss"]...)
		got := dev.(*Device).Timings()
		if !profile {
			if len(got) > 0 {
				t.Errorf("%d timings without a profile", len(got))
			}
			continue
		}
		checkTimings(t, p, got)
	}
	if losses[0] != losses[1] {
		t.Errorf("loss %v, profiled %v", losses[0], losses[1])
	}
}

func checkTimings(t *testing.T, p *kernels.Program, got []Timing) {
	if len(got) < len(p.Instrs) {
		t.Errorf("%d timings of %d instructions", len(got), len(p.Instrs))
	}
	if !slices.IsSortedFunc(got, func(a, b Timing) int { return a.Instr - b.Instr }) {
		t.Errorf("timings are out of order: %v", got)
	}
	for _, x := range got {
		if x.Runs != 3 || x.Best <= 0 || x.Op != p.Instrs[x.Instr].Op || x.Program != p.Name || x.Chunks < 1 {
			t.Errorf("timing %+v", x)
		}
	}
}
