package kernelstest

import (
	"math"

	"elbo/kernels"
)

// matMul takes every element of the result as one inner product over views by index.
func matMul(ev *evaluator, in *kernels.Instr) []float64 {
	d, err := kernels.MatMulDims(in.Attr, ev.shape(in.Args[0]), ev.shape(in.Args[1]))
	if err != nil {
		panic(err)
	}
	a, b := ev.vals[in.Args[0]], ev.vals[in.Args[1]]
	elem := func(x []float64, batch, rows, cols, i, j int, trans bool) float64 {
		if trans {
			return x[batch*rows*cols+j*rows+i]
		}
		return x[batch*rows*cols+i*cols+j]
	}
	y := make([]float64, d.Batch*d.M*d.N)
	each(kernels.Shape{d.Batch, d.M, d.N}, func(i int, at []int) {
		for k := range d.K {
			y[i] += elem(a, at[0], d.M, d.K, at[1], k, in.Attr.TransA) * elem(b, at[0], d.K, d.N, k, at[2], in.Attr.TransB)
		}
	})
	return y
}

// cholesky works column by column (the devices' order is theirs).
func cholesky(ev *evaluator, in *kernels.Instr) []float64 {
	s := ev.shape(in.Args[0])
	n := s[len(s)-1]
	y := make([]float64, s.Size())
	for base := 0; base < len(y); base += n * n {
		a, l := ev.vals[in.Args[0]][base:], y[base:]
		for j := range n {
			for i := j; i < n; i++ {
				v := a[i*n+j]
				for k := range j {
					v -= l[i*n+k] * l[j*n+k]
				}
				if i == j {
					if !(v > 0) {
						v = math.NaN()
					}
					l[j*n+j] = math.Sqrt(v)
				} else {
					l[i*n+j] = v / l[j*n+j]
				}
			}
		}
	}
	return y
}

// triSolve solves one right-hand side at a time, one unknown after the other.
func triSolve(ev *evaluator, in *kernels.Instr) []float64 {
	l, rhs := ev.vals[in.Args[0]], ev.vals[in.Args[1]]
	s := ev.shape(in.Args[1])
	n, m := s[0], s[1:].Size()
	y := make([]float64, n*m)
	at := func(i, k int) float64 {
		if in.Attr.TransA {
			return l[k*n+i]
		}
		return l[i*n+k]
	}
	for c := range m {
		for r := range n {
			i, from, to := r, 0, r
			if in.Attr.TransA {
				i, from, to = n-1-r, n-r, n
			}
			v := rhs[i*m+c]
			for k := from; k < to; k++ {
				v -= at(i, k) * y[k*m+c]
			}
			y[i*m+c] = v / at(i, i)
		}
	}
	return y
}
