package family

import (
	"fmt"

	"elbo/graph"
	"elbo/graph/transform"
)

// unconstrain returns ζ = T⁻¹(θ) for the default transform T of a support, and log|det ∂T/∂ζ|
// (scalar). Supports of numbers have an inverse here; vectors and matrices are refused.
func unconstrain(s transform.Support, theta *graph.Node) (zeta, logDet *graph.Node, err error) {
	t, err := transform.For(s)
	if err != nil {
		return nil, nil, err
	}
	switch s.Kind {
	case transform.Real:
		zeta = theta
	case transform.Positive:
		zeta = graph.Log(theta)
	case transform.LowerBounded:
		zeta = graph.Log(graph.AddC(theta, -s.Lo))
	case transform.UpperBounded:
		zeta = graph.Log(graph.Affine(theta, -1, s.Hi))
	case transform.Interval:
		zeta = graph.Sub(graph.Log(graph.AddC(theta, -s.Lo)), graph.Log(graph.Affine(theta, -1, s.Hi)))
	default:
		return nil, nil, fmt.Errorf("a guide function cannot draw values that are %v; use FullRank or MeanField", s)
	}
	return zeta, t.LogDet(zeta), nil
}
