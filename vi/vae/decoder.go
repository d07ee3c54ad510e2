package vae

import (
	"elbo/graph"
	"elbo/graph/dist"
	"elbo/graph/nn"
	"elbo/vi"
)

const log2Pi = 1.8378770664093454835606594728112352797

// decoder is p(x|z) p(z) of a batch, the target of inference.
type decoder struct {
	n     *net
	x     *graph.Node // (B,D), binarised
	prior prior
	fit   *graph.Node // log p(x|z) (S,B) of the last particles
}

var _ vi.Local = (*decoder)(nil)

// Target returns the model's p(x|z) p(z) over data x (B,D), already binary where the likelihood wants
// that, for an encoder of one's own. Parameters are declared in c.G under the model's names; one
// target serves one graph.
func (m *Model) Target(c *nn.Context, x *graph.Node) vi.Local {
	n := &net{m: m, c: c}
	return &decoder{n: n, x: x, prior: n.prior()}
}

// Dim returns the latent coordinates of one row.
func (d *decoder) Dim() int { return d.n.m.cfg.Latent }

// StandardPrior reports whether the prior is N(0, I).
func (d *decoder) StandardPrior() bool { return d.prior == nil }

// LogLik decodes all particles of all rows in one batch: zeta (S·B,latent) → (S,B).
func (d *decoder) LogLik(_ *graph.Graph, zeta *graph.Node) *graph.Node {
	b := graph.ShapeOf(d.x)[0]
	heads := d.n.decode(zeta)
	for i, h := range heads {
		s := graph.ShapeOf(h)
		heads[i] = graph.Reshape(h, append([]int{s[0] / b, b}, s[1:]...)...)
	}
	d.fit = d.n.m.lik.logProb(d.n, d.x, heads)
	return d.fit
}

// LogPrior returns log p(z) (S,B).
func (d *decoder) LogPrior(g *graph.Graph, zeta *graph.Node) *graph.Node {
	b := graph.ShapeOf(d.x)[0]
	var lp *graph.Node
	if d.prior != nil {
		lp = d.prior.logProb(d.n, zeta)
	} else {
		lp = graph.Sum(dist.Normal(g.Const(0), g.Const(1)).LogProb(zeta), 1)
	}
	return graph.Reshape(lp, graph.ShapeOf(zeta)[0]/b, b)
}

// LogJoint returns log p(x, z) (S,B).
func (d *decoder) LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node {
	return graph.Add(d.LogLik(g, zeta), d.LogPrior(g, zeta))
}
