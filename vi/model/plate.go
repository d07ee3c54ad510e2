package model

import (
	"fmt"

	"elbo/graph"
	"elbo/graph/dist"
)

// Plate is a set of B rows of a minibatch of N, conditionally independent given the
// latents.
type Plate struct {
	scope *Scope
	name  string
	rows  int
}

// ScaleSlot is the input (scalar) that holds N/n, n being the batch's number of real rows.
func ScaleSlot(plate string) string { return plate + "/scale" }

// MaskSlot is the input (B) that is 1 for real rows and 0 for the padding of a short batch.
// Padding must hold values inside the likelihood's support, such as copies of real rows: the
// mask multiplies log-likelihoods and 0 · ∞ is not a number.
func MaskSlot(plate string) string { return plate + "/mask" }

// Observe adds the rows' log-likelihood, N/n Σ_i mask_i log p(value_i). The distribution's
// log-probability must have one entry per row: shape (B).
func (p *Plate) Observe(name string, d dist.Distribution, value *graph.Node) {
	s := p.scope
	s.once(name)
	ll := s.g.Name(d.LogProb(value), name)
	if shape := graph.ShapeOf(ll); len(shape) != 1 || shape[0] != p.rows {
		s.fail(name, fmt.Errorf("log-likelihood of shape %v in plate %q of %d rows", shape, p.name, p.rows))
	}
	mask, scale := s.Data(MaskSlot(p.name), p.rows), s.Data(ScaleSlot(p.name))
	s.add(graph.Mul(scale, graph.Sum(graph.Mul(mask, ll))))
}
