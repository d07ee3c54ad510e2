//go:build cgo

package cpu

import (
	"errors"
	"math"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

func TestOpenPicksLevel(t *testing.T) {
	for _, isa := range append(Levels(), "") {
		dev, err := Open(Options{ISA: isa, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got := dev.Report(); isa != "" && got.ISA != isa || got.Threads != 1 || got.Name != "cpu" || got.Model == "" {
			t.Errorf("asked for %q, got %+v", isa, got)
		}
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Open(Options{ISA: "sse9"}); !errors.Is(err, kernels.ErrUnavailable) {
		t.Errorf("unknown level: %v", err)
	}
	if _, err := Open(Options{Threads: -1}); err == nil {
		t.Error("a negative number of threads was taken")
	}
	t.Setenv("ELBO_CPU_ISA", Levels()[0])
	dev, err := Open(Options{ISA: Levels()[len(Levels())-1]})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	if got := dev.Report().ISA; got != Levels()[0] {
		t.Errorf("ELBO_CPU_ISA=%s gave %s", Levels()[0], got)
	}
}

func TestAllocRefusesTooMuch(t *testing.T) {
	dev, err := Open(Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	if _, err := dev.Alloc(1 << 60); !errors.Is(err, kernels.ErrOutOfMemory) {
		t.Errorf("2⁶⁰ bytes: %v", err)
	}
	if _, err := dev.Alloc(-1); err == nil {
		t.Error("negative size was taken")
	}
}

// TestRunAllocatesNothing holds a step, serial and parallel, to no Go allocation. On a busy machine the Go
// runtime makes threads while a step runs, and counts them: only what every attempt allocates is the step's.
func TestRunAllocatesNothing(t *testing.T) {
	for _, threads := range []int{1, 2} {
		dev, err := openThreads(threads)
		if err != nil {
			t.Fatal(err)
		}
		b := large(kernels.F32)
		s, err := kernelstest.NewSession(dev, b.Program(), b.Feed)
		if err != nil {
			t.Fatal(err)
		}
		least := math.Inf(1)
		for attempt := 0; attempt < 10 && least > 0; attempt++ {
			least = min(least, testing.AllocsPerRun(5, func() {
				if err := s.Run(0, 2); err != nil {
					t.Fatal(err)
				}
			}))
		}
		if least > 0 {
			t.Errorf("%d threads: %v allocations a run", threads, least)
		}
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSmallProgramIsOneStretch holds a step of the size of a regression to one cgo call.
func TestSmallProgramIsOneStretch(t *testing.T) {
	dev, err := openThreads(2)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	for name, b := range map[string]*kernelstest.Builder{"fixed": logistic(512, 0), "gathered": logistic(512, 1000)} {
		x, err := dev.Compile(b.Program())
		if err != nil {
			t.Fatal(err)
		}
		if got := x.(*executable).stretches; len(got) != 1 || got[0].parallel {
			t.Errorf("%s: stretches %+v", name, got)
		}
	}
}
