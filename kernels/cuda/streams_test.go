//go:build elbo_cuda && linux

package cuda

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/driver"
	"elbo/kernels/cuda/internal/emulator/control"
	"elbo/kernels/kernelstest"
	"elbo/vi/optim"
	"elbo/vi/train"
	"elbo/vi/vae"
)

// autoencoder is a training step of a small one, whose products go to the library both ways.
func autoencoder(t *testing.T) (*kernels.Program, map[string][]float64) {
	t.Helper()
	m, err := vae.New(vae.Config{Item: []int{17, 16}, Encoder: []int{264}, Decoder: []int{264}, Latent: 2, Seed: 1})
	must(t, err)
	spec, err := m.StepSpec(vae.StepOptions{Batch: 16, Rule: optim.Adam{}})
	must(t, err)
	step, err := spec.Compile()
	must(t, err)
	feed, r := map[string][]float64{train.SlotLR: {1e-3}}, rand.New(rand.NewPCG(7, 8))
	for _, s := range step.Program.Slots() {
		x := make([]float64, s.Shape.Size())
		for i := range x {
			x[i] = float64(float32(r.Float64()))
		}
		switch {
		case s.Kind == kernels.SlotState:
			feed[s.Name] = step.Program.Init(s.Name)
		case s.Name != train.SlotLR && s.Kind != kernels.SlotOutput:
			feed[s.Name] = x
		}
	}
	return step.Program.Kernel(), feed
}

// TestStreamsHaveTheSameBits: steps spread over streams have the bits of steps on one, whatever the order that
// nodes without an edge between them run in: the first step, graphs of one step and of several.
func TestStreamsHaveTheSameBits(t *testing.T) {
	vaeProgram, vaeFeed := autoencoder(t)
	b, few := glm(kernels.F64), tiny()
	for _, c := range []struct {
		p    *kernels.Program
		feed map[string][]float64
	}{{vaeProgram, vaeFeed}, {b.Program(), b.Feed}, {few.Program(), few.Feed}} {
		run := func(streams int) map[string][]float64 {
			dev := opened(t, Options{Streams: streams, whole: wholeNever})
			s, err := kernelstest.NewSession(dev, c.p, c.feed)
			must(t, err)
			must(t, s.Run(0, 1))
			x := only(dev)
			must(t, s.Run(1, x.stepsAtOnce()+2))
			if n := x.spread(1, streams).Streams; (n > 1) != (streams > 1) {
				t.Errorf("%s: %d streams asked for, %d in use", c.p.Name, streams, n)
			}
			if made := len(dev.streams.events); streams == 1 && made > 0 {
				t.Errorf("%s: %d events for one stream", c.p.Name, made)
			}
			got, err := s.Get()
			must(t, err)
			closed(t, dev)
			return got
		}
		want := run(1)
		for _, o := range []struct{ streams, order, seed int }{
			{4, control.Forward, 1}, {4, control.Reverse, 1}, {4, control.Shuffled, 1}, {2, control.Shuffled, 2},
			{3, control.Shuffled, 3}, {4, control.Shuffled, 4},
		} {
			ordered(t, o.order, o.seed)
			if err := kernelstest.SameBits(want, run(o.streams)); err != nil {
				t.Errorf("%s, %+v: %v", c.p.Name, o, err)
			}
			ordered(t, control.Forward, 1)
		}
	}
	clean(t)
}

// ordered sets the order in which the emulator runs what may run in any.
func ordered(t *testing.T, order, seed int) {
	t.Helper()
	if emulated != nil {
		must(t, emulated.Set("order", order))
		must(t, emulated.Set("seed", seed))
	}
}

