package transform

import (
	"elbo/graph"
	"elbo/kernels"
)

// Transform is a bijection from unconstrained coordinates to the values of one support.
type Transform interface {
	// Forward maps unconstrained x (…, D) to the constrained value.
	Forward(x *graph.Node) *graph.Node
	// LogDet returns Σ log|det ∂T/∂x| over all batches, a scalar.
	LogDet(x *graph.Node) *graph.Node
	// Inverse maps one constrained value, row-major, to its coordinates; elementwise maps
	// take any number of elements. Values outside the support give NaN coordinates.
	Inverse(y []float64) []float64
	// ForwardHost maps coordinates of a value of the given constrained shape.
	ForwardHost(x []float64, constrained kernels.Shape) []float64
	// Dim returns the number of coordinates of a value of the given shape, batches included.
	Dim(constrained kernels.Shape) int
	// Unconstrained returns the shape Forward takes to yield the constrained shape.
	Unconstrained(constrained kernels.Shape) kernels.Shape
	// EventRank returns how many trailing axes of the value the map mixes: 0, 1 or 2.
	EventRank() int
}

// InverseHost maps a batch of constrained values of the given shape to their coordinates.
func InverseHost(t Transform, y []float64, constrained kernels.Shape) []float64 {
	step := 1
	for _, d := range constrained[len(constrained)-t.EventRank():] {
		step *= d
	}
	if t.EventRank() == 0 {
		return t.Inverse(y)
	}
	var x []float64
	for i := 0; i+step <= len(y); i += step {
		x = append(x, t.Inverse(y[i:i+step])...)
	}
	return x
}

// elementwise supplies the shape methods of maps that act on single numbers.
type elementwise struct{}

// Dim returns the number of elements.
func (elementwise) Dim(s kernels.Shape) int { return s.Size() }

// Unconstrained returns the same shape.
func (elementwise) Unconstrained(s kernels.Shape) kernels.Shape { return s.Clone() }

// EventRank is 0.
func (elementwise) EventRank() int { return 0 }

// each applies f to every element of a fresh copy.
func each(v []float64, f func(float64) float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = f(x)
	}
	return out
}

// events fills values of the given shape, k numbers each, from d coordinates each with f.
func events(x []float64, s kernels.Shape, d, k int, f func(x, y []float64)) []float64 {
	out := make([]float64, s.Size())
	for i := range len(out) / k {
		f(x[i*d:(i+1)*d], out[i*k:(i+1)*k])
	}
	return out
}

// last returns the extent of the last axis, refusing scalars.
func last(op string, x *graph.Node) int {
	s := graph.ShapeOf(x)
	if len(s) == 0 {
		graph.Fail(op, []*graph.Node{x}, "needs at least one axis")
	}
	return s[len(s)-1]
}

// matrixSize solves d = k(k+off)/2 for k; off is −1 below the diagonal, +1 with it.
func matrixSize(op string, d, off int) int {
	k := 1
	for k*(k+off)/2 < d {
		k++
	}
	if k*(k+off)/2 != d {
		graph.Fail(op, nil, "%d coordinates do not fill a lower triangle", d)
	}
	return k
}
