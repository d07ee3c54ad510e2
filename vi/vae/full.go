package vae

import (
	"elbo/graph"
	"elbo/vi"
)

// Full returns the guide q(z_b) = N(mean_b, L_b L_bᵀ) of B rows, mean and logSD (B,D), lower
// (B,D,D): L_b has exp(logSD_b) on its diagonal and lower_b, which must be strictly lower
// triangular, below it. The divergence from N(0, I) is, term by term,
//
//	KL_bd = ½(Σ_j L_dj² + μ_d² − 1) − log L_dd
//
// the expected divergence of z_d given z_1 … z_{d−1}.
func Full(g *graph.Graph, mean, logSD, lower *graph.Node, p vi.Particles) *vi.Guide {
	b, d := graph.ShapeOf(mean)[0], graph.ShapeOf(mean)[1]
	return full(mean, logSD, lower, noise(g, b, d, p))
}

// full is Full for given noise (S,B,D).
func full(mean, logSD, lower, eps *graph.Node) *vi.Guide {
	s := graph.ShapeOf(eps)
	sd := graph.Exp(logSD)
	// Σ_j lower_dj ε_j for all particles: (1,B,D,D) with (S,B,1,D).
	mixed := graph.Sum(graph.Mul(lower, graph.Reshape(eps, s[0], s[1], 1, s[2])), 3)
	zeta := graph.Add(graph.Add(mean, graph.Mul(sd, eps)), mixed)

	square := graph.Add(graph.Square(sd), graph.Sum(graph.Square(lower), 2))
	kl := graph.Sub(graph.Affine(graph.Add(square, graph.Square(mean)), 0.5, -0.5), logSD)
	return &vi.Guide{
		Rows: s[1], Zeta: graph.Reshape(zeta, s[0]*s[1], s[2]), KL: kl,
		LogQ: graph.Sub(quadratic(eps), graph.Sum(logSD, 1)),
	}
}
