package transform

import (
	"math"

	"elbo/graph"
	"elbo/kernels"
)

// Ascending maps x (…, K) to strictly increasing vectors: y_0 = x_0, y_k = y_{k−1} + exp x_k,
// with log|det| = Σ_{k≥1} x_k.
type Ascending struct{}

// Forward returns the increasing vector.
func (Ascending) Forward(x *graph.Node) *graph.Node {
	k, axis := last("Ascending", x), len(graph.ShapeOf(x))-1
	if k == 1 {
		return x
	}
	steps := graph.Exp(graph.Slice(x, axis, 1, k))
	return graph.CumSum(graph.Concat(axis, graph.Slice(x, axis, 0, 1), steps), axis, false)
}

// LogDet returns the sum of all but the first coordinate of each vector.
func (Ascending) LogDet(x *graph.Node) *graph.Node {
	k, axis := last("Ascending", x), len(graph.ShapeOf(x))-1
	if k == 1 {
		return graph.GraphOf(x).Const(0)
	}
	return graph.Sum(graph.Slice(x, axis, 1, k))
}

// Inverse maps one vector; a step that does not increase gives NaN.
func (Ascending) Inverse(y []float64) []float64 {
	x := append([]float64(nil), y...)
	for k := len(y) - 1; k > 0; k-- {
		x[k] = logPositive(y[k] - y[k-1])
	}
	return x
}

// ForwardHost maps coordinates to increasing vectors.
func (Ascending) ForwardHost(x []float64, s kernels.Shape) []float64 {
	k := s[len(s)-1]
	return events(x, s, k, k, func(x, y []float64) {
		y[0] = x[0]
		for i := 1; i < k; i++ {
			y[i] = y[i-1] + math.Exp(x[i])
		}
	})
}

// Dim returns the number of elements.
func (Ascending) Dim(s kernels.Shape) int { return s.Size() }

// Unconstrained returns the same shape.
func (Ascending) Unconstrained(s kernels.Shape) kernels.Shape { return s.Clone() }

// EventRank is 1.
func (Ascending) EventRank() int { return 1 }
