package regress

import (
	"elbo/graph"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/feed"
)

// anchor is the full-data expansion of the log-likelihood at ζ0.
type anchor struct {
	at    []float64 // ζ0 (D)
	value float64   // log-likelihood at ζ0, nats
	grad  []float64 // g0 (D)
	hess  []float64 // H0 (D,D), usually negative definite
}

// target is the minibatch log posterior with the anchored control variate of vi.md: the
// quadratic expansion of the log-likelihood is exact over all rows, and a batch estimates
// only its remainder.
type target struct {
	d      *design
	priors *priorSet
	anchor *anchor
	batch  int
}

var _ vi.Target = (*target)(nil)

// Dim returns D.
func (t *target) Dim() int { return t.d.lay.dim() }

// LogJoint returns ℓ0 + g0ᵀδ + ½ δᵀH0δ + N/n Σ w_i r_i(δ) + log p(ζ), δ = ζ − ζ0, per particle (S).
func (t *target) LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node {
	lay := t.d.lay
	dim := t.Dim()
	in, scale := t.rows(g)
	at := g.State("anchor/at", t.anchor.at, dim, 1)
	delta := graph.Sub(zeta, at)

	rows, here := lay.anchorPredictors(g, in, at)
	expansion := elbo.Expand(func(h []*graph.Node) *graph.Node { return lay.pointwise(in, h) }, rows)
	dh := append(lay.predictors(in.x, delta), lay.shared(delta)...)
	h := make([]*graph.Node, len(dh))
	for k := range h {
		h[k] = graph.Add(here[k], dh[k])
	}
	value := g.Name(lay.pointwise(in, h), "log-likelihood")
	remainder := graph.Mul(in.weight, expansion.Remainder(value, dh))
	sum := graph.Mul(scale, graph.Sum(remainder, 0))

	slope := graph.Add(g.State("anchor/grad", t.anchor.grad, dim, 1),
		graph.MulC(graph.MatMul(g.State("anchor/hess", t.anchor.hess, dim, dim), delta), 0.5))
	quadratic := graph.Sum(graph.Mul(slope, delta), 0)
	exact := graph.Add(g.State("anchor/value", []float64{t.anchor.value}, 1), quadratic)
	return graph.Add(graph.Add(exact, sum), t.priors.logProb(g, lay, zeta))
}

// rows returns the inputs of a step's batch, and N/n: written by the host, or picked from resident columns. A batch of
// all rows is the columns themselves.
func (t *target) rows(g *graph.Graph) (in inputs, scale *graph.Node) {
	n := int(t.d.rows())
	if t.d.resident == nil || t.batch == n {
		if t.d.rounded {
			return t.d.inputsWith(g, graph.ToFloat(g.DataBF16(inX, t.batch, t.d.lay.p))), g.Data(inScale)
		}
		return t.d.newInputs(g, t.batch), g.Data(inScale)
	}
	rows := feed.Draw(g, n, t.batch)
	return t.d.pickInputs(g, rows), graph.Div(g.Const(float64(n)), rows.Count)
}

// anchorPredictors returns the predictors at the anchor twice: per row (B,1), as an expansion
// needs them, and broadcastable with shared ones as scalars (1,1).
func (l *layout) anchorPredictors(g *graph.Graph, in inputs, at *graph.Node) (rows, here []*graph.Node) {
	b := graph.ShapeOf(in.x)[0]
	eta := l.predictors(in.x, at)
	rows = append(rows, eta...)
	here = append(here, eta...)
	for _, u := range l.shared(at) {
		rows = append(rows, graph.BroadcastTo(u, b, 1))
		here = append(here, u)
	}
	return rows, here
}
