package transform

import (
	"elbo/graph"
	"elbo/kernels"
)

// Identity is y = x on the real line.
type Identity struct{ elementwise }

// Forward returns x.
func (Identity) Forward(x *graph.Node) *graph.Node { return x }

// LogDet returns 0.
func (Identity) LogDet(x *graph.Node) *graph.Node { return graph.GraphOf(x).Const(0) }

// Inverse returns a copy of y.
func (Identity) Inverse(y []float64) []float64 { return append([]float64(nil), y...) }

// ForwardHost returns a copy of x.
func (Identity) ForwardHost(x []float64, _ kernels.Shape) []float64 {
	return append([]float64(nil), x...)
}
