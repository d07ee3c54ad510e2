package vae

import (
	"elbo/graph"
	"elbo/vi"
)

// encoder is q(z|x) of a batch.
type encoder struct {
	n      *net
	x      *graph.Node // (B,D), binarised
	weight *graph.Node // (B)
	eps    *graph.Node // noise (S,B,latent); nil draws it
}

var _ vi.Guider = (*encoder)(nil)

// Name returns the posterior's name.
func (e *encoder) Name() string { return e.n.m.cfg.Posterior }

// Guide encodes the batch and draws particles of its rows' latents.
func (e *encoder) Guide(g *graph.Graph, d int, p vi.Particles) *vi.Guide {
	eps := e.eps
	if eps == nil {
		eps = noise(g, graph.ShapeOf(e.x)[0], d, p)
	}
	q := e.n.code(e.x).guide(e.n, eps)
	q.Weight = e.weight
	return q
}

// code is what the encoder says about the posterior of each row.
type code struct {
	mean, logSD *graph.Node // (B,latent) of the Normal that flows start from
	lower       *graph.Node // (B,latent,latent) strictly lower triangle of its Cholesky factor, full alone
	context     *graph.Node // (B,H) for the steps of a flow
}

// code encodes x (B,D).
func (n *net) code(x *graph.Node) code {
	h := n.features(x)
	d := n.m.cfg.Latent
	return code{mean: n.head("encoder/mean", h, d), logSD: n.head("encoder/logsd", h, d)}
}

// guide draws particles with the noise eps (S,B,latent).
func (c code) guide(_ *net, eps *graph.Node) *vi.Guide {
	return diagonal(c.mean, c.logSD, eps)
}

// moments returns mean and standard deviation of the posterior (B,latent), in closed form or of
// the guide's particles.
func (c code) moments(_ *vi.Guide) (mean, sd *graph.Node) {
	return c.mean, graph.Exp(c.logSD)
}
