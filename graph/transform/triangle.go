package transform

import (
	"elbo/graph"
	"elbo/kernels"
)

// fill spreads x (…, D) over lower triangles (…, K, K), row by row: the strict triangle when
// off is −1, with the diagonal when it is +1. Everything else is 0. It is one gather of
// columns from x padded with a zero, so its gradient is one scatter.
func fill(x *graph.Node, k, off int) *graph.Node {
	s := graph.ShapeOf(x)
	d := s[len(s)-1]
	idx := make([]float64, k*k)
	for i, next := 0, 0; i < k; i++ {
		for j := range k {
			idx[i*k+j] = float64(d)
			if j < i || j == i && off > 0 {
				idx[i*k+j] = float64(next)
				next++
			}
		}
	}
	rows := graph.Pad(graph.Transpose(graph.Reshape(x, s.Size()/d, d)), 0, 0, d+1)
	out := graph.Gather(rows, graph.ToInt(graph.GraphOf(x).ConstTensor(idx, k*k)))
	return graph.Reshape(graph.Transpose(out), append(s[:len(s)-1].Clone(), k, k)...)
}

// fillHost spreads the coordinates of one value over a K × K matrix in place.
func fillHost(x, y []float64, k, off int) {
	next := 0
	for i := range k {
		for j := range k {
			y[i*k+j] = 0
			if j < i || j == i && off > 0 {
				y[i*k+j] = x[next]
				next++
			}
		}
	}
}

// eye returns the K × K identity.
func eye(k int) []float64 {
	m := make([]float64, k*k)
	for i := range k {
		m[i*k+i] = 1
	}
	return m
}

// triangleShape returns the unconstrained shape of (…, K, K).
func triangleShape(s kernels.Shape, off int) kernels.Shape {
	k := s[len(s)-1]
	return append(s[:len(s)-2].Clone(), k*(k+off)/2)
}

// side returns the K of a flat K × K matrix, or −1.
func side(n int) int {
	k := 0
	for k*k < n {
		k++
	}
	if k*k != n {
		return -1
	}
	return k
}
