package svi

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"elbo/graph"
	"elbo/kernels/ref"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/family"
	"elbo/vi/feed"
	"elbo/vi/model"
	"elbo/vi/train"
)

// show is a rule that moves nothing and puts the gradients out.
type show struct{}

func (show) Name() string { return "show" }

func (show) Update(c *graph.Code, params []graph.ParamGrad, _ graph.V) {
	for _, p := range params {
		c.Output("grad/"+p.Name, p.Grad)
	}
}

// stepper yields the gradient and bound of any batch at fixed noise and parameters.
type stepper struct {
	t    *testing.T
	in   *graph.Instance
	step *train.Step
	feed *filler
	slot *feed.Slot
	// write writes the batch of a step; faults are put in here.
	write func(step int64, s *feed.Slot) error
}

// newStepper builds the linear model in batches of b over the columns.
func newStepper(t *testing.T, b int, d Data) *stepper {
	t.Helper()
	m, err := model.New(linearModel(b))
	if err != nil {
		t.Fatal(err)
	}
	l, err := discover(m, d)
	if err != nil {
		t.Fatal(err)
	}
	step, err := train.Plan{
		Name: "grad", DType: graph.F64, Seed: 5, Target: m, Family: family.FullRank{}, Objective: elbo.STL{},
		Rule: show{}, Particles: vi.Particles{S: 2}, Rows: l.rows,
	}.Compile()
	if err != nil {
		t.Fatal(err)
	}
	dev := ref.Open()
	in, err := step.Program.Load(dev)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Set("q/loc", []float64{0.4, -0.8, 0.1}); err != nil {
		t.Fatal(err)
	}
	load, err := l.loader(17, true)
	if err != nil {
		t.Fatal(err)
	}
	slot, err := feed.NewSlot(dev, feed.Inputs(in.Program(), l.names()...))
	if err != nil {
		t.Fatal(err)
	}
	if err := slot.Bind(in); err != nil {
		t.Fatal(err)
	}
	f := newFiller(l, load)
	return &stepper{t: t, in: in, step: step, feed: f, slot: slot, write: f.batch}
}

// gradient returns the bound and its gradient for the batch of a step, at the noise of step 0.
func (s *stepper) gradient(step int64) []float64 {
	s.t.Helper()
	if err := s.write(step, s.slot); err != nil {
		s.t.Fatal(err)
	}
	if err := s.slot.Send(); err != nil {
		s.t.Fatal(err)
	}
	return s.evaluate()
}

func (s *stepper) evaluate() []float64 {
	s.t.Helper()
	if err := s.in.Run(0, 1); err != nil {
		s.t.Fatal(err)
	}
	var out []float64
	for _, name := range append([]string{train.SlotElbo}, s.gradSlots()...) {
		x, err := s.in.Get(name)
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, x...)
	}
	return out
}

func (s *stepper) gradSlots() []string {
	var out []string
	for _, p := range s.step.Params {
		out = append(out, "grad/"+p)
	}
	return out
}

// epochAverage returns Σ n/N g over an epoch, n being the rows of each step.
func (s *stepper) epochAverage(epoch int64) []float64 {
	var out []float64
	per := s.feed.load.StepsPerEpoch()
	for step := epoch * per; step < (epoch+1)*per; step++ {
		g := s.gradient(step)
		if out == nil {
			out = make([]float64, len(g))
		}
		for i, x := range g {
			out[i] += x * float64(s.feed.load.Size(step)) / float64(s.feed.rows)
		}
	}
	return out
}

// equal compares to rounding: sums of a few dozen numbers below 10³.
func equal(got, want []float64) error {
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-10) {
			return fmt.Errorf("number %d: %v, want %v", i, got[i], want[i])
		}
	}
	return nil
}

func linearColumns() Data {
	x, y := linearData()
	return Data{"x": Matrix(x, linearCols), "y": Vector(y)}
}

