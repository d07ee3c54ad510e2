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
// w̃ are the normalised importance weights. Inside Tempered, where the explicit dependence of
// log w on q's parameters is β times as strong, w̃² becomes (1−β) w̃ + β w̃² by the same argument.
type DReG struct{ beta *graph.Node }

// Name returns "dreg".
func (DReG) Name() string { return "dreg" }

// Bound returns a surrogate of IWAE's value and this gradient. The derivative of log p by ζ is
// taken as nodes; it shares its products with that of the model's parameters, which flow back
// through the same decoder.
func (o DReG) Bound(g *graph.Graph, t vi.Target, q *vi.Guide) *graph.Node {
	path := need("elbo.DReG", q.LogQPath, "log q along the path of its draws")
	fixed := graph.StopGrad(q.Zeta)
	joint := t.LogJoint(g, fixed)
	w := graph.StopGrad(graph.Sub(joint, path))
	once := graph.Softmax(w, 0)
	model := total(q, graph.Sum(graph.Mul(once, joint), 0))
	// The derivative of the loss, −bound: training's own has the same products with the same signs.
	by := graph.Neg(graph.Grad(graph.Neg(model), fixed)[0]) // has the factor w̃

	again := once
	if o.beta != nil {
		again = graph.Add(graph.Sub(g.Const(1), o.beta), graph.Mul(o.beta, once))
	}
	move := graph.Mul(graph.StopGrad(graph.Mul(alongDraws(q, again), by)), still(q.Zeta))
	density := total(q, graph.Sum(graph.Mul(graph.Mul(once, again), still(path)), 0))
	draws := graph.Sub(graph.Sum(move), density)
	return graph.Add(total(q, logMean(w)), graph.Add(still(model), draws))
}

// alongDraws shapes x, (S) or (S,B), to broadcast against ζ, (D,S) or (S·B,D).
func alongDraws(q *vi.Guide, x *graph.Node) *graph.Node {
	if q.Rows == 0 {
		return x
	}
	return graph.Reshape(x, graph.ShapeOf(x).Size(), 1)
}
