package elbo

import (
	"elbo/graph"
	"elbo/vi"
)

// FreeBits lets each latent coordinate carry Floor nats without cost: its divergence from the
// prior, averaged over the batch, counts as max(Floor, KL_d), so that coordinates are not
// switched off before the decoder has learnt to use them (Kingma et al. 2016, eq. 15 with one
// coordinate per group). It needs Guide.KL. Put Tempered inside, not around.
type FreeBits struct {
	vi.Objective
	Floor float64
}

// Bound returns the bound of the objective inside with the floored divergence.
func (o FreeBits) Bound(g *graph.Graph, t vi.Target, q *vi.Guide) *graph.Node {
	if _, ok := closedForm(t, q); !ok {
		panic(&graph.BuildError{Op: "elbo.FreeBits", Cause: errFreeBits})
	}
	mean := graph.Mean(q.KL, 0)
	if q.Weight != nil {
		w := graph.Reshape(q.Weight, q.Rows, 1)
		mean = graph.Div(graph.Sum(graph.Mul(q.KL, w), 0), graph.Sum(q.Weight))
	}
	// Where the floor holds, every row's term is the floor itself: the sum over rows has the
	// value of the maximum, and no gradient.
	floor := g.Const(o.Floor)
	floored := *q
	floored.KL = graph.Where(graph.Gt(mean, floor), q.KL, floor)
	return o.Objective.Bound(g, t, &floored)
}