// TestEpochAveragesToFullGradient: batches that divide N and that do not (a short last one,
// weighted by its rows), in two epochs of different order.
func TestEpochAveragesToFullGradient(t *testing.T) {
	full := newStepper(t, linearRows, linearColumns()).gradient(0)
	for _, b := range []int{1, 6, 7, 23} {
		s := newStepper(t, b, linearColumns())
		for epoch := range int64(2) {
			if err := equal(s.epochAverage(epoch), full); err != nil {
				t.Errorf("batches of %d, epoch %d: %v", b, epoch, err)
			}
		}
		if equal(s.gradient(0), s.gradient(1)) == nil {
			t.Errorf("batches of %d: two steps are the same", b)
		}
	}
}

// TestRowOrderDoesNotMatter: rows permuted in the data, or padding moved within a batch.
func TestRowOrderDoesNotMatter(t *testing.T) {
	x, y := linearData()
	px, py := make([]float64, len(x)), make([]float64, len(y))
	for i, j := range rand.New(rand.NewPCG(8, 8)).Perm(len(y)) {
		copy(px[i*linearCols:(i+1)*linearCols], x[j*linearCols:])
		py[i] = y[j]
	}
	a := newStepper(t, linearRows, linearColumns()).gradient(0)
	b := newStepper(t, linearRows, Data{"x": Matrix(px, linearCols), "y": Vector(py)}).gradient(0)
	if err := equal(b, a); err != nil {
		t.Errorf("rows permuted: %v", err)
	}

	s := newStepper(t, 7, linearColumns())
	short := s.feed.load.StepsPerEpoch() - 1
	want := s.gradient(short)
	// Rows and mask reversed together: the three real rows come last.
	for _, name := range []string{"x", "y", model.MaskSlot("obs")} {
		v, err := s.in.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		w := len(v) / 7
		back := make([]float64, 0, len(v))
		for i := 6; i >= 0; i-- {
			back = append(back, v[i*w:(i+1)*w]...)
		}
		if err := s.in.Set(name, back); err != nil {
			t.Fatal(err)
		}
	}
	if err := equal(s.evaluate(), want); err != nil {
		t.Errorf("padding first: %v", err)
	}
}

// TestMinibatchFaultsAreNoticed puts faults into the feed; the epoch average must show each.
func TestMinibatchFaultsAreNoticed(t *testing.T) {
	full := newStepper(t, linearRows, linearColumns()).gradient(0)
	for name, fault := range map[string]func(s *stepper) func(int64, *feed.Slot) error{
		"N/n dropped": func(s *stepper) func(int64, *feed.Slot) error {
			return func(step int64, slot *feed.Slot) error {
				s.feed.write(slot, s.feed.load.Indices(step, s.feed.index), 1)
				return nil
			}
		},
		"N/B for a short batch": func(s *stepper) func(int64, *feed.Slot) error {
			return func(step int64, slot *feed.Slot) error {
				s.feed.write(slot, s.feed.load.Indices(step, s.feed.index), linearRows/7.0)
				return nil
			}
		},
		"padding counted": func(s *stepper) func(int64, *feed.Slot) error {
			return func(step int64, slot *feed.Slot) error {
				n := s.feed.load.Indices(step, s.feed.index)
				for i := n; i < 7; i++ {
					s.feed.index[i] = s.feed.index[0]
				}
				s.feed.write(slot, 7, s.feed.load.Scale(step))
				return nil
			}
		},
		"the same batch every step": func(s *stepper) func(int64, *feed.Slot) error {
			return func(_ int64, slot *feed.Slot) error { return s.feed.batch(0, slot) }
		},
	} {
		s := newStepper(t, 7, linearColumns())
		if err := equal(s.epochAverage(0), full); err != nil {
			t.Fatalf("without a fault: %v", err)
		}
		s.write = fault(s)
		if equal(s.epochAverage(0), full) == nil {
			t.Errorf("%s went unnoticed", name)
		}
	}
}
