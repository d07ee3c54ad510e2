package ref

import "elbo/kernels"

// Matrix products convert panels to float64 while packing them, so both types share one
// micro-kernel and accumulate in float64. Blocks: blockM rows of A and blockN columns of B
// by blockK; the sums of a block stay in an accumulator until all of K is done.
const (
	blockM, blockN, blockK = 64, 256, 256
	microM, microN         = 4, 2
)

// matrix is a strided view of elements.
type matrix[T float] struct {
	data     []T
	row, col int // strides
}

func viewOf[T float](data []T, rows, cols int, trans bool) matrix[T] {
	if trans {
		return matrix[T]{data, 1, rows}
	}
	return matrix[T]{data, cols, 1}
}

func makeMatMul[T float](e *executable, in *kernels.Instr) kernel {
	d, _ := kernels.MatMulDims(in.Attr, e.shape(in.Args[0]), e.shape(in.Args[1])) // checked by Program.Check
	w := newMatWork(d)
	return func(uint64) error {
		a, b, c := of[T](e, in.Args[0]), of[T](e, in.Args[1]), of[T](e, in.Outs[0])
		for i := range d.Batch {
			va := viewOf(a[i*d.M*d.K:(i+1)*d.M*d.K], d.M, d.K, in.Attr.TransA)
			vb := viewOf(b[i*d.K*d.N:(i+1)*d.K*d.N], d.K, d.N, in.Attr.TransB)
			product(w, c[i*d.M*d.N:(i+1)*d.M*d.N], va, vb, d)
		}
		return nil
	}
}

// product picks the vector or the blocked path; a row times B is Bᵀ times a column.
func product[T float](w *matWork, c []T, a, b matrix[T], d kernels.MatDims) {
	switch {
	case d.N == 1:
		timesVector(w, c, a, b.data, d.M, d.K)
	case d.M == 1:
		timesVector(w, c, matrix[T]{b.data, b.col, b.row}, a.data, d.N, d.K)
	default:
		blocked(w, c, a, b, d)
	}
}

// matWork is the scratch memory of one product.
type matWork struct {
	a, b, c []float64
}

func newMatWork(d kernels.MatDims) *matWork {
	if d.M == 1 || d.N == 1 {
		return &matWork{a: make([]float64, d.K), c: make([]float64, max(d.M, d.N))}
	}
	m, n, k := roundUp(min(d.M, blockM), microM), roundUp(min(d.N, blockN), microN), min(d.K, blockK)
	return &matWork{a: make([]float64, m*k), b: make([]float64, n*k), c: make([]float64, m*n)}
}

func roundUp(n, m int) int { return (n + m - 1) / m * m }

// blocked computes C block by block.
func blocked[T float](w *matWork, c []T, a, b matrix[T], d kernels.MatDims) {
	for j := 0; j < d.N; j += blockN {
		nb := min(blockN, d.N-j)
		wide := roundUp(nb, microN)
		for i := 0; i < d.M; i += blockM {
			mb := min(blockM, d.M-i)
			clear(w.c)
			for k := 0; k < d.K; k += blockK {
				kb := min(blockK, d.K-k)
				pack(w.a, a.data[min(i*a.row+k*a.col, len(a.data)):], a.row, a.col, mb, kb, microM)
				pack(w.b, b.data[min(k*b.row+j*b.col, len(b.data)):], b.col, b.row, nb, kb, microN)
				multiply(w, mb, wide, kb)
			}
			for r := range mb {
				row := c[(i+r)*d.N+j : (i+r)*d.N+j+nb]
				for q, x := range w.c[r*wide : r*wide+nb] {
					row[q] = T(x)
				}
			}
		}
	}
}

// pack lays n lines of k elements out in panels of width lines, element by element, with zero
// lines to fill the last panel.
func pack[T float](dst []float64, src []T, line, elem, n, k, width int) {
	for p := 0; p < n; p += width {
		panel := dst[p*k : (p+width)*k]
		for q := range width {
			if p+q >= n {
				for i := range k {
					panel[i*width+q] = 0
				}
				continue
			}
			from := src[(p+q)*line:]
			for i := range k {
				panel[i*width+q] = float64(from[i*elem])
			}
		}
	}
}

