package family

import (
	"math"

	"elbo/graph"
	"elbo/vi"
)

const log2Pi = 1.8378770664093454835606594728112352797

// softplusInvOne is the ρ with softplus(ρ) = 1: scales start at one.
var softplusInvOne = math.Log(math.E - 1)

// noise returns ε (D,S), antithetic in its second half when asked.
func noise(g *graph.Graph, d int, p vi.Particles) *graph.Node {
	s := p.Count()
	if !p.Antithetic {
		return g.Normal01("guide/noise", d, s)
	}
	e := g.Normal01("guide/noise", d, s/2)
	return graph.Concat(1, e, graph.Neg(e))
}

// quadratic returns −½ Σ_d ε² − D/2 log 2π for each particle (S).
func quadratic(eps *graph.Node) *graph.Node {
	d := float64(graph.ShapeOf(eps)[0])
	return graph.Affine(graph.Sum(graph.Square(eps), 0), -0.5, -d/2*log2Pi)
}

// path returns a node with the value of logq and the gradient ⟨score, ζ⟩ through zeta alone.
func path(logq, score, zeta *graph.Node) *graph.Node {
	moving := graph.Sum(graph.Mul(graph.StopGrad(score), graph.Sub(zeta, graph.StopGrad(zeta))), 0)
	return graph.Add(graph.StopGrad(logq), moving)
}

// hostNoise returns n rows of d standard normals, a pure function of seed.
func hostNoise(n, d int, seed uint64) []float64 {
	e := make([]float64, n*d)
	graph.HostNormals(e, seed, "posterior/draws", 0)
	return e
}

func softplus(x float64) float64 {
	return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}
