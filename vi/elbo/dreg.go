package elbo

import (
	"elbo/graph"
	"elbo/vi"
)

// DReG maximises the bound of IWAE by the doubly reparameterised gradient of Tucker, Lawson,
// Gu & Maddison (2019), whose signal-to-noise ratio for q grows with S where IWAE's falls:
//
//	∇ of the model's parameters  Σ_s w̃_s ∇ log p(x, ζ_s)            ζ held fixed
//	∇ of q's parameters          Σ_s w̃_s² (∂ log w_s/∂ζ_s) ∇ζ_s      through the draws alone
//
// w̃ are the normalised importance weights.
type DReG struct{}

// Name returns "dreg".
func (DReG) Name() string { return "dreg" }

// Bound returns a surrogate of IWAE's value and this gradient. The derivative by ζ is taken as
// nodes; it shares its products with that of the model's parameters, which flow back through
// the same decoder.
func (DReG) Bound(g *graph.Graph, t vi.Target, q *vi.Guide) *graph.Node {
	path := need("elbo.DReG", q.LogQPath, "log q along the path of its draws")
	fixed := graph.StopGrad(q.Zeta)
	joint := t.LogJoint(g, fixed)
	w := graph.StopGrad(graph.Sub(joint, path))
	normalised := graph.Softmax(w, 0)
	weigh := func(x *graph.Node) *graph.Node { return total(q, graph.Sum(graph.Mul(normalised, x), 0)) }

	// The model, at ζ held fixed, and what moving ζ would do.
	model := weigh(joint)
	by := graph.Grad(model, fixed)[0]
	by = graph.Sub(by, graph.Grad(weigh(path), q.Zeta)[0])

	// A draw has the factor w̃ once more, repeated over its coordinates.
	again := graph.BroadcastTo(alongDraws(q, normalised), graph.ShapeOf(by)...)
	draws := graph.Sum(graph.Mul(graph.StopGrad(graph.Mul(again, by)), still(q.Zeta)))
	return graph.Add(total(q, logMean(w)), graph.Add(still(model), draws))
}

// alongDraws shapes x, (S) or (S,B), to broadcast against ζ, (D,S) or (S·B,D).
func alongDraws(q *vi.Guide, x *graph.Node) *graph.Node {
	if q.Rows == 0 {
		return x
	}
	return graph.Reshape(x, graph.ShapeOf(x).Size(), 1)
}
