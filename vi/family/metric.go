package family

import (
	"math"

	"elbo/graph"
)

// Metric is an affine map from standardised to unconstrained coordinates, ζ = Center + W z.
type Metric struct {
	// Center (D) is the anchor, usually a posterior mode; nil means zeros.
	Center []float64
	// W (D,D) row-major, usually L⁻ᵀ of a Cholesky factor L of the precision; nil means identity.
	W []float64
	// Diag (D) are the scales MeanField uses for its independent noise, usually the
	// conditional sds 1/sqrt(precision_jj); nil means ones.
	Diag []float64
}

// Slot names of the metric: persistent state that a re-anchoring host may rewrite.
const (
	slotCenter = "metric/center"
	slotW      = "metric/w"
	slotDiag   = "metric/diag"
)

// locate returns Center + W z for z (D,S).
func (m Metric) locate(g *graph.Graph, z *graph.Node) *graph.Node {
	d := graph.ShapeOf(z)[0]
	if m.W != nil {
		z = graph.MatMul(g.State(slotW, m.W, d, d), z)
	}
	if m.Center != nil {
		z = graph.Add(g.State(slotCenter, m.Center, d, 1), z)
	}
	return z
}

// apply is locate on the host for one z (D).
func (m Metric) apply(z []float64) []float64 {
	out := append([]float64(nil), z...)
	if m.W != nil {
		matVec(out, m.W, z)
	}
	for j := range m.Center {
		out[j] += m.Center[j]
	}
	return out
}

// logDetW returns log |det W|; W is triangular in every use, so its diagonal suffices.
func (m Metric) logDetW(d int) float64 {
	if m.W == nil {
		return 0
	}
	s := 0.0
	for j := range d {
		s += math.Log(math.Abs(m.W[j*d+j]))
	}
	return s
}

// diag returns the noise scales as a node (D,1), or nil for ones.
func (m Metric) diag(g *graph.Graph, d int) *graph.Node {
	if m.Diag == nil {
		return nil
	}
	return g.State(slotDiag, m.Diag, d, 1)
}

// matVec sets out = A x for row-major square A.
func matVec(out, a, x []float64) {
	d := len(x)
	for i := range out {
		s := 0.0
		row := a[i*d : (i+1)*d]
		for j, xj := range x {
			s += row[j] * xj
		}
		out[i] = s
	}
}
