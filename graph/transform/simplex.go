package transform

import (
	"math"

	"elbo/graph"
	"elbo/kernels"
)

// StickBreaking maps x (…, K−1) to the open simplex (…, K). Piece k is a fraction z of what
// earlier pieces left, with the centring offset that sends x = 0 to 1/K everywhere:
//
//	u_k = x_k − log(K−1−k),  z_k = sigmoid(u_k),  c_k = Σ_{j≤k} log(1 − z_j)
//	log y_k = c_k + u_k  (k < K−1),  log y_{K−1} = c_{K−2}
//	log|det| = Σ_k log z_k + c_k
//
// All is done in logs, so tiny pieces keep their relative accuracy.
type StickBreaking struct{}

// offsets returns −log(K−1−k) for k = 0 … K−2.
func offsets(d int) []float64 {
	o := make([]float64, d)
	for k := range o {
		o[k] = -math.Log(float64(d - k))
	}
	return o
}

func (StickBreaking) parts(x *graph.Node) (u, c *graph.Node) {
	d := last("StickBreaking", x)
	u = graph.Add(x, graph.GraphOf(x).ConstTensor(offsets(d), d))
	return u, graph.CumSum(graph.LogSigmoid(graph.Neg(u)), -1, false)
}

// Forward returns the simplex vector.
func (t StickBreaking) Forward(x *graph.Node) *graph.Node {
	u, c := t.parts(x)
	axis, d := len(graph.ShapeOf(x))-1, last("StickBreaking", x)
	return graph.Exp(graph.Concat(axis, graph.Add(c, u), graph.Slice(c, axis, d-1, d)))
}

// LogDet returns Σ log z_k + c_k.
func (t StickBreaking) LogDet(x *graph.Node) *graph.Node {
	u, c := t.parts(x)
	return graph.Sum(graph.Add(graph.LogSigmoid(u), c))
}

// Inverse maps one simplex vector; it is normalised first, and a non-positive piece gives NaN.
func (StickBreaking) Inverse(y []float64) []float64 {
	if len(y) == 0 {
		return nil
	}
	d := len(y) - 1
	x, off := make([]float64, d), offsets(d)
	rest := y[d]
	bad := !(rest > 0)
	for k := d - 1; k >= 0; k-- {
		x[k] = math.Log(y[k]) - math.Log(rest) - off[k]
		rest += y[k]
		bad = bad || !(y[k] > 0)
	}
	if bad || math.IsInf(rest, 1) {
		return each(x, func(float64) float64 { return math.NaN() })
	}
	return x
}

// ForwardHost maps coordinates to simplex vectors.
func (StickBreaking) ForwardHost(x []float64, s kernels.Shape) []float64 {
	k := s[len(s)-1]
	off := offsets(k - 1)
	return events(x, s, k-1, k, func(x, y []float64) {
		c := 0.0
		for i := range x {
			u := x[i] + off[i]
			c -= softplus(u)
			y[i] = math.Exp(c + u)
		}
		y[k-1] = math.Exp(c)
	})
}

// Dim returns batches × (K−1).
func (t StickBreaking) Dim(s kernels.Shape) int { return t.Unconstrained(s).Size() }

// Unconstrained returns (…, K−1).
func (StickBreaking) Unconstrained(s kernels.Shape) kernels.Shape {
	u := s.Clone()
	u[len(u)-1]--
	return u
}

// EventRank is 1.
func (StickBreaking) EventRank() int { return 1 }
