package elbo

import (
	"math"

	"elbo/graph"
	"elbo/vi"
)

// IWAE is the importance-weighted bound of Burda, Grosse & Salakhutdinov (2016):
// log mean_s exp(log p(x, ζ_s) − log q(ζ_s)) over the guide's S particles, of each row where
// latents are local. With S = 1 it is the ELBO; it does not decrease in S.
type IWAE struct{}

// Name returns "iwae".
func (IWAE) Name() string { return "iwae" }

// Bound returns the log of the mean importance weight, computed stably.
func (IWAE) Bound(g *graph.Graph, t vi.Target, q *vi.Guide) *graph.Node {
	return total(q, logMean(logWeights(g, t, q)))
}

// logMean returns log mean_s exp(x_s) along the first axis. The largest x is taken out first.
func logMean(x *graph.Node) *graph.Node {
	return graph.AddC(graph.LogSumExp(x, 0), -math.Log(float64(graph.ShapeOf(x)[0])))
}
