package feed

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"elbo/data"
	"elbo/graph"
	"elbo/kernels"
	"elbo/kernels/ref"
)

// far is a device whose memory the host cannot address, and whose Write may run beside the other methods.
type far struct {
	graph.Device
	*ledger
}

// ledger counts the buffers of a far device and says what fails.
type ledger struct {
	mu       sync.Mutex
	live     int
	room     int // buffers left; refused beyond
	badWrite bool
	badFree  bool
}

func newFar() far { return far{ref.Open(), &ledger{room: 1000}} }

var errFar = errors.New("far away")

type farBuffer struct{ graph.Buffer }

type farExec struct{ kernels.Executable }

func (farBuffer) Host() []byte { return nil }

func (d far) Alloc(n int) (graph.Buffer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.room == 0 {
		return nil, graph.ErrOutOfMemory
	}
	b, err := d.Device.Alloc(n)
	d.live++
	d.room--
	return farBuffer{b}, err
}

func (d far) Free(b graph.Buffer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live--
	if d.badFree {
		return errFar
	}
	return d.Device.Free(b.(farBuffer).Buffer)
}

func (d far) Write(b graph.Buffer, at int, src []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.badWrite {
		return errFar
	}
	return d.Device.Write(b.(farBuffer).Buffer, at, src)
}

func (d far) Read(b graph.Buffer, at int, dst []byte) error {
	return d.Device.Read(b.(farBuffer).Buffer, at, dst)
}

func (d far) Compile(p *kernels.Program) (kernels.Executable, error) {
	e, err := d.Device.Compile(p)
	return farExec{e}, err
}

func (e farExec) Bind(slot int, b graph.Buffer) error {
	return e.Executable.Bind(slot, b.(farBuffer).Buffer)
}

// load compiles a graph and loads it.
func load(t *testing.T, dev graph.Device, dt graph.DType, seed uint64,
	build func(g *graph.Graph) []graph.Output) *graph.Instance {
	t.Helper()
	spec := graph.Spec{Name: "test", Seed: seed}
	g, err := graph.Build(dt, func(g *graph.Graph) { spec.Outputs = build(g) })
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(g, spec)
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Load(dev)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	return in
}

