package elbo

import "elbo/graph"

// Pointwise is a log-likelihood that sees the latents through K per-row predictors only:
// h[k] broadcast against (B,S) → (B,S), in nats. Regression likelihoods are of this form
// with h = linear predictors followed by shared parameters such as log σ.
type Pointwise func(h []*graph.Node) *graph.Node

// Expansion is the second-order expansion of a Pointwise at an anchor h0: value, gradient
// and Hessian per row, each (B,1). Derivatives come from the graph.
type Expansion struct {
	Value *graph.Node
	Grad  []*graph.Node   // ∂ℓ/∂h_k
	Hess  [][]*graph.Node // ∂²ℓ/∂h_k∂h_l
}

// Expand differentiates ℓ twice at h0; every h0[k] must have shape (B,1) so that
// derivatives are per row.
func Expand(l Pointwise, h0 []*graph.Node) *Expansion {
	e := &Expansion{Value: l(h0)}
	e.Grad = graph.Grad(graph.Sum(e.Value), h0...)
	e.Hess = make([][]*graph.Node, len(h0))
	for k, gk := range e.Grad {
		e.Hess[k] = graph.Grad(graph.Sum(gk), h0...)
	}
	return e
}

// Remainder returns ℓ(h0+dh) − ℓ0 − ℓ0'ᵀdh − ½ dhᵀℓ0”dh per row and particle (B,S), given the
// value ℓ(h0+dh) and the displacements dh: what is left for minibatches to estimate once
// the quadratic's full-data sum is known exactly (Baker et al. 2019; Wang, Geffner & Domke
// 2024). Its variance vanishes with dh.
func (e *Expansion) Remainder(value *graph.Node, dh []*graph.Node) *graph.Node {
	quad := e.Value
	for k := range dh {
		slope := e.Grad[k]
		for j := range k {
			slope = graph.Add(slope, graph.Mul(e.Hess[k][j], dh[j]))
		}
		half := graph.Mul(graph.MulC(e.Hess[k][k], 0.5), dh[k])
		quad = graph.Add(quad, graph.Mul(graph.Add(slope, half), dh[k]))
	}
	return graph.Sub(value, quad)
}
