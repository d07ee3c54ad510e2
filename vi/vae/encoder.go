package vae

import (
	"elbo/graph"
	"elbo/graph/nn"
	"elbo/vi"
)

// encoder is q(z|x) of a batch.
type encoder struct {
	n      *net
	x      *graph.Node // (B,D), binarised
	weight *graph.Node // (B)
}

var _ vi.Guider = (*encoder)(nil)

// Guider returns the model's q(z|x) over data x (B,D), as Target, for a decoder of one's own.
func (m *Model) Guider(c *nn.Context, x *graph.Node) vi.Guider {
	return &encoder{n: &net{m: m, c: c}, x: x}
}

// Name returns the posterior's name.
func (e *encoder) Name() string { return e.n.m.cfg.Posterior }

// Guide encodes the batch and draws particles of its rows' latents.
func (e *encoder) Guide(g *graph.Graph, d int, p vi.Particles) *vi.Guide {
	q := e.n.code(e.x).guide(e.n, noise(g, graph.ShapeOf(e.x)[0], d, p))
	q.Weight = e.weight
	return q
}

// code is what the encoder says about the posterior of each row.
type code struct {
	mean, logSD *graph.Node // (B,latent) of the Normal; flows start from it
	lower       *graph.Node // (B,latent,latent) strict lower triangle of its Cholesky factor, posterior full alone
	context     *graph.Node // (B,H) what the steps of a flow are told
}

// code encodes x (B,D).
func (n *net) code(x *graph.Node) code {
	h := n.features(x)
	d, c := n.m.cfg.Latent, n.m.cfg
	out := code{mean: n.head("encoder/mean", h, d), logSD: n.scaleHead("encoder/logsd", h, d)}
	switch c.Posterior {
	case "full":
		out.lower = graph.Tril(graph.Reshape(n.scaleHead("encoder/lower", h, d*d), graph.ShapeOf(x)[0], d, d), -1)
	case "iaf":
		out.context = n.head("encoder/context", h, c.FlowHidden)
	case "planar":
		out.context = n.head("encoder/flow", h, c.Flows*planarWidth(d))
	}
	return out
}

// guide draws particles with the noise eps (S,B,latent).
func (c code) guide(n *net, eps *graph.Node) *vi.Guide {
	switch n.m.cfg.Posterior {
	case "full":
		return full(c.mean, c.logSD, c.lower, eps)
	case "iaf":
		return n.iaf(c, eps)
	case "planar":
		return planar(c, eps, n.m.cfg.Flows)
	}
	return diagonal(c.mean, c.logSD, eps)
}

// moments returns mean and standard deviation of the posterior (B,latent): in closed form, or
// with flows those of the guide's particles.
func (c code) moments(n *net, q *vi.Guide) (mean, sd *graph.Node) {
	sd = graph.Exp(c.logSD)
	switch {
	case n.m.cfg.flows():
		b := q.Rows
		z := graph.Reshape(q.Zeta, graph.ShapeOf(q.Zeta)[0]/b, b, n.m.cfg.Latent)
		mean = graph.Mean(z, 0)
		return mean, graph.Sqrt(graph.Mean(graph.Square(graph.Sub(z, mean)), 0))
	case c.lower != nil:
		sd = graph.Sqrt(graph.Add(graph.Square(sd), graph.Sum(graph.Square(c.lower), 2)))
	}
	return c.mean, sd
}
