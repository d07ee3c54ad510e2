package vae

import (
	"fmt"
	"math"
	"testing"

	"elbo/graph"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/train"
)

// describeObjective spells an objective out, β at step 50.
func describeObjective(t *testing.T, o vi.Objective) string {
	t.Helper()
	switch o := o.(type) {
	case elbo.FreeBits:
		return fmt.Sprintf("free %g of %s", o.Floor, describeObjective(t, o.Objective))
	case elbo.Tempered:
		var beta *graph.Node
		if _, err := graph.Build(graph.F64, func(g *graph.Graph) { beta = graph.AddC(o.Beta(g), 0) }); err != nil {
			t.Fatal(err)
		}
		v, err := graph.Reference(nil, 0, 50, beta)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("β %.3g of %s", v[0][0], describeObjective(t, o.Objective))
	case elbo.Renyi:
		return fmt.Sprintf("renyi %g", o.Alpha)
	}
	return o.Name()
}

// TestObjectives: what each configuration maximises, and that what it reports is the bound itself.
func TestObjectives(t *testing.T) {
	for _, c := range []struct {
		cfg                 Config
		maximised, reported string
	}{
		{Config{}, "reparam", "reparam"},
		{Config{Objective: "iwae"}, "iwae", "iwae"},
		{Config{Objective: "dreg"}, "dreg", "iwae"},
		{Config{Objective: "renyi", Alpha: 0.5}, "renyi 0.5", "renyi 0.5"},
		{Config{Beta: 0.5}, "β 0.5 of reparam", "reparam"},
		{Config{Objective: "dreg", Beta: 2}, "β 2 of dreg", "iwae"},
		{Config{Anneal: "linear", AnnealSteps: 200}, "β 0.25 of reparam", "reparam"},
		{Config{Anneal: "cyclic", AnnealSteps: 200, Beta: 4}, "β 2 of reparam", "reparam"},
		{Config{FreeBits: 0.25}, "free 0.25 of reparam", "reparam"},
		{Config{FreeBits: 0.25, Beta: 3}, "free 0.25 of β 3 of reparam", "reparam"},
	} {
		m := mustNew(t, c.cfg)
		if got := describeObjective(t, m.objective()); got != c.maximised {
			t.Errorf("%+v maximises %s, want %s", c.cfg, got, c.maximised)
		}
		if got := describeObjective(t, m.reported()); got != c.reported {
			t.Errorf("%+v reports %s, want %s", c.cfg, got, c.reported)
		}
	}
}

// TestStepOutputs: with the same noise, what a step reports does not depend on β and free bits, is
// the bound of the objective, and is made of the terms beside it.
func TestStepOutputs(t *testing.T) {
	base := Config{Item: []int{4}, Latent: 3, Encoder: []int{5}, Decoder: []int{5}, DType: "float64",
		Activation: "tanh"}
	run := func(c Config) (bound float64, out map[string][]float64) {
		m := mustNew(t, c)
		var parts train.StepParts
		_, err := graph.Build(graph.F64, func(g *graph.Graph) { parts = m.stepParts(g, StepOptions{Batch: 2}) })
		if err != nil {
			t.Fatal(err)
		}
		values := anyParams(m, 0.8)
		values[SlotX], values[SlotWeight] = []float64{0.2, 0.8, 0.4, 0.6, 0.9, 0.1, 0.3, 0.7}, []float64{0.5, 0.5}
		nodes := []*graph.Node{parts.Bound}
		for _, o := range parts.Outputs {
			nodes = append(nodes, o.Node)
		}
		v, err := graph.Reference(values, 2, 7, nodes...)
		if err != nil {
			t.Fatal(err)
		}
		out = map[string][]float64{}
		for i, o := range parts.Outputs {
			out[o.Name] = v[i+1]
		}
		return v[0][0], out
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Abs(a) } // sums in another order
	for _, c := range []Config{{}, {Posterior: "full"}, {Posterior: "planar", Flows: 1}, {Objective: "iwae", K: 3},
		{Objective: "dreg", K: 3}, {Objective: "renyi", K: 3, Alpha: 0.5}, {Prior: "vamp", Components: 2}} {
		k, p, prior := c.K, c.Posterior, c.Prior
		c.Item, c.Latent, c.Encoder, c.Decoder, c.DType, c.Activation = base.Item, base.Latent, base.Encoder, base.Decoder,
			base.DType, base.Activation
		bound, plain := run(c)
		shown := plain[train.SlotElbo][0]
		if !near(bound, shown) {
			t.Errorf("%s: reports %.15g of the bound %.15g", label(c), shown, bound)
		}
		if k == 0 && !near(shown, plain[OutRecon][0]-plain[OutKL][0]) {
			t.Errorf("%s: bound %g of reconstruction %g and divergence %g", label(c), shown,
				plain[OutRecon][0], plain[OutKL][0])
		}
		if dims := plain[OutKLDim]; dims != nil && !near(dims[0]+dims[1]+dims[2], plain[OutKL][0]) {
			t.Errorf("%s: divergence %g of coordinates %v", label(c), plain[OutKL][0], dims)
		}
		if (plain[OutKLDim] == nil) != (p == "planar" || prior == "vamp") {
			t.Errorf("%s: coordinates' divergences are %v", label(c), plain[OutKLDim])
		}
		c.Beta = 0.5
		tempered, out := run(c)
		if !near(shown, out[train.SlotElbo][0]) || near(tempered, bound) {
			t.Errorf("%s: β of ½ reports %.15g, β of 1 %.15g", label(c), out[train.SlotElbo][0], shown)
		}
	}
	free := base
	free.FreeBits = 100
	bound, out := run(free)
	if want := out[OutRecon][0] - 300; !near(bound, want) || near(out[train.SlotElbo][0], bound) {
		t.Errorf("free bits: bound %g, want %g; reported %g", bound, want, out[train.SlotElbo][0])
	}
}
