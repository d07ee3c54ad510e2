package regress

import (
	"fmt"
	"math"
	"testing"

	"elbo/graph"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/family"
)

// boundProgram is the reparameterised bound of a problem and its gradient, without an optimiser.
type boundProgram struct {
	in     *graph.Instance
	params []string
}

// newBound compiles the bound in one float type and binds the batch of step 0.
func newBound(t *testing.T, p *Problem, m *mode, f vi.Family, dt graph.DType, dev graph.Device) *boundProgram {
	t.Helper()
	b := &boundProgram{}
	spec := graph.Spec{Name: "bound", Seed: p.Options.Seed}
	g, err := graph.Build(dt, func(g *graph.Graph) {
		target := &target{d: p.design, priors: p.priors, anchor: m.like, batch: p.batch()}
		q := f.Guide(g, p.Dim(), vi.Particles{S: 4, Antithetic: true})
		bound := elbo.Reparam{}.Bound(g, target, q)
		spec.Outputs = []graph.Output{{Name: "bound", Node: bound}}
		var params []*graph.Node
		for _, n := range g.Inputs() {
			if g.Input(n).Kind == graph.InputParam {
				params = append(params, n)
			}
		}
		for i, d := range graph.Grad(bound, params...) {
			b.params = append(b.params, params[i].Name())
			spec.Outputs = append(spec.Outputs, graph.Output{Name: "grad/" + params[i].Name(), Node: d})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	prog, err := graph.Compile(g, spec)
	if err != nil {
		t.Fatal(err)
	}
	if b.in, err = prog.Load(dev); err != nil {
		t.Fatal(err)
	}
	feed, err := p.feeder(dev, prog, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := feed.Bind(b.in, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.in.Close(); err != nil {
			t.Error(err)
		}
		if err := feed.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *boundProgram) set(t *testing.T, name string, v []float64) {
	t.Helper()
	if err := b.in.Set(name, v); err != nil {
		t.Fatal(err)
	}
}

// at evaluates the bound with the noise of one step.
func (b *boundProgram) at(t *testing.T, step uint64) float64 {
	t.Helper()
	if err := b.in.Run(step, 1); err != nil {
		t.Fatal(err)
	}
	return b.get(t, "bound")[0]
}

func (b *boundProgram) get(t *testing.T, name string) []float64 {
	t.Helper()
	v, err := b.in.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestBoundGradients compares the gradient of the whole anchored bound with central differences, for every family,
// link and guide, away from the start. Differences of a bound of size 1e2 in steps of 1e-4 are good to 1e-6.
func TestBoundGradients(t *testing.T) {
	dev := openDevice(t, 1)
	guides := map[string]func(m *mode) vi.Family{
		"fullrank": func(m *mode) vi.Family {
			return family.FullRank{Metric: family.Metric{Center: m.like.at, W: m.metric.w}}
		},
		"meanfield": func(m *mode) vi.Family {
			return family.MeanField{Metric: family.Metric{Center: m.like.at, Diag: m.metric.diag}}
		},
	}
	for _, name := range everyFamily() {
		text, truth := simulated(t, name, 60, 9)
		p := prepare(t, text, Options{Formula: truth.Formula, Family: name, Seed: 5, Batch: 24})
		m, err := p.mode(dev)
		if err != nil {
			t.Fatal(err)
		}
		for guide, make := range guides {
			t.Run(name+"/"+guide, func(t *testing.T) {
				b := newBound(t, p, m, make(m), graph.F64, dev)
				single := newBound(t, p, m, make(m), graph.F32, dev)
				for step := range uint64(3) {
					b.check(t, single, step)
				}
			})
		}
	}
}

// check moves to a random point and compares every partial derivative with differences and with single precision.
func (b *boundProgram) check(t *testing.T, single *boundProgram, step uint64) {
	t.Helper()
	point := map[string][]float64{}
	for _, name := range b.params {
		v := b.get(t, name)
		move := make([]float64, len(v))
		graph.HostNormals(move, 77, name, step)
		for i := range v {
			v[i] += 0.2 * move[i]
		}
		point[name] = v
		b.set(t, name, v)
		single.set(t, name, v)
	}
	b.at(t, step)
	single.at(t, step)
	grads := map[string][]float64{}
	for _, name := range b.params {
		grads[name] = b.get(t, "grad/"+name) // before runs at other points
	}
	for _, name := range b.params {
		grad, single := grads[name], single.get(t, "grad/"+name)
		size := 1.0
		for _, g := range grad {
			size = math.Max(size, math.Abs(g))
		}
		for i := range grad {
			const h = 1e-4
			v := append([]float64(nil), point[name]...)
			v[i] += h
			b.set(t, name, v)
			up := b.at(t, step)
			v[i] -= 2 * h
			b.set(t, name, v)
			down := b.at(t, step)
			near(t, fmt.Sprintf("step %d: d bound/d %s[%d]", step, name, i), grad[i], (up-down)/(2*h), 1e-6*size)
			near(t, fmt.Sprintf("step %d: float32 d bound/d %s[%d]", step, name, i), single[i], grad[i], 1e-2*size)
		}
		b.set(t, name, point[name])
	}
}

// TestEpochAddsUp averages the anchored estimates of log p(y, ζ) over the batches of an epoch, each weighted by its
// rows, the last one short and with row weights in play: the sum over all rows comes out, to rounding.
func TestEpochAddsUp(t *testing.T) {
	dev := openDevice(t, 1)
	for _, name := range everyFamily() {
		t.Run(name, func(t *testing.T) {
			text, truth := simulated(t, name, 100, 9)
			p := prepare(t, text, Options{Formula: truth.Formula, Family: name, Seed: 5, Batch: 24})
			m, err := p.mode(dev)
			if err != nil {
				t.Fatal(err)
			}
			draws, logq := p.family(m).Posterior(p.Dim(), initialParams(p, m)).Draw(3, 1)
			clear(logq)
			w, err := p.streamWeights(dev, m.like, draws, logq)
			if err != nil {
				t.Fatal(err)
			}
			got := p.epochMean(t, dev, m, transpose(draws, 3, p.Dim()))
			for s, x := range w.logRatios() {
				want := x + m.like.value
				near(t, "log joint", got[s], want, 1e-10*math.Abs(want))
			}
		})
	}
}

// epochMean returns the row-weighted mean of the batch estimates at draws given as columns (D,3).
func (p *Problem) epochMean(t *testing.T, dev graph.Device, m *mode, columns []float64) []float64 {
	t.Helper()
	spec := graph.Spec{Name: "joint"}
	g, err := graph.Build(graph.F64, func(g *graph.Graph) {
		target := &target{d: p.design, priors: p.priors, anchor: m.like, batch: p.batch()}
		zeta := g.State(slotDraws, columns, p.Dim(), 3)
		spec.Outputs = []graph.Output{{Name: "joint", Node: target.LogJoint(g, zeta)}}
	})
	if err != nil {
		t.Fatal(err)
	}
	prog, err := graph.Compile(g, spec)
	if err != nil {
		t.Fatal(err)
	}
	in, err := prog.Load(dev)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	feed, err := p.feeder(dev, prog, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	sum, rows := make([]float64, 3), 0.0
	for step := int64(0); rows < float64(p.Rows()); step++ {
		if err := feed.Bind(in, step); err != nil {
			t.Fatal(err)
		}
		if err := in.Run(uint64(step), 1); err != nil {
			t.Fatal(err)
		}
		joint, err := in.Get("joint")
		if err != nil {
			t.Fatal(err)
		}
		n := math.Min(float64(p.batch()), float64(p.Rows())-rows)
		for s := range sum {
			sum[s] += joint[s] * n / float64(p.Rows())
		}
		rows += n
	}
	return sum
}