// get runs a step and reads an output.
func get(t *testing.T, in *graph.Instance, step int64, name string) []float64 {
	t.Helper()
	if err := in.Run(uint64(step), 1); err != nil {
		t.Fatal(err)
	}
	v, err := in.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestDrawsAreTheLoadersBatches: rows, padding and sizes over two epochs, late ones and short ones.
func TestDrawsAreTheLoadersBatches(t *testing.T) {
	for _, dt := range []graph.DType{graph.F32, graph.F64} {
		for _, c := range [][2]int{{103, 10}, {100, 10}, {7, 7}, {9, 2}, {5, 1}, {81, 2}, {97, 2}} {
			n, b := c[0], c[1]
			in := load(t, ref.Open(), dt, 11, func(g *graph.Graph) []graph.Output {
				r := Draw(g, n, b)
				return []graph.Output{{Name: "index", Node: graph.ToFloat(r.Index)}, {Name: "live", Node: r.Live},
					{Name: "count", Node: graph.MulC(r.Count, 1)}}
			})
			l, err := data.NewLoader(data.LoaderConfig{Rows: int64(n), Batch: b, Seed: 11, Shuffle: true})
			if err != nil {
				t.Fatal(err)
			}
			per := l.StepsPerEpoch()
			late := (int64(1)<<22 - 2) / per * per
			index := make([]int64, b)
			steps := []int64{0, 1, late - 1, late, late + per - 1}
			for epoch := range int64(99) { // at some of their starts step/per rounds down to the epoch before
				steps = append(steps, epoch*per+per-1, epoch*per+per)
			}
			for _, step := range steps {
				size := l.Indices(step, index)
				got := get(t, in, step, "index")
				live, err := in.Get("live")
				if err != nil {
					t.Fatal(err)
				}
				count, err := in.Get("count")
				if err != nil {
					t.Fatal(err)
				}
				if int(count[0]) != size {
					t.Errorf("%v, %d of %d, step %d: %g rows, want %d", dt, b, n, step, count[0], size)
				}
				for i := range b {
					want, on := index[0], 0.0
					if i < size {
						want, on = index[i], 1
					}
					if got[i] != float64(want) || live[i] != on {
						t.Fatalf("%v, %d of %d, step %d, row %d: %g live %g, want %d live %g",
							dt, b, n, step, i, got[i], live[i], want, on)
					}
				}
			}
		}
	}
}

// TestChunksCoverTheRows in order, the last one padded with its first row.
func TestChunksCoverTheRows(t *testing.T) {
	for _, c := range [][2]int{{10, 4}, {8, 4}, {3, 5}} {
		in := load(t, ref.Open(), graph.F64, 0, func(g *graph.Graph) []graph.Output {
			r := Chunk(g, c[0], c[1])
			return []graph.Output{{Name: "rows", Node: graph.Sub(graph.ToFloat(r.Index), graph.MulC(r.Live, -1000))}}
		})
		for row := 0; row < c[0]; row += c[1] {
			var want []float64
			for i := range c[1] {
				if row+i < c[0] {
					want = append(want, float64(1000+row+i))
				} else {
					want = append(want, float64(row))
				}
			}
			if got := get(t, in, int64(row/c[1]), "rows"); !slices.Equal(got, want) {
				t.Errorf("%d of %d: %v, want %v", c[1], c[0], got, want)
			}
		}
	}
}

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

// told is a device that says what memory it has.
type told struct {
	graph.Device
	free, all, beside int64
}

func (d told) Report() graph.Report {
	return graph.Report{Name: "told", Free: d.free, Memory: d.all, Beside: d.beside}
}

// TestPlace decides by memory, device and wish.
func TestPlace(t *testing.T) {
	near, far := ref.Open(), newFar()
	for name, c := range map[string]struct {
		wish     Wish
		resident bool
		why      string
		err      error
	}{
		"never":              {Wish{Want: ResidentNever, Device: far}, false, "as asked", nil},
		"far":                {Wish{Device: far, Bytes: 100, Work: 100}, true, "suffice", nil},
		"near":               {Wish{Device: near, Bytes: 100, Near: 99}, false, "host addresses", nil},
		"near and small":     {Wish{Device: near, Bytes: 100, Near: 100}, true, "suffice", nil},
		"near, asked for":    {Wish{Want: ResidentAlways, Device: near, Bytes: 100}, true, "as asked", nil},
		"just fits":          {Wish{Device: told{far, 1600, 9999, 0}, Bytes: 1000, Work: 500}, true, "suffice", nil},
		"reserve":            {Wish{Device: told{far, 1600, 9999, 0}, Bytes: 1000, Work: 501}, false, "can be used", nil},
		"beside, fits":       {Wish{Device: told{far, 1600, 9999, 7}, Bytes: 1000, Work: 493}, true, "suffice", nil},
		"beside":             {Wish{Device: told{far, 1600, 9999, 7}, Bytes: 1000, Work: 494}, false, "can be used", nil},
		"half of the memory": {Wish{Device: told{far, 0, 3200, 0}, Bytes: 1501}, false, "can be used", nil},
		"unknown memory":     {Wish{Device: far, Bytes: 4 << 30}, false, "can be used", nil},
		"must fit": {Wish{Want: ResidentAlways, Device: told{near, 1600, 9999, 0}, Rows: 10, Bytes: 2000, Work: 500},
			false, "can be used", graph.ErrOutOfMemory},
		"obstacle":        {Wish{Device: far, Obstacle: "no bytes"}, false, "no bytes", nil},
		"must, but can't": {Wish{Want: ResidentAlways, Device: far, Obstacle: "no bytes"}, false, "", ErrResident},
	} {
		p, err := Place(c.wish)
		if p.Resident != c.resident || !strings.Contains(p.Why, c.why) || !errors.Is(err, c.err) || p.String() == "" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if name == "must fit" && !strings.Contains(err.Error(), "about 5 rows would fit") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if far.live != 0 {
		t.Errorf("%d buffers are left", far.live)
	}
}

// TestProgramBytes are those of slots and of values in between.
func TestProgramBytes(t *testing.T) {
	p := load(t, ref.Open(), graph.F64, 0, func(g *graph.Graph) []graph.Output {
		x := g.Data("x", 4, 4)
		return []graph.Output{{Name: "y", Node: graph.MatMul(graph.MatMul(x, x), x)}}
	}).Program()
	// x, y and their product in between, of 4×4 numbers each.
	if got := ProgramBytes(p); got != 3*16*8 {
		t.Errorf("%d bytes, want %d", got, 3*16*8)
	}
}

// TestResidencies have names.
func TestResidencies(t *testing.T) {
	for _, name := range Residencies() {
		if r, ok := ParseResidency(name); !ok || r.String() != name {
			t.Errorf("%s: %v, %v", name, r, ok)
		}
	}
	if _, ok := ParseResidency("sometimes"); ok {
		t.Error("an unknown name")
	}
}

// TestCountable names what a program cannot count.
func TestCountable(t *testing.T) {
	for _, c := range []struct {
		dt    graph.DType
		n     int64
		b     int
		steps int64
		can   bool
	}{
		{graph.F32, 100, 7, 1 << 21, true}, {graph.F32, 100, 7, 1 << 22, false}, {graph.F32, 100, 7, 0, false},
		{graph.F32, 100, 10, 0, true}, {graph.F64, 100, 7, 0, true}, {graph.F64, 1 << 31, 8, 9, false},
	} {
		if why := Countable(c.dt, c.n, c.b, c.steps); (why == "") != c.can {
			t.Errorf("%+v: %q", c, why)
		}
	}
}
