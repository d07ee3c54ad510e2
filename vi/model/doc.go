// Package model turns Go functions over a Scope into targets of variational inference.
//
//	m, err := model.New(func(s *model.Scope) {
//		x, y := s.Data("x", 256, 3), s.Data("y", 256)
//		w := s.Sample("w", dist.Expand(dist.Normal(s.Const(0), s.Const(1)), 3))
//		sigma := s.Sample("sigma", dist.Exponential(s.Const(1)))
//		obs := s.Plate("obs", 256)
//		obs.Observe("y", dist.Normal(graph.MatMul(x, w), sigma), y)
//	})
//
// Latents are written in constrained space; the transform of each site's support and its
// log-Jacobian are added here. A plate's log-likelihood is scaled by N/B through inputs the
// batch feed writes (ScaleSlot, MaskSlot), so that every step estimates the full-data value
// without bias and padded rows of a short last batch count nothing.
package model
