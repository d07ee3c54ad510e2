package graph

import (
	"math"

	"elbo/kernels"
)

func (e *evaluation) matMul() error {
	d, err := kernels.MatMulDims(e.attr, e.in[0].shape, e.in[1].shape)
	if err != nil {
		return err
	}
	ai, ak, bk, bj := d.K, 1, d.N, 1
	if e.attr.TransA {
		ai, ak = 1, d.M
	}
	if e.attr.TransB {
		bk, bj = 1, d.K
	}
	for n := range d.Batch {
		a, b, c := e.in[0].data[n*d.M*d.K:], e.in[1].data[n*d.K*d.N:], e.out[n*d.M*d.N:]
		for i := range d.M {
			for j := range d.N {
				for k := range d.K {
					c[i*d.N+j] += a[i*ai+k*ak] * b[k*bk+j*bj]
				}
			}
		}
	}
	return nil
}

// lastTwo returns the extents of the last two axes.
func lastTwo(s kernels.Shape) (rows, cols int) { return s[len(s)-2], s[len(s)-1] }

func (e *evaluation) tril() error {
	rows, cols := lastTwo(e.shape)
	for at, x := range e.in[0].data {
		if i, j := at/cols%rows, at%cols; j-i <= e.attr.Start {
			e.out[at] = x
		}
	}
	return nil
}

func (e *evaluation) diag() error {
	n := e.shape[len(e.shape)-1]
	for at := range e.out {
		e.out[at] = e.in[0].data[at/n*n*n+at%n*(n+1)]
	}
	return nil
}

func (e *evaluation) diagEmbed() error {
	n := e.shape[len(e.shape)-1]
	for at, x := range e.in[0].data {
		e.out[at/n*n*n+at%n*(n+1)] = x
	}
	return nil
}

// cholesky factors row by row; a pivot that is not positive makes the whole factor NaN.
func (e *evaluation) cholesky() error {
	n, _ := lastTwo(e.shape)
	for at := 0; at < len(e.out); at += n * n {
		if !factor(e.out[at:at+n*n], e.in[0].data[at:], n) {
			for i := range n * n {
				e.out[at+i] = math.NaN()
			}
		}
	}
	return nil
}

func factor(l, a []float64, n int) bool {
	for i := range n {
		for j := range i + 1 {
			s := a[i*n+j]
			for k := range j {
				s -= l[i*n+k] * l[j*n+k]
			}
			switch {
			case i > j:
				l[i*n+j] = s / l[j*n+j]
			case !(s > 0):
				return false
			default:
				l[i*n+i] = math.Sqrt(s)
			}
		}
	}
	return true
}

// triSolve substitutes forward for L, backward for Lᵀ.
func (e *evaluation) triSolve() error {
	n := e.shape[0]
	m := len(e.out) / n
	l := e.in[0].data
	copy(e.out, e.in[1].data)
	for step := range n {
		i, at := step, func(k int) float64 { return l[step*n+k] }
		first, last := 0, step
		if e.attr.TransA {
			i = n - 1 - step
			at = func(k int) float64 { return l[k*n+i] }
			first, last = i+1, n
		}
		for c := range m {
			s := e.out[i*m+c]
			for k := first; k < last; k++ {
				s -= at(k) * e.out[k*m+c]
			}
			e.out[i*m+c] = s / l[i*n+i]
		}
	}
	return nil
}
