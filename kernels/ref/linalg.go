package ref

import (
	"math"

	"elbo/kernels"
)

// makeCholesky factors each matrix row by row in float64.
func makeCholesky[T float](e *executable, in *kernels.Instr) kernel {
	s := e.shape(in.Args[0])
	n := s[len(s)-1]
	l := make([]float64, n*n)
	return func(uint64) error {
		src, dst := of[T](e, in.Args[0]), of[T](e, in.Outs[0])
		for base := 0; base < len(src); base += n * n {
			a, to := src[base:base+n*n], dst[base:base+n*n]
			cholesky(l, a, n)
			for i := range to {
				to[i] = 0
				if i%n <= i/n {
					to[i] = T(l[i])
				}
			}
		}
		return nil
	}
}

// cholesky fills the lower triangle of l; a pivot that is not positive makes it NaN from there on.
func cholesky[T float](l []float64, a []T, n int) {
	for i := range n {
		row := l[i*n : i*n+i+1]
		for j := range i {
			row[j] = (float64(a[i*n+j]) - dot(row[:j], l[j*n:j*n+j])) / l[j*n+j]
		}
		pivot := float64(a[i*n+i]) - dot(row[:i], row[:i])
		row[i] = math.NaN()
		if pivot > 0 {
			row[i] = math.Sqrt(pivot)
		}
	}
}

// dot adds products in four interleaved sums.
func dot(x, y []float64) float64 {
	var s0, s1, s2, s3 float64
	y = y[:len(x)]
	for ; len(x) >= 4; x, y = x[4:], y[4:] {
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
	}
	for i, v := range x {
		s0 += v * y[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// makeTriSolve substitutes row by row in float64: forward for L, backward for its transpose.
func makeTriSolve[T float](e *executable, in *kernels.Instr) kernel {
	b := e.shape(in.Args[1])
	n, m := b[0], b[1:].Size()
	x := make([]float64, n*m)
	return func(uint64) error {
		l, rhs, dst := of[T](e, in.Args[0]), of[T](e, in.Args[1]), of[T](e, in.Outs[0])
		for i, v := range rhs {
			x[i] = float64(v)
		}
		for k := range n {
			if in.Attr.TransA {
				substitute(x, l, n-1-k, 0, n, m, n, 1)
			} else {
				substitute(x, l, k, k+1, n, m, 1, n)
			}
		}
		for i, v := range x {
			dst[i] = T(v)
		}
		return nil
	}
}

// substitute finishes row k of x and eliminates it from the rows still open: those from `from`
// to n (forward) or 0 to k (backward). The factor of row i is l at k·kStride + i·iStride.
func substitute[T float](x []float64, l []T, k, from, n, m, kStride, iStride int) {
	done := x[k*m : (k+1)*m]
	pivot := float64(l[k*n+k])
	for j := range done {
		done[j] /= pivot
	}
	to := n
	if from == 0 {
		to = k
	}
	for i := from; i < to; i++ {
		f := float64(l[k*kStride+i*iStride])
		row := x[i*m : (i+1)*m]
		for j, v := range done {
			row[j] -= f * v
		}
	}
}
