package elbo

import (
	"elbo/graph"
	"elbo/vi"
)

// Renyi is the variational Rényi bound of Li & Turner (2016),
//
//	1/(1−α) log mean_s w_s^(1−α),  w_s = p(x, ζ_s)/q(ζ_s)
//
// α = 0 is IWAE, α → 1 the ELBO and α → −∞ the largest weight. For α < 0 and α > 1 its Monte
// Carlo estimate is biased and need not bound the evidence.
type Renyi struct{ Alpha float64 }

// Name returns "renyi".
func (Renyi) Name() string { return "renyi" }

// Bound returns the bound over the guide's particles. Within 10⁻⁶ of α = 1, where the ratio
// would lose its digits, it is the limit.
func (o Renyi) Bound(g *graph.Graph, t vi.Target, q *vi.Guide) *graph.Node {
	w := logWeights(g, t, q)
	a := 1 - o.Alpha
	if a > -1e-6 && a < 1e-6 {
		return total(q, graph.Mean(w, 0))
	}
	return total(q, graph.MulC(logMean(graph.MulC(w, a)), 1/a))
}
