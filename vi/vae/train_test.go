package vae

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"elbo/graph"
	"elbo/graph/nn"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/optim"
	"elbo/vi/train"
)

func barsConfig(item []int) Config {
	return Config{Item: item, Encoder: []int{20}, Decoder: []int{20}, Latent: 4, Seed: 5}
}

// TestSameSeedSameBits: two runs, one on two threads, end with the same bits; another seed does not.
func TestSameSeedSameBits(t *testing.T) {
	a := shapes(t, 160, 8, 8)
	weights := func(threads int, seed uint64) []byte {
		c := barsConfig(a.Item())
		c.Seed = seed
		r := newTrainer(t, openDevice(t, threads), c, a, StepOptions{Batch: 48})
		r.run(20, 1e-3)
		raw, err := r.in.GetBytes("decoder/0/weight")
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	first := weights(1, 5)
	if !bytes.Equal(first, weights(2, 5)) {
		t.Error("two runs of one seed differ")
	}
	if bytes.Equal(first, weights(1, 6)) {
		t.Error("another seed gives the same bits")
	}
}

// TestPrecisions: float32 and float64 runs of 200 steps agree in the bound to 10⁻³ relative. They
// see the same noise up to rounding.
func TestPrecisions(t *testing.T) {
	a := shapes(t, 320, 8, 8)
	var bounds []float64
	for _, dtype := range []string{"float32", "float64"} {
		c := barsConfig(a.Item())
		c.DType = dtype
		dev := openDevice(t, 1)
		r := newTrainer(t, dev, c, a, StepOptions{Batch: 64})
		r.run(200, 1e-3)
		b, err := r.runner(dev).Bound(bg, a, nil, BoundOptions{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		bounds = append(bounds, b.Bound)
	}
	if d := math.Abs(bounds[0]/bounds[1] - 1); !(d < 1e-3) {
		t.Errorf("bounds %g and %g differ by %g", bounds[0], bounds[1], d)
	}
}

// TestPaddingDoesNotCount: rows of weight zero change neither bound nor gradient.
func TestPaddingDoesNotCount(t *testing.T) {
	for _, c := range []Config{{}, {Objective: "dreg", K: 3}, {FreeBits: 0.2}, {Posterior: "iaf", FlowHidden: 8}} {
		c.Item, c.Latent, c.DType = []int{4}, 2, "float64"
		m := mustNew(t, c)
		var parts train.StepParts
		var grad *graph.Node
		if _, err := graph.Build(graph.F64, func(g *graph.Graph) {
			parts = m.stepParts(g, StepOptions{Batch: 3})
			grad = graph.Grad(parts.Bound, g.Lookup("encoder/mean/weight"))[0]
		}); err != nil {
			t.Fatal(err)
		}
		at := func(pad float64) []float64 {
			x := []float64{0.1, 0.9, 0.8, 0.2, 0.7, 0.3, 0.4, 0.6, pad, 1 - pad, pad, pad}
			values := map[string][]float64{SlotX: x, SlotWeight: {0.5, 0.5, 0}}
			v, err := graph.Reference(values, 3, 1, parts.Bound, grad)
			if err != nil {
				t.Fatal(err)
			}
			return append(v[0], v[1]...)
		}
		one, other := at(0.01), at(0.99)
		for i := range one {
			if one[i] != other[i] {
				t.Errorf("%s: value %d is %g or %g by what the padding holds", label(m.cfg), i, one[i], other[i])
			}
		}
	}
}

// TestPartsMakeTheStep: Target and Guider joined by hand give the bound of the model's own step.
func TestPartsMakeTheStep(t *testing.T) {
	c := barsConfig([]int{4})
	c.Binarize, c.DType = "none", "float64"
	m := mustNew(t, c)
	x := []float64{0, 1, 1, 0, 1, 0, 0, 1}
	var step, parts *graph.Node
	for to, build := range map[**graph.Node]func(g *graph.Graph) *graph.Node{
		&step: func(g *graph.Graph) *graph.Node { return m.stepParts(g, StepOptions{Batch: 2}).Bound },
		&parts: func(g *graph.Graph) *graph.Node {
			own, data := &nn.Context{G: g, Train: true, Seed: c.Seed}, g.Data(SlotX, 2, 4)
			q := m.Guider(own, data).Guide(g, c.Latent, vi.Particles{})
			return graph.MulC(elbo.Reparam{}.Bound(g, m.Target(own, data), q), 0.5)
		},
	} {
		if _, err := graph.Build(graph.F64, func(g *graph.Graph) { *to = build(g) }); err != nil {
			t.Fatal(err)
		}
	}
	value := func(n *graph.Node) float64 {
		v, err := graph.Reference(map[string][]float64{SlotX: x, SlotWeight: {0.5, 0.5}}, 1, 0, n)
		if err != nil {
			t.Fatal(err)
		}
		return v[0][0]
	}
	if a, b := value(step), value(parts); math.Abs(a-b) > 1e-13*math.Abs(a) { // sums in another order
		t.Errorf("bound %.17g of the step, %.17g of its parts", a, b)
	}
}

// tallyRule is a rule that moves nothing and sums gradients and their squares.
type tallyRule struct{}

func (tallyRule) Name() string { return "tally" }

func (tallyRule) Update(c *graph.Code, params []graph.ParamGrad, _ graph.V) {
	for _, p := range params {
		sum := c.NewState("tally/sum/"+p.Name, nil, c.Shape(p.Param)...)
		square := c.NewState("tally/square/"+p.Name, nil, c.Shape(p.Param)...)
		c.SetState(sum, c.Add(sum, p.Grad))
		c.SetState(square, c.Add(square, c.Square(p.Grad)))
	}
}

// gradients are means and standard errors over n steps at the initial parameters.
func gradients(t *testing.T, c Config, n int, first uint64) (names []string, mean, se []float64) {
	t.Helper()
	m := mustNew(t, c)
	spec, err := m.StepSpec(StepOptions{Batch: 2, Rule: tallyRule{}})
	if err != nil {
		t.Fatal(err)
	}
	step, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	in, err := step.Program.Load(openDevice(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for name, v := range anyParams(m, 0.5) {
		if err := in.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	for name, v := range map[string][]float64{
		SlotX: {0.1, 0.9, 0.8, 0.2, 0.7, 0.3}, SlotWeight: {0.5, 0.5}} {
		if err := in.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Run(first, n); err != nil {
		t.Fatal(err)
	}
	for _, name := range step.Params {
		sum, err := in.Get("tally/sum/" + name)
		if err != nil {
			t.Fatal(err)
		}
		square, err := in.Get("tally/square/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range sum {
			x := sum[i] / float64(n)
			mean = append(mean, x)
			se = append(se, math.Sqrt(max(square[i]/float64(n)-x*x, 0)/float64(n)))
			names = append(names, fmt.Sprintf("%s[%d]", name, i))
		}
	}
	return names, mean, se
}

// TestDRegAgreesWithIWAE: the mean gradient of every parameter over 8,000 steps, also where the
// prior shares the encoder's parameters (|z| < 4 each; 5 for the largest of some hundred).
func TestDRegAgreesWithIWAE(t *testing.T) {
	for _, c := range []Config{{}, {Prior: "vamp", Components: 3}, {Beta: 0.6}} {
		c.Item, c.Latent, c.Encoder, c.Decoder, c.K = []int{3}, 2, []int{4}, []int{4}, 4
		c.Activation, c.DType = "tanh", "float64"
		c.Objective = "iwae"
		names, a, sa := gradients(t, c, 8_000, 0)
		c.Objective = "dreg"
		_, b, sb := gradients(t, c, 8_000, 1<<20)
		large := 0
		for i := range a {
			z := math.Abs(a[i]-b[i]) / (math.Hypot(sa[i], sb[i]) + 1e-12)
			if z > 5 {
				t.Errorf("%s: %s: %g ± %g by IWAE, %g ± %g by DReG", label(c), names[i], a[i], sa[i], b[i], sb[i])
			}
			if z > 4 {
				large++
			}
		}
		if large > 1 { // 4 sigma happens to one of 16,000
			t.Errorf("%s: %d of %d coordinates beyond 4 standard errors", label(c), large, len(a))
		}
	}
}

// TestDRegSharesTheDecoder: its extra derivative costs no second pass through the networks.
func TestDRegSharesTheDecoder(t *testing.T) {
	flops := map[string]int64{}
	for _, o := range []string{"iwae", "dreg"} {
		c := Default([]int{28, 28})
		c.Objective, c.K = o, 5
		spec, err := mustNew(t, c).StepSpec(StepOptions{Batch: 20, Rule: optim.Adam{}})
		if err != nil {
			t.Fatal(err)
		}
		step, err := spec.Compile()
		if err != nil {
			t.Fatal(err)
		}
		flops[o] = step.Program.Flops()
	}
	if r := float64(flops["dreg"]) / float64(flops["iwae"]); r > 1.01 {
		t.Errorf("DReG takes %.3f times the operations of IWAE", r)
	}
}
