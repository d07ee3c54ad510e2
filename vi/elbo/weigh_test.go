package elbo_test

import (
	"errors"
	"math"
	"testing"

	"elbo/graph"
	"elbo/vi"
	"elbo/vi/elbo"
)

// value evaluates a scalar at a step.
func value(t *testing.T, step uint64, build func(g *graph.Graph) *graph.Node) float64 {
	t.Helper()
	var n *graph.Node
	if _, err := graph.Build(graph.F64, func(g *graph.Graph) { n = build(g) }); err != nil {
		t.Fatal(err)
	}
	v, err := graph.Reference(nil, 1, step, n)
	if err != nil {
		t.Fatal(err)
	}
	return v[0][0]
}

// TestAnnealing lists β by step.
func TestAnnealing(t *testing.T) {
	for _, c := range []struct {
		name   string
		anneal elbo.Anneal
		step   uint64
		want   float64
	}{
		{"constant", elbo.Constant(0.7), 12, 0.7},
		{"linear, first step", elbo.Linear(2, 100), 0, 0},
		{"linear, half way", elbo.Linear(2, 100), 50, 1},
		{"linear, end", elbo.Linear(2, 100), 100, 2},
		{"linear, after", elbo.Linear(2, 100), 1e6, 2},
		{"cyclic, first step", elbo.Cyclic(1, 100), 0, 0},
		{"cyclic, rising", elbo.Cyclic(1, 100), 25, 0.5},
		{"cyclic, top", elbo.Cyclic(1, 100), 50, 1},
		{"cyclic, last of a cycle", elbo.Cyclic(1, 100), 99, 1},
		{"cyclic, next cycle", elbo.Cyclic(1, 100), 100, 0},
		{"cyclic, later", elbo.Cyclic(4, 100), 1025, 2},
	} {
		got := value(t, c.step, func(g *graph.Graph) *graph.Node { return graph.AddC(c.anneal(g), 0) })
		if math.Abs(got-c.want) > 1e-12 { // rounding of step/100
			t.Errorf("%s: β = %g, want %g", c.name, got, c.want)
		}
	}
}

// flat is a target without fit: its bound is minus the divergence.
type flat struct{ *pair }

func (flat) LogLik(g *graph.Graph, zeta *graph.Node) *graph.Node {
	return g.ConstTensor([]float64{0}, graph.ShapeOf(zeta)[0]/localRows, localRows)
}

// TestFreeBits: every coordinate costs max(floor, its mean over the batch), and coordinates below
// the floor have no gradient. The divergences are known numbers here.
func TestFreeBits(t *testing.T) {
	kl := []float64{0.1, 2, 0.3, 1, 0.2, 3} // means over rows 0.2 and 2
	for _, c := range []struct {
		floor, beta float64
		weight      []float64
		want        float64
		moving      []bool
	}{
		{0, 1, nil, 3 * 2.2, []bool{true, true}},
		{0.5, 1, nil, 3 * (0.5 + 2), []bool{false, true}},
		{5, 1, nil, 3 * 10, []bool{false, false}},
		{0.5, 0.5, nil, 3 * (0.5 + 2) / 2, []bool{false, true}},
		// Weighted means are 0.15 and 2.5.
		{0.17, 1, []float64{0.5, 0, 0.5}, 0.17 + 2.5, []bool{false, true}},
		{0.17, 1, []float64{2, 0, 2}, 4 * (0.17 + 2.5), []bool{false, true}},
	} {
		var bound, slope *graph.Node
		_, err := graph.Build(graph.F64, func(g *graph.Graph) {
			q := pairGuide(g, 1, c.weight)
			q.KL = g.Param("kl", kl, localRows, localDim)
			o := elbo.FreeBits{Floor: c.floor,
				Objective: elbo.Tempered{Objective: elbo.Reparam{}, Beta: elbo.Constant(c.beta)}}
			bound = o.Bound(g, flat{&pair{closed: true}}, q)
			slope = graph.Sum(graph.Abs(graph.Grad(bound, q.KL)[0]), 0)
		})
		if err != nil {
			t.Fatal(err)
		}
		v, err := graph.Reference(nil, 1, 0, bound, slope)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(v[0][0]+c.want) > 1e-12 { // rounding of six sums
			t.Errorf("floor %g, β %g: bound %g, want %g", c.floor, c.beta, v[0][0], -c.want)
		}
		for d, moving := range c.moving {
			if (v[1][d] != 0) != moving {
				t.Errorf("floor %g: the gradient of coordinate %d is %g", c.floor, d, v[1][d])
			}
		}
	}
}

// TestMissingDensities: objectives that need what a guide does not know say so.
func TestMissingDensities(t *testing.T) {
	var missing *elbo.DensityError
	for name, o := range map[string]vi.Objective{"stl": elbo.STL{}, "dreg": elbo.DReG{}, "score": elbo.Score{}} {
		_, err := graph.Build(graph.F64, func(g *graph.Graph) {
			q := pairGuide(g, 3, nil)
			q.LogQPath, q.LogQScore = nil, nil
			o.Bound(g, &pair{w: g.Param("w", []float64{1}, 2, 2), x: g.ConstTensor([]float64{1}, localRows, 2)}, q)
		})
		if !errors.As(err, &missing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, o := range map[string]vi.Objective{
		"free bits without closed form": elbo.FreeBits{Objective: elbo.Reparam{}, Floor: 1},
		"β of a global target":          elbo.Tempered{Objective: elbo.Reparam{}, Beta: elbo.Constant(1)},
	} {
		p := bentProblems()["meanfield"]
		if _, err := p.compile(o, vi.Particles{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestDRegAgreesForGlobalLatents: the doubly reparameterised gradient of global latents too.
func TestDRegAgreesForGlobalLatents(t *testing.T) {
	for _, name := range []string{"meanfield", "fullrank with metric"} {
		p := bentProblems()[name]
		a := p.estimate(t, elbo.IWAE{}, vi.Particles{S: 4}, 0, draws/4)
		b := p.estimate(t, elbo.DReG{}, vi.Particles{S: 4}, 50_000, draws/4)
		if err := agree(a, b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
