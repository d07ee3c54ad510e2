package feed

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"elbo/graph"
	"elbo/kernels/ref"
)

// TestFeederFeeds a program in order, on devices near and far; what it does not read is left out.
func TestFeederFeeds(t *testing.T) {
	for name, dev := range map[string]graph.Device{"near": ref.Open(), "far": newFar()} {
		in := load(t, dev, graph.F32, 0, func(g *graph.Graph) []graph.Output {
			return []graph.Output{{Name: "y", Node: graph.Mul(g.Data("x", 3), g.Data("twice"))}}
		})
		fills := 0
		f, err := Start(Config{
			Device: dev, Inputs: Inputs(in.Program(), "x", "unread", "twice"), Ahead: 2, First: 5, Last: 9,
			Fill: func(step int64, s *Slot) error {
				fills++
				s.Set("x", []float64{float64(step), 1, 0.5})
				s.Set("unread", nil)
				s.Set("twice", []float64{2})
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for step := int64(5); step < 9; step++ {
			if err := f.Bind(in, step); err != nil {
				t.Fatal(err)
			}
			if got := get(t, in, step, "y"); !slices.Equal(got, []float64{2 * float64(step), 2, 1}) {
				t.Errorf("%s, step %d: %v", name, step, got)
			}
		}
		if err := f.Bind(in, 9); err == nil {
			t.Errorf("%s: a step after the last", name)
		}
		if err := f.Close(); err != nil || fills != 4 {
			t.Errorf("%s: %v after %d fills", name, err, fills)
		}
	}
}

// TestFeederErrors surface at the step they belong to, and steps are not skipped.
func TestFeederErrors(t *testing.T) {
	broken := errors.New("broken")
	dev := ref.Open()
	in := load(t, dev, graph.F64, 0, doubled)
	c := Config{Device: dev, Inputs: Inputs(in.Program(), "x"), Fill: func(step int64, s *Slot) error {
		if step == 2 {
			return fmt.Errorf("row 7: %w", broken)
		}
		return nil
	}}
	f, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	for step := range int64(2) {
		if err := f.Bind(in, step); err != nil {
			t.Errorf("step %d: %v", step, err)
		}
	}
	if err := f.Bind(in, 2); !errors.Is(err, broken) {
		t.Errorf("step 2: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if f, err = Start(c); err != nil {
		t.Fatal(err)
	}
	if err := f.Bind(in, 1); err == nil || !strings.Contains(err.Error(), "step 1") {
		t.Errorf("a step was skipped: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	c.First = 2
	if _, err := Fix(c, in); !errors.Is(err, broken) {
		t.Errorf("fix: %v", err)
	}
}

// TestFixedBatches stay an instance's, on devices near and far.
func TestFixedBatches(t *testing.T) {
	for name, dev := range map[string]graph.Device{"near": ref.Open(), "far": newFar()} {
		in := load(t, dev, graph.F64, 0, doubled)
		s, err := Fix(Config{Device: dev, Inputs: Inputs(in.Program(), "x"), First: 3, Fill: stepAsX}, in)
		if err != nil {
			t.Fatal(err)
		}
		for step := range int64(2) {
			if got := get(t, in, step, "y"); !slices.Equal(got, []float64{6}) {
				t.Errorf("%s, step %d: %v, want 6", name, step, got)
			}
		}
		if err := s.Free(); err != nil {
			t.Error(err)
		}
	}
}

// doubled is a program of 2x.
func doubled(g *graph.Graph) []graph.Output {
	return []graph.Output{{Name: "y", Node: graph.MulC(g.Data("x", 1), 2)}}
}

func stepAsX(step int64, s *Slot) error {
	s.Set("x", []float64{float64(step)})
	return nil
}

// TestFailuresAreToldAndLeaveNothing: whatever refuses, the error says so, and every buffer is given back once.
func TestFailuresAreToldAndLeaveNothing(t *testing.T) {
	prog := load(t, ref.Open(), graph.F64, 0, doubled).Program()
	inputs := []Input{{"x", graph.F64, 1}, {"other", graph.F32, 8}}
	feedOnce := func(c Config, in *graph.Instance) error {
		f, err := Start(c)
		if err != nil {
			return err
		}
		return errors.Join(f.Bind(in, 0), f.Close())
	}
	unused := func(c Config, _ *graph.Instance) error {
		f, err := Start(c)
		if err != nil {
			return err
		}
		return f.Close()
	}
	fixOnce := func(c Config, in *graph.Instance) error {
		s, err := Fix(c, in)
		if err != nil {
			return err
		}
		return s.Free()
	}
	for name, c := range map[string]struct {
		refuse func(l *ledger)
		fill   func(int64, *Slot) error
		inputs []Input
		do     func(Config, *graph.Instance) error
		want   error
	}{
		"fed":              {nil, stepAsX, inputs[:1], feedOnce, nil},
		"fixed":            {nil, stepAsX, inputs[:1], fixOnce, nil},
		"third slot":       {func(l *ledger) { l.room = 5 }, stepAsX, inputs, feedOnce, graph.ErrOutOfMemory},
		"second input":     {func(l *ledger) { l.room = 1 }, stepAsX, inputs, fixOnce, graph.ErrOutOfMemory},
		"write":            {func(l *ledger) { l.badWrite = true }, stepAsX, inputs, feedOnce, errFar},
		"write of a fixed": {func(l *ledger) { l.badWrite = true }, stepAsX, inputs, fixOnce, errFar},
		"free":             {func(l *ledger) { l.badFree = true }, stepAsX, inputs, unused, errFar},
		"fill":             {nil, func(int64, *Slot) error { return errFar }, inputs, feedOnce, errFar},
		"fill of a fixed":  {nil, func(int64, *Slot) error { return errFar }, inputs, fixOnce, errFar},
	} {
		dev := newFar()
		in, err := prog.Load(dev)
		if err != nil {
			t.Fatal(err)
		}
		if c.refuse != nil {
			c.refuse(dev.ledger)
		}
		err = c.do(Config{Device: dev, Inputs: c.inputs, Ahead: 3, Fill: c.fill}, in)
		dev.badFree = false
		if e := in.Close(); !errors.Is(err, c.want) || e != nil || dev.live != 0 {
			t.Errorf("%s: %v, then %v, and %d buffers are left", name, err, e, dev.live)
		}
	}
}

// TestCloseWaits for a fill in progress: its slot is freed after that.
func TestCloseWaits(t *testing.T) {
	dev := newFar()
	in := load(t, dev, graph.F64, 0, doubled)
	begun, whole := make(chan bool), false
	f, err := Start(Config{Device: dev, Inputs: Inputs(in.Program(), "x"), Ahead: 1, Fill: func(_ int64, s *Slot) error {
		begun <- true
		time.Sleep(time.Millisecond) // a Close that does not wait is over by then
		whole = s.Part("x") != nil
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	<-begun
	if err := f.Close(); err != nil || !whole {
		t.Errorf("%v; the slot lived as long as it was filled: %t", err, whole)
	}
	if err := f.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}