// TestStreamsOfSharedBuffers: where two slots have one buffer nothing is spread, since slots were taken for distinct.
func TestStreamsOfSharedBuffers(t *testing.T) {
	dev := opened(t, Options{})
	b := kernelstest.NewBuilder("shared", kernels.F32)
	x, y := b.Input("x", nil, 8), b.Input("y", nil, 8)
	b.Output("p", b.Elem(kernels.Exp, [2]float64{}, x))
	b.Output("q", b.Elem(kernels.Exp, [2]float64{}, y))
	exe, err := dev.Compile(b.Program())
	must(t, err)
	for slot := range 4 {
		m, err := dev.Alloc(32)
		must(t, err)
		must(t, exe.Bind(slot, m))
	}
	e := exe.(*executable)
	if n := e.spread(1, 4).Streams; n != 2 {
		t.Errorf("%d streams for distinct buffers, want 2", n)
	}
	must(t, exe.Bind(0, e.bound[3]))
	if n := e.spread(1, 4).Streams; n != 1 {
		t.Errorf("%d streams where slots share a buffer, want 1", n)
	}
	closed(t, dev)
	clean(t)
}

// TestStreamsRefused: a number of streams that cannot be had is an error.
func TestStreamsRefused(t *testing.T) {
	for _, n := range []int{-1, mostStreams + 1} {
		if _, err := Open(Options{Streams: n}); err == nil {
			t.Errorf("%d streams are taken", n)
		}
	}
}

// TestWaysOfGraphs: which graphs are measured against each other.
func TestWaysOfGraphs(t *testing.T) {
	b := glm(kernels.F32)
	for _, c := range []struct{ asked, want, streams int }{{0, 2, 4}, {1, 1, 1}, {4, 1, 4}} {
		dev := opened(t, Options{Streams: c.asked})
		s, err := kernelstest.NewSession(dev, b.Program(), b.Feed)
		must(t, err)
		must(t, s.Run(0, 1))
		ways := only(dev).graphWays()
		if len(ways) != c.want || ways[len(ways)-1].streams != c.streams || only(dev).whole.now.streams != c.streams {
			t.Errorf("%d asked for: %+v, now %+v", c.asked, ways, only(dev).whole.now)
		}
		closed(t, dev)
	}
}

// TestGraphsByStreams: graphs of one step and of many, of one stream and of several, are kept apart, else one would be
// measured against itself.
func TestGraphsByStreams(t *testing.T) {
	dev := opened(t, Options{whole: wholeNever})
	b := glm(kernels.F32)
	s, err := kernelstest.NewSession(dev, b.Program(), b.Feed)
	must(t, err)
	must(t, s.Run(0, 1))
	x := only(dev)
	asked := []spreadOver{{1, 1}, {1, 4}, {x.stepsAtOnce(), 1}, {x.stepsAtOnce(), 4}}
	made := map[*driver.GraphExec]spreadOver{}
	for range 2 {
		for _, over := range asked {
			must(t, dev.do("graph", func() error {
				g, err := x.graph(over)
				if before, ok := made[g]; ok && before != over {
					t.Errorf("asked for %+v: the graph of %+v", over, before)
				}
				made[g] = over
				return err
			}))
		}
	}
	if len(made) != len(asked) || len(x.graphs.list) != len(asked) {
		t.Errorf("%d graphs made and %d kept, want %d", len(made), len(x.graphs.list), len(asked))
	}
	closed(t, dev)
	clean(t)
}

// TestMeasuresWhatRuns: what is measured is the graph of many steps, as it is what runs of many steps launch.
func TestMeasuresWhatRuns(t *testing.T) {
	dev := opened(t, Options{whole: wholeNever})
	b := glm(kernels.F32)
	s, err := kernelstest.NewSession(dev, b.Program(), b.Feed)
	must(t, err)
	must(t, s.Run(0, 1))
	must(t, s.Run(1, measureAfter))
	x := only(dev)
	must(t, s.Run(measureAfter+1, x.stepsAtOnce())) // the first way: one stream
	long := spreadOver{x.stepsAtOnce(), 1}
	if !slices.ContainsFunc(x.graphs.list, func(c captured) bool { return c.over == long }) || long.steps <= measureSteps {
		t.Errorf("no graph of %+v was measured", long)
	}
	closed(t, dev)
	clean(t)
}

