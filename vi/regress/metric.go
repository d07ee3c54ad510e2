package regress

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// metric is the whitening at the mode.
type metric struct {
	w    []float64 // L⁻ᵀ (D,D), upper triangular
	diag []float64 // 1/sqrt of the precision's diagonal
	// stiff is the largest eigenvalue of the precision scaled to a unit diagonal: 1 where coordinates do not
	// correlate, up to D.
	stiff float64
}

// precision returns −(H_likelihood + H_prior) as a symmetric matrix.
func precision(like, prior *anchor) *mat.SymDense {
	d := len(like.at)
	s := mat.NewSymDense(d, nil)
	for i := range d {
		for j := range i + 1 {
			s.SetSym(i, j, -(like.hess[i*d+j] + prior.hess[i*d+j]))
		}
	}
	return s
}

// ascent returns the Newton step in the metric |−H| (eigenvalues made positive where the log
// joint is not concave) and half its squared length, the gain it predicts in nats.
func ascent(like, prior *anchor) (step []float64, decrement float64) {
	d := len(like.at)
	p := precision(like, prior)
	unit := equilibrate(p)
	g := mat.NewVecDense(d, nil) // of the scaled coordinates
	for i := range d {
		g.SetVec(i, (like.grad[i]+prior.grad[i])*unit[i])
	}
	x := mat.NewVecDense(d, nil)
	var chol mat.Cholesky
	if !chol.Factorize(p) || chol.SolveVecTo(x, g) != nil {
		values, vectors := positiveEigen(p)
		var y mat.VecDense
		y.MulVec(vectors.T(), g)
		for i := range d {
			y.SetVec(i, y.AtVec(i)/values[i])
		}
		x.MulVec(vectors, &y)
	}
	decrement = mat.Dot(x, g) / 2
	step = make([]float64, d)
	for i := range step {
		step[i] = x.AtVec(i) * unit[i]
	}
	return step, decrement
}

// equilibrate scales s to a diagonal of ±1 in place and returns the units u of the new coordinates: s_ij u_i u_j.
// Coefficients and log sigma differ in size by the scale of the response, and to factor with eigenvalues
// bounded relative to the largest, as everything here does, would erase the small ones.
func equilibrate(s *mat.SymDense) (unit []float64) {
	d := s.SymmetricDim()
	unit = ones(d)
	for i := range d {
		if x := math.Abs(s.At(i, i)); x > 0 && !math.IsInf(x, 0) {
			unit[i] = 1 / math.Sqrt(x)
		}
	}
	for i := range d {
		for j := range i + 1 {
			s.SetSym(i, j, s.At(i, j)*unit[i]*unit[j])
		}
	}
	return unit
}

// positiveEigen decomposes a symmetric matrix and makes its eigenvalues positive: absolute
// values, at least 1e−8 of the largest.
func positiveEigen(s *mat.SymDense) ([]float64, *mat.Dense) {
	var e mat.EigenSym
	if !e.Factorize(s, true) {
		d := s.SymmetricDim()
		return ones(d), eye(d)
	}
	values := e.Values(nil)
	top := 0.0
	for _, v := range values {
		top = math.Max(top, math.Abs(v))
	}
	for i, v := range values {
		values[i] = math.Max(math.Abs(v), math.Max(1e-8*top, 1e-300))
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	return values, &vectors
}

func ones(d int) []float64 {
	x := make([]float64, d)
	for i := range x {
		x[i] = 1
	}
	return x
}

func eye(d int) *mat.Dense {
	m := mat.NewDense(d, d, nil)
	for i := range d {
		m.Set(i, i, 1)
	}
	return m
}

// whiten factors the precision at the mode: W = L⁻ᵀ so that ζ = ζ0 + W z has unit curvature.
func whiten(like, prior *anchor) (*metric, error) {
	d := len(like.at)
	p := precision(like, prior)
	var chol mat.Cholesky
	if !chol.Factorize(p) {
		// Not a proper maximum along some direction: clip the curvature, training corrects it.
		unit := equilibrate(p)
		values, vectors := positiveEigen(p)
		var scaled, full mat.Dense
		scaled.Apply(func(_, j int, v float64) float64 { return v * values[j] }, vectors)
		full.Mul(&scaled, vectors.T())
		for i := range d {
			for j := range i + 1 {
				p.SetSym(i, j, (full.At(i, j)+full.At(j, i))/(2*unit[i]*unit[j]))
			}
		}
		if !chol.Factorize(p) {
			return nil, fmt.Errorf("%w: the posterior's curvature cannot be factored; "+
				"remove collinear columns or give proper priors", ErrModel)
		}
	}
	var l, inv mat.TriDense
	chol.LTo(&l)
	if err := inv.InverseTri(&l); err != nil && !finiteAll(inv.RawTriangular().Data) {
		return nil, fmt.Errorf("%w: the posterior's curvature is singular: %w", ErrModel, err)
	}
	m := &metric{w: make([]float64, d*d), diag: make([]float64, d), stiff: largestEigenvalue(p)}
	for i := range d {
		for j := range i + 1 {
			m.w[j*d+i] = inv.At(i, j)
		}
		m.diag[i] = 1 / math.Sqrt(p.At(i, i))
	}
	return m, nil
}
