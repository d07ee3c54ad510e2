package vae

import (
	"math"

	"elbo/graph"
)

// prior is a distribution of z other than N(0, I).
type prior interface {
	// logProb returns log p(z) (R) for z (R,latent).
	logProb(n *net, z *graph.Node) *graph.Node
	// draw returns one draw (b,latent) for each noise row (b,latent) and uniform (b).
	draw(n *net, eps, u *graph.Node) *graph.Node
}

// prior returns the learned prior, nil for N(0, I).
func (n *net) prior() prior {
	if n.m.cfg.Prior == "vamp" {
		return &vamp{}
	}
	return nil
}

// vamp is the VampPrior of Tomczak & Welling (2018), p(z) = 1/C Σ_c q(z|u_c), with pseudo-inputs
// u_c (C,D) that are trained with everything else. q is the diagonal Normal the encoder's heads
// for mean and scale describe, also where the posterior adds correlations or flows to it.
type vamp struct{ mean, logSD *graph.Node }

// encode runs the encoder on the pseudo-inputs, once per graph.
func (v *vamp) encode(n *net) {
	if v.mean != nil {
		return
	}
	h := n.features(n.pseudoInputs())
	d := n.m.cfg.Latent
	v.mean, v.logSD = n.head("encoder/mean", h, d), n.scaleHead("encoder/logsd", h, d)
}

// logProb is log 1/C Σ_c N(z; μ_c, σ_c²). Differences from every component are taken before they
// are squared: the expanded square, a matrix product, would lose its digits for narrow ones.
func (v *vamp) logProb(n *net, z *graph.Node) *graph.Node {
	v.encode(n)
	c := n.m.cfg.Components
	gap := graph.Mul(graph.Sub(graph.ExpandDims(z, 1), v.mean), graph.Exp(graph.Neg(v.logSD)))
	per := graph.Sub(quadratic(gap), graph.Sum(v.logSD, 1)) // (R,C)
	return graph.AddC(graph.LogSumExp(per, 1), -math.Log(float64(c)))
}

// draw takes component ⌊u C⌋.
func (v *vamp) draw(n *net, eps, u *graph.Node) *graph.Node {
	v.encode(n)
	c := graph.ToInt(graph.MulC(u, float64(n.m.cfg.Components)))
	return graph.Add(graph.Gather(v.mean, c), graph.Mul(graph.Exp(graph.Gather(v.logSD, c)), eps))
}

// pseudoInputs returns u (C,D): a sigmoid keeps them among the values of bounded likelihoods.
func (n *net) pseudoInputs() *graph.Node {
	const name = "prior/pseudo"
	c, d := n.m.cfg.Components, n.m.width
	_, _, bounded := n.m.lik.support()
	raw := n.c.G.Lookup(name)
	switch {
	case raw != nil:
	case n.start.Pseudo != nil:
		start := append([]float64(nil), n.start.Pseudo...)
		for i := range start {
			if bounded {
				start[i] = logit(start[i])
			}
		}
		raw = n.c.G.Param(name, start, c, d)
	default:
		raw = n.c.Param(name, "normal(1)", d, c, c, d)
	}
	if bounded {
		return graph.Sigmoid(raw)
	}
	return raw
}