// TestUploadsBesideRuns: a write to a buffer that the runs under way do not use does not wait for them, and one
// to a buffer they use does. The emulator runs no more than what is waited for.
func TestUploadsBesideRuns(t *testing.T) {
	if emulated == nil {
		t.Skip("a card does not tell what has not run yet")
	}
	const n = 1000
	dev := opened(t, Options{})
	b := kernelstest.NewBuilder("feed", kernels.F64)
	x, sum := b.Input("x", nil, n), b.State("sum", nil, n)
	b.Update(sum, b.Elem(kernels.Add, [2]float64{}, sum, x))
	exe, err := dev.Compile(b.Program())
	must(t, err)
	var bufs []kernels.Buffer // two batches and the state
	for range 3 {
		m, err := dev.Alloc(8 * n)
		must(t, err)
		bufs = append(bufs, m)
	}
	must(t, exe.Bind(1, bufs[2]))
	raw, one := make([]byte, 8*n), make([]float64, n)
	write := func(batch int, v float64) {
		t.Helper()
		for i := range one {
			one[i] = v
		}
		kernels.PutFloats(raw, one, kernels.F64)
		must(t, dev.Write(bufs[batch], 0, raw))
	}
	// peek reads memory as it is, after the writes alone.
	peek := func(buf kernels.Buffer) float64 {
		t.Helper()
		must(t, dev.do("peek", func() error {
			if err := dev.copies.Sync(); err != nil {
				return err
			}
			return dev.ctx.CopyDtoH(raw, buf.(*buffer).ptr)
		}))
		kernels.GetFloats(one, raw, kernels.F64)
		return one[n-1]
	}
	write(0, 1)
	must(t, exe.Bind(0, bufs[0]))
	must(t, exe.Run(0, 1))
	must(t, dev.Sync())
	must(t, exe.Run(1, 1)) // under way: sum becomes 2
	write(1, 10)
	if got := peek(bufs[1]); got != 10 {
		t.Errorf("the next batch is %v, want 10", got)
	}
	if got := peek(bufs[2]); got != 1 {
		t.Errorf("the sum is %v: sending the next batch waited for the run", got)
	}
	write(0, 100) // the run reads this one
	if got := peek(bufs[2]); got != 2 {
		t.Errorf("the sum is %v: the batch was written over before the run had read it", got)
	}
	must(t, exe.Bind(0, bufs[1]))
	must(t, exe.Run(2, 1))
	must(t, dev.Sync())
	if got := peek(bufs[2]); got != 12 {
		t.Errorf("the sum is %v, want 12", got)
	}
	closed(t, dev)
	clean(t)
}

// TestNoWaitPerStep: the host waits for nothing in a run, whether each step's batch is sent or many steps
// are asked for.
func TestNoWaitPerStep(t *testing.T) {
	if emulated == nil {
		t.Skip("the emulator counts calls, and this is a card")
	}
	b := glm(kernels.F32)
	dev := opened(t, Options{})
	s, err := kernelstest.NewSession(dev, b.Program(), b.Feed)
	must(t, err)
	x := only(dev)
	must(t, x.Run(0, 1))
	must(t, x.Run(1, 40)) // every graph is captured
	must(t, dev.Sync())
	batch := map[string][]float64{"y": b.Feed["y"]}
	before := waits()
	for step := uint64(41); step < 81; step++ {
		must(t, s.Set(batch))
		must(t, x.Run(step, 1))
	}
	must(t, x.Run(81, 40))
	if after := waits(); after != before {
		t.Errorf("waits of the host: %s, before %s", after, before)
	}
	closed(t, dev)
	clean(t)
}

// waits counts the calls that wait for the card.
func waits() string {
	text := ""
	for _, name := range []string{"cuStreamSynchronize", "cuEventSynchronize", "cuCtxSynchronize", "cuMemcpyDtoH_v2",
		"cuMemcpyHtoD_v2", "cuMemAlloc_v2", "cuMemFree_v2"} {
		text += fmt.Sprintf("%s %d ", name, emulated.Calls(name))
	}
	return text
}
