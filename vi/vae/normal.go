package vae

import (
	"elbo/graph"
	"elbo/vi"
)

// Site is the noise of guides made by this package.
const Site = "z"

// Diagonal returns the guide q(z_b) = N(mean_b, diag(exp(logSD_b))²) of B rows, mean and logSD
// (B,D), with all particles in Zeta (S·B,D). Every form of log q and the divergence from N(0, I)
// are known in closed form:
//
//	KL_bd = ½(σ² + μ² − 1) − log σ
func Diagonal(g *graph.Graph, mean, logSD *graph.Node, p vi.Particles) *vi.Guide {
	b, d := graph.ShapeOf(mean)[0], graph.ShapeOf(mean)[1]
	return diagonal(mean, logSD, noise(g, b, d, p))
}

// diagonal is Diagonal for given noise (S,B,D).
func diagonal(mean, logSD, eps *graph.Node) *vi.Guide {
	s := graph.ShapeOf(eps)
	sd := graph.Exp(logSD)
	rows := func(x *graph.Node) *graph.Node { return graph.Reshape(x, s[0]*s[1], s[2]) }
	cube := func(x *graph.Node) *graph.Node { return graph.Reshape(x, s...) }

	zeta := rows(graph.Add(mean, graph.Mul(sd, eps)))
	logDet := graph.Sum(logSD, 1)
	density := func(e *graph.Node) *graph.Node { return graph.Sub(quadratic(e), logDet) }
	score := rows(graph.Neg(graph.Div(eps, sd)))
	fixed := graph.Div(graph.Sub(graph.StopGrad(cube(zeta)), mean), sd)
	path := graph.Sum(cube(graph.Mul(graph.StopGrad(score), graph.Sub(zeta, graph.StopGrad(zeta)))), 2)
	kl := graph.Sub(graph.Affine(graph.Add(graph.Square(sd), graph.Square(mean)), 0.5, -0.5), logSD)
	logq := density(eps)
	return &vi.Guide{
		Rows: s[1], Zeta: zeta, LogQ: logq, KL: kl,
		LogQPath:  graph.Add(graph.StopGrad(logq), path),
		LogQScore: density(fixed),
	}
}

// noise returns standard normals (S,B,D), the second half the negative of the first where pairs
// are asked for.
func noise(g *graph.Graph, b, d int, p vi.Particles) *graph.Node {
	s := p.Count()
	if !p.Antithetic {
		return g.Normal01(Site, s, b, d)
	}
	e := g.Normal01(Site, s/2, b, d)
	return graph.Concat(0, e, graph.Neg(e))
}

// quadratic returns −½ Σ_d ε² − D/2 log 2π over the last axis.
func quadratic(eps *graph.Node) *graph.Node {
	s := graph.ShapeOf(eps)
	d := float64(s[len(s)-1])
	return graph.Affine(graph.Sum(graph.Square(eps), len(s)-1), -0.5, -d/2*log2Pi)
}
