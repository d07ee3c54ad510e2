package vae

import (
	"math"
	"math/rand/v2"
	"testing"

	"elbo/graph"
	"elbo/vi/train"
)

// TestStepGradients: with given noise, the derivative of what a step maximises by each parameter, along a random
// direction, against central differences: nothing that depends on a parameter is held fixed.
func TestStepGradients(t *testing.T) {
	for _, c := range []Config{
		{}, {Posterior: "full"}, {Posterior: "iaf", Flows: 2, FlowHidden: 3}, {Posterior: "planar", Flows: 2},
		{Prior: "vamp", Components: 3}, {Prior: "vamp", Components: 3, Posterior: "iaf", Flows: 2, FlowHidden: 3},
		{Objective: "iwae", K: 3, Prior: "vamp", Components: 2}, {Objective: "renyi", K: 3, Alpha: 0.5}, {Beta: 0.3},
		{Likelihood: "gaussian"}, {Likelihood: "gaussian-pixel"}, {Likelihood: "continuous-bernoulli"},
	} {
		c.Item, c.Latent, c.Encoder, c.Decoder, c.Activation, c.DType = []int{4}, 3, []int{5}, []int{5}, "tanh", "float64"
		c.Binarize = "none"
		m := mustNew(t, c)
		var parts train.StepParts
		var wrt, grads []*graph.Node
		g, err := graph.Build(graph.F64, func(g *graph.Graph) {
			parts = m.stepParts(g, StepOptions{Batch: 2})
			for _, n := range g.Inputs() {
				if g.Input(n).Kind == graph.InputParam {
					wrt = append(wrt, n)
				}
			}
			grads = graph.Grad(parts.Bound, wrt...)
		})
		if err != nil {
			t.Fatal(err)
		}
		values := anyParams(m, 0.4)
		values[SlotX], values[SlotWeight] = []float64{0.2, 0.8, 0.4, 0.6, 0.9, 0.1, 0.3, 0.7}, []float64{0.3, 0.7}
		at := func(nodes ...*graph.Node) [][]float64 {
			out, err := graph.Reference(values, 2, 7, nodes...)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		slopes := at(grads...)
		r := rand.New(rand.NewPCG(6, 6))
		for k, n := range wrt {
			name := g.Input(n).Name
			start, way, want := values[name], normals(r, len(values[name]), 1), 0.0
			for i := range way {
				want += slopes[k][i] * way[i]
			}
			const h = 1e-5 // differences err by h² and by 10⁻¹⁶/h of a bound near ten, 10⁻¹⁰ both
			along := func(by float64) float64 {
				moved := make([]float64, len(start))
				for i := range moved {
					moved[i] = start[i] + by*way[i]
				}
				values[name] = moved
				return at(parts.Bound)[0][0]
			}
			got := (along(h) - along(-h)) / (2 * h)
			values[name] = start
			if math.Abs(got-want) > 1e-7*(1+math.Abs(want)) {
				t.Errorf("%s: %s: derivative %.10g, by differences %.10g", label(m.Config()), name, want, got)
			}
		}
	}
}
