package elbo_test

import (
	"math"

	"elbo/graph"
	"elbo/graph/dist"
	"elbo/vi"
	"elbo/vi/family"
)

// bent is a correlated Normal with one logistic factor per coordinate: no family holds it.
type bent struct{}

func (bent) Dim() int { return 3 }

func (bent) LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node {
	a := g.ConstTensor([]float64{2, 0.6, 0, 0.6, 1, -0.3, 0, -0.3, 0.7}, 3, 3)
	d := graph.Sub(zeta, g.ConstTensor([]float64{0.5, -1, 0.2}, 3, 1))
	quad := graph.MulC(graph.Sum(graph.Mul(d, graph.MatMul(a, d)), 0), -0.5)
	return graph.Sub(quad, graph.Sum(graph.Softplus(graph.MulC(zeta, 2)), 0))
}

// normal is N(mean, root rootᵀ) without its constant, which no gradient sees.
type normal struct{ mean, root []float64 }

func (n normal) Dim() int { return len(n.mean) }

func (n normal) LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node {
	d := len(n.mean)
	e := graph.TriSolve(g.ConstTensor(n.root, d, d), graph.Sub(zeta, g.ConstTensor(n.mean, d, 1)), false)
	return graph.MulC(graph.Sum(graph.Square(e), 0), -0.5)
}

// logGamma is the density of ζ = log θ, θ ~ Gamma(α, β).
type logGamma struct{ alpha, beta float64 }

func (logGamma) Dim() int { return 1 }

func (t logGamma) LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node {
	z := graph.Reshape(zeta, graph.ShapeOf(zeta)[1])
	return graph.Add(dist.Gamma(g.Const(t.alpha), g.Const(t.beta)).LogProb(graph.Exp(z)), z)
}

// noEntropy hides the closed form of a family's entropy.
type noEntropy struct{ vi.Family }

func (f noEntropy) Guide(g *graph.Graph, d int, p vi.Particles) *vi.Guide {
	q := f.Family.Guide(g, d, p)
	q.Entropy = nil
	return q
}

func metric() family.Metric {
	return family.Metric{
		Center: []float64{0.3, -0.2, 0.1}, W: []float64{0.8, 0, 0, -0.3, 1.1, 0, 0.2, 0.4, 0.9},
		Diag: []float64{0.7, 1.2, 0.9},
	}
}

// customGuide mixes an unbounded site, a positive one that depends on it, and one in (0,1).
func customGuide() family.Custom {
	return family.Custom{Sites: []string{"x", "s", "p"}, Run: func(s *family.Scope) {
		x := s.Sample("x", dist.Normal(s.Real("m", 0.2), s.Positive("sd", 0.7)))
		rate := graph.Exp(graph.Add(graph.Mul(s.Real("slope", -0.4), x), s.Const(0.5)))
		s.Sample("s", dist.Gamma(s.Positive("shape", 1.8), rate))
		s.Sample("p", dist.Beta(s.Positive("a", 2.5), s.Positive("b", 1.4)))
	}}
}

// bentProblems are families at parameters far from their optimum on bent.
func bentProblems() map[string]problem {
	return map[string]problem{
		"meanfield": {bent{}, family.MeanField{}, map[string][]float64{
			"q/loc": {0.4, -0.7, 0.1}, "q/scale": {0.2, -0.5, 0.9}}},
		"meanfield with metric": {bent{}, family.MeanField{Metric: metric()}, map[string][]float64{
			"q/loc": {0.4, -0.7, 0.1}, "q/scale": {0.2, -0.5, 0.9}}},
		"fullrank": {bent{}, family.FullRank{}, map[string][]float64{
			"q/loc": {0.4, -0.7, 0.1}, "q/chol": {0.2, 9, 9, -0.5, 0.4, 9, 0.3, 0.6, -0.1}}},
		"fullrank with metric": {bent{}, family.FullRank{Metric: metric()}, map[string][]float64{
			"q/loc": {0.4, -0.7, 0.1}, "q/chol": {0.2, 9, 9, -0.5, 0.4, 9, 0.3, 0.6, -0.1}}},
		"custom": {bent{}, customGuide(), nil},
	}
}

// exactProblems have q equal to the target.
func exactProblems() map[string]problem {
	inv := func(x float64) float64 { return math.Log(math.Expm1(x)) } // of softplus
	mean, root := []float64{0.5, -1, 2}, []float64{0.5, 0, 0, 0.3, 1.2, 0, -0.7, 0.2, 0.1}
	diagonal := []float64{0.5, 0, 0, 0, 1.2, 0, 0, 0, 0.1}
	return map[string]problem{
		"meanfield": {normal{mean, diagonal}, family.MeanField{}, map[string][]float64{
			"q/loc": mean, "q/scale": {inv(0.5), inv(1.2), inv(0.1)}}},
		"fullrank": {normal{mean, root}, family.FullRank{}, map[string][]float64{
			"q/loc": mean, "q/chol": {inv(0.5), 0, 0, 0.3, inv(1.2), 0, -0.7, 0.2, inv(0.1)}}},
		"fullrank in its metric": {normal{mean, root}, family.FullRank{Metric: family.Metric{Center: mean, W: root}}, nil},
		"custom": {logGamma{2.5, 0.8}, family.Custom{Sites: []string{"s"}, Run: func(s *family.Scope) {
			s.Sample("s", dist.Gamma(s.Positive("a", 2.5), s.Positive("b", 0.8)))
		}}, nil},
	}
}
