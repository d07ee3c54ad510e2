package data

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"
)

// loaderSteps prefetches the row numbers of steps [first, last) and returns them in the order delivered.
func loaderSteps(t *testing.T, l *Loader, cfg PrefetchConfig) []int64 {
	t.Helper()
	p := NewPrefetcher(context.Background(), cfg, func(_ context.Context, s *Slot[[]int64]) error {
		s.Value = slices.Grow(s.Value[:0], l.Batch())[:l.Batch()]
		s.Value = s.Value[:l.Indices(s.Step, s.Value)]
		return nil
	})
	defer p.Close()
	var out []int64
	for step := cfg.First; ; step++ {
		s, err := p.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if s.Step != step {
			t.Fatalf("got step %d, want %d", s.Step, step)
		}
		out = append(out, s.Value...)
	}
}

// TestPrefetchIsDeterministic checks that depth, workers, processors and the step of a resume change nothing.
func TestPrefetchIsDeterministic(t *testing.T) {
	l, err := NewLoader(LoaderConfig{Rows: 1000, Batch: 33, Seed: 9, Shuffle: true})
	if err != nil {
		t.Fatal(err)
	}
	var want []int64
	dst := make([]int64, 33)
	for step := range int64(100) {
		want = append(want, dst[:l.Indices(step, dst)]...)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(procs)
		for _, cfg := range []PrefetchConfig{{Last: 100}, {Last: 100, Depth: 1}, {Last: 100, Depth: 7, Workers: 3},
			{Last: 100, Depth: 2, Workers: 9}} {
			if got := loaderSteps(t, l, cfg); !slices.Equal(got, want) {
				t.Fatalf("GOMAXPROCS %d, %+v: other rows", procs, cfg)
			}
		}
		got := loaderSteps(t, l, PrefetchConfig{Last: 41})
		got = append(got, loaderSteps(t, l, PrefetchConfig{First: 41, Last: 100, Workers: 2})...)
		if !slices.Equal(got, want) {
			t.Fatalf("GOMAXPROCS %d: resumed at step 41: other rows", procs)
		}
	}
}

func TestPrefetchErrors(t *testing.T) {
	boom := errors.New("boom")
	before := runtime.NumGoroutine()
	for _, workers := range []int{1, 3} {
		p := NewPrefetcher(context.Background(), PrefetchConfig{Workers: workers},
			func(_ context.Context, s *Slot[int]) error {
				if s.Step >= 5 {
					return boom
				}
				s.Value = int(s.Step)
				return nil
			})
		for step := range 5 {
			if s, err := p.Next(); err != nil || s.Value != step {
				t.Fatalf("step %d: %v, %v", step, s, err)
			}
		}
		for range 2 {
			if _, err := p.Next(); !errors.Is(err, boom) {
				t.Fatalf("workers %d: error %v, want boom", workers, err)
			}
		}
		p.Close()
		p.Close()
	}
	checkGoroutines(t, before)
}

// TestPrefetchStops checks that Close and cancellation end all goroutines, whoever is waiting.
func TestPrefetchStops(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(context.Background())
	endless := func(context.Context, *Slot[int]) error { return nil }
	p := NewPrefetcher(ctx, PrefetchConfig{Depth: 3, Workers: 2}, endless)
	for range 10 {
		if _, err := p.Next(); err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	if _, err := p.Next(); !errors.Is(err, ErrClosed) {
		t.Errorf("Next after Close: %v, want ErrClosed", err)
	}

	stuck := func(ctx context.Context, _ *Slot[int]) error { <-ctx.Done(); return ctx.Err() }
	q := NewPrefetcher(ctx, PrefetchConfig{}, stuck)
	time.AfterFunc(5*time.Millisecond, cancel)
	if _, err := q.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("Next after cancel: %v, want context.Canceled", err)
	}
	q.Close()
	checkGoroutines(t, before)
}

// checkGoroutines waits a moment for goroutines that are on their way out.
func checkGoroutines(t *testing.T, before int) {
	t.Helper()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
