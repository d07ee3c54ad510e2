package vae

import (
	"elbo/graph"
	"elbo/vi"
)

// planarWidth is the numbers a planar step is told: u and w (D) and b.
func planarWidth(d int) int { return 2*d + 1 }

// planar is planar flow on top of the diagonal Normal, every step's parameters given by the
// encoder (Rezende & Mohamed 2015, eqs. 10 to 12 and appendix A.1):
//
//	z' = z + û tanh(wᵀz + b),  log q' = log q − log|1 + (1 − tanh²) wᵀû|
//	û = u + (softplus(wᵀu) − 1 − wᵀu) w/‖w‖²
//
// û keeps wᵀû > −1, where the step is invertible (but for the 10⁻⁶ added to ‖w‖², which shows below
// wᵀu = −11 or so).
func planar(c code, eps *graph.Node, steps int) *vi.Guide {
	base := diagonal(c.mean, c.logSD, eps)
	s := graph.ShapeOf(eps)
	d := s[2]
	z, logq := graph.Reshape(base.Zeta, s...), base.LogQ
	for t := range steps {
		at := t * planarWidth(d)
		u := graph.Slice(c.context, 1, at, at+d)
		w := graph.Slice(c.context, 1, at+d, at+2*d)
		b := graph.Reshape(graph.Slice(c.context, 1, at+2*d, at+2*d+1), s[1])
		z, logq = planarStep(z, logq, u, w, b)
	}
	return &vi.Guide{Rows: s[1], Zeta: graph.Reshape(z, s[0]*s[1], d), LogQ: logq}
}

// planarStep takes z (S,B,D), logq (S,B), u and w (B,D), b (B).
func planarStep(z, logq, u, w, b *graph.Node) (moved, density *graph.Node) {
	rows := graph.ShapeOf(b)[0]
	wu := graph.Sum(graph.Mul(w, u), 1)
	// Of a vanishing w only the direction is lost: wᵀu vanishes with it.
	norm := graph.AddC(graph.Sum(graph.Square(w), 1), 1e-6)
	along := graph.Div(graph.Sub(graph.AddC(graph.Softplus(wu), -1), wu), norm)
	hat := graph.Add(u, graph.Mul(graph.Reshape(along, rows, 1), w))

	bend := graph.Tanh(graph.Add(graph.Sum(graph.Mul(z, w), 2), b)) // (S,B)
	slope := graph.Affine(graph.Square(bend), -1, 1)
	det := graph.AddC(graph.Mul(slope, graph.Sum(graph.Mul(w, hat), 1)), 1)
	moved = graph.Add(z, graph.Mul(hat, graph.ExpandDims(bend, -1)))
	return moved, graph.Sub(logq, graph.Log(graph.Abs(det)))
}