// multiply adds the product of the packed panels to the accumulator of rows of n.
func multiply(w *matWork, m, n, k int) {
	for i := 0; i < m; i += microM {
		for j := 0; j < n; j += microN {
			micro(w.a[i*k:(i+microM)*k], w.b[j*k:(j+microN)*k], w.c[i*n+j:], n)
		}
	}
}

// micro adds a (4,k) panel times a (k,2) panel to c.
func micro(a, b, c []float64, n int) {
	var c00, c01, c10, c11, c20, c21, c30, c31 float64
	for len(a) >= microM && len(b) >= microN {
		b0, b1 := b[0], b[1]
		c00 += a[0] * b0
		c01 += a[0] * b1
		c10 += a[1] * b0
		c11 += a[1] * b1
		c20 += a[2] * b0
		c21 += a[2] * b1
		c30 += a[3] * b0
		c31 += a[3] * b1
		a, b = a[microM:], b[microN:]
	}
	c[0] += c00
	c[1] += c01
	c[n] += c10
	c[n+1] += c11
	c[2*n] += c20
	c[2*n+1] += c21
	c[3*n] += c30
	c[3*n+1] += c31
}

// timesVector computes y = A x for A (m,k): dot products where rows are dense, else sums of
// scaled columns.
func timesVector[T float](w *matWork, y []T, a matrix[T], x []T, m, k int) {
	for i, v := range x {
		w.a[i] = float64(v)
	}
	if a.col == 1 {
		i := 0
		for ; i+4 <= m; i += 4 {
			fourDots(y[i:i+4], w.a, a.data[i*a.row:], a.row)
		}
		for ; i < m; i++ {
			y[i] = T(dotWith(w.a, a.data[i*a.row:i*a.row+k]))
		}
		return
	}
	acc := w.c[:m]
	clear(acc)
	j := 0
	for ; j+4 <= k; j += 4 {
		addFour(acc, w.a[j:j+4], a.data[j*a.col:], a.col)
	}
	for ; j < k; j++ {
		f := w.a[j]
		for i, v := range a.data[j*a.col : j*a.col+m] {
			acc[i] += f * float64(v)
		}
	}
	for i, v := range acc {
		y[i] = T(v)
	}
}

// addFour adds four columns, col elements apart, scaled by f.
func addFour[T float](acc, f []float64, a []T, col int) {
	m := len(acc)
	f0, f1, f2, f3 := f[0], f[1], f[2], f[3]
	a0, a1, a2, a3 := a[:m], a[col:][:m], a[2*col:][:m], a[3*col:][:m]
	for i := range acc {
		acc[i] += f0*float64(a0[i]) + f1*float64(a1[i]) + (f2*float64(a2[i]) + f3*float64(a3[i]))
	}
}

// fourDots sets y to the products of x with four rows, row elements apart; partial sums over
// 256 elements keep the error of long rows down.
func fourDots[T float](y []T, x []float64, a []T, row int) {
	var t0, t1, t2, t3 float64
	for at := 0; at < len(x); at += 256 {
		part := x[at:min(at+256, len(x))]
		n := len(part)
		a0, a1, a2, a3 := a[at:][:n], a[row+at:][:n], a[2*row+at:][:n], a[3*row+at:][:n]
		var s0, s1, s2, s3 float64
		for i, f := range part {
			s0 += f * float64(a0[i])
			s1 += f * float64(a1[i])
			s2 += f * float64(a2[i])
			s3 += f * float64(a3[i])
		}
		t0, t1, t2, t3 = t0+s0, t1+s1, t2+s2, t3+s3
	}
	y[0], y[1], y[2], y[3] = T(t0), T(t1), T(t2), T(t3)
}

// dotWith is dot for a right side of either type.
func dotWith[T float](x []float64, y []T) float64 {
	var s0, s1, s2, s3 float64
	y = y[:len(x)]
	for ; len(x) >= 4; x, y = x[4:], y[4:] {
		s0 += x[0] * float64(y[0])
		s1 += x[1] * float64(y[1])
		s2 += x[2] * float64(y[2])
		s3 += x[3] * float64(y[3])
	}
	for i, v := range x {
		s0 += v * float64(y[i])
	}
	return (s0 + s1) + (s2 + s3)
}
