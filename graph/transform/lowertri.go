package transform

import (
	"math"

	"elbo/graph"
	"elbo/kernels"
)

// Triangular maps x (…, K(K+1)/2) to lower triangular matrices (…, K, K) with positive
// diagonal: entries below the diagonal are free, the diagonal is softplus of its coordinate
// (linear growth: these are factors of guides' covariances). log|det| = Σ log sigmoid(diagonal).
type Triangular struct{}

// Forward returns the triangular matrix.
func (Triangular) Forward(x *graph.Node) *graph.Node {
	m := fill(x, matrixSize("Triangular", last("Triangular", x), 1), 1)
	return graph.Add(graph.Tril(m, -1), graph.DiagEmbed(graph.Softplus(graph.Diag(m))))
}

// LogDet returns Σ log sigmoid over the diagonal coordinates.
func (Triangular) LogDet(x *graph.Node) *graph.Node {
	m := fill(x, matrixSize("Triangular", last("Triangular", x), 1), 1)
	return graph.Sum(graph.LogSigmoid(graph.Diag(m)))
}

// Inverse maps one matrix; what is above the diagonal is ignored and a diagonal entry ≤ 0
// gives NaN, as does a length that is not a square.
func (Triangular) Inverse(y []float64) []float64 {
	k := side(len(y))
	if k < 0 {
		return []float64{math.NaN()}
	}
	var x []float64
	for i := range k {
		x = append(x, y[i*k:i*k+i]...)
		x = append(x, Softplus{}.Inverse(y[i*k+i:i*k+i+1])...)
	}
	return x
}

// ForwardHost maps coordinates to triangular matrices.
func (Triangular) ForwardHost(x []float64, s kernels.Shape) []float64 {
	k := s[len(s)-1]
	return events(x, s, k*(k+1)/2, k*k, func(x, y []float64) {
		fillHost(x, y, k, 1)
		for i := range k {
			y[i*k+i] = softplus(y[i*k+i])
		}
	})
}

// Dim returns batches × K(K+1)/2.
func (t Triangular) Dim(s kernels.Shape) int { return t.Unconstrained(s).Size() }

// Unconstrained returns (…, K(K+1)/2).
func (Triangular) Unconstrained(s kernels.Shape) kernels.Shape { return triangleShape(s, 1) }

// EventRank is 2.
func (Triangular) EventRank() int { return 2 }
