package nn

import (
	"math"

	"elbo/graph"
)

// orthogonal fills v with a random matrix whose columns are orthonormal if it is tall and whose
// rows are if it is wide; all axes but the last count as rows. It is the Q of the QR
// factorisation of standard normals, its columns multiplied by the signs of R's diagonal,
// which makes it uniform over such matrices (Mezzadri 2007, section 5).
func (d drawer) orthogonal(v []float64, shape []int) {
	cols := 1
	if len(shape) > 0 {
		cols = shape[len(shape)-1]
	}
	rows := len(v) / cols
	n, k := max(rows, cols), min(rows, cols)

	z := make([]float64, n*k)
	graph.HostNormals(z, d.seed, d.stream, 0)
	a := make([][]float64, k) // k vectors of n elements
	for j := range a {
		a[j] = z[j*n : (j+1)*n]
	}
	for j, q := range orthonormal(a, n) {
		for i, x := range q {
			if rows >= cols {
				v[i*cols+j] = x
			} else {
				v[j*cols+i] = x
			}
		}
	}
}

// orthonormal returns the Q with R's signs of the n-vectors a, which it overwrites with the
// Householder vectors.
func orthonormal(a [][]float64, n int) [][]float64 {
	sign := make([]float64, len(a))
	for j, x := range a {
		sign[j] = reflector(x[j:])
		for _, y := range a[j+1:] {
			mirror(x[j:], y[j:])
		}
	}
	q := make([][]float64, len(a))
	for l := range q {
		q[l] = make([]float64, n)
		q[l][l] = sign[l]
		// Reflectors after the l-th leave the unit vector l alone.
		for j := l; j >= 0; j-- {
			mirror(a[j][j:], q[l][j:])
		}
	}
	return q
}

// reflector turns x into the unit vector u for which x − 2u(uᵀx) = r e₁, and returns the sign of r.
func reflector(x []float64) float64 {
	r := -math.Copysign(norm(x), x[0])
	x[0] -= r
	if length := norm(x); length > 0 {
		for i := range x {
			x[i] /= length
		}
	}
	return math.Copysign(1, r)
}

// mirror replaces y by y − 2u(uᵀy).
func mirror(u, y []float64) {
	s := 0.
	for i, x := range u {
		s += x * y[i]
	}
	for i, x := range u {
		y[i] -= 2 * s * x
	}
}

func norm(x []float64) float64 {
	s := 0.
	for _, t := range x {
		s += t * t
	}
	return math.Sqrt(s)
}
