package dist

import (
	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// LogNormalDist is the log-Normal distribution; see LogNormal.
type LogNormalDist struct {
	draw
	continuous
	Mu, Sigma *graph.Node
}

// LogNormal is exp of a Normal(mu, sigma):
//
//	log p(x) = −½((log x − μ)/σ)² − log σ − log x − ½ log 2π,  x > 0
func LogNormal(mu, sigma *graph.Node) LogNormalDist {
	return LogNormalDist{draw: newDraw("LogNormal", mu, sigma), Mu: mu, Sigma: sigma}
}

func (d LogNormalDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

func (d LogNormalDist) inLogs() NormalDist {
	return NormalDist{draw: d.draw, Mu: d.Mu, Sigma: d.Sigma}
}

// Support is (0, ∞).
func (LogNormalDist) Support() transform.Support { return transform.Support{Kind: transform.Positive} }

// LogProb returns the log density, −Inf for x ≤ 0.
func (d LogNormalDist) LogProb(x *graph.Node) *graph.Node {
	ok := graph.Gt(x, d.g.Const(0))
	lx := graph.Log(guarded(ok, x, 1))
	return within(ok, graph.Sub(d.inLogs().LogProb(lx), lx))
}

// Sample draws exp(mu + sigma·ε).
func (d LogNormalDist) Sample(g *graph.Graph, site string) *graph.Node {
	return graph.Exp(d.inLogs().Sample(g, site))
}

// Mean returns exp(μ + σ²/2).
func (d LogNormalDist) Mean() *graph.Node {
	return d.over(graph.Exp(graph.Add(d.Mu, graph.MulC(graph.Square(d.Sigma), 0.5))), 0)
}

// Variance returns (exp(σ²) − 1)·mean².
func (d LogNormalDist) Variance() *graph.Node {
	s2 := graph.Square(d.Sigma)
	return d.over(graph.Mul(graph.Expm1(s2), graph.Exp(graph.Add(graph.MulC(d.Mu, 2), s2))), 0)
}

// Entropy returns μ + log σ + ½ log 2πe.
func (d LogNormalDist) Entropy() *graph.Node { return graph.Add(d.inLogs().Entropy(), d.Mu) }
