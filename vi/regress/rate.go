package regress

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Constants of the step size: constant steps of firstRate in whitened coordinates, where the posterior is near
// N(0, I), shrink the distance to the optimum by that share of itself.
const (
	firstRate = 0.1
	// A full-rank step multiplies the error of the factor C (D,D) by I − a Σ_s ε_s ε_sᵀ/S, whose noise has a spectral
	// norm near a D/S. At 0.5 and more, 124 coefficients of a9a diverged (a = 0.1, S = 8); up to 0.4 there
	// was no trace of it.
	rankNoise = 0.4
	// Mean-field steps of a quadratic with largest eigenvalue λ are stable below 2/λ.
	stiffness    = 0.5
	minParticles = 8
	maxParticles = 64
)

// particles returns S.
func (p *Problem) particles() int {
	if p.Options.Particles > 0 {
		return p.Options.Particles
	}
	if p.guide != "fullrank" {
		return minParticles
	}
	return min(max((p.Dim()/4+1)&^1, minParticles), maxParticles)
}

// rate returns the first learning rate.
func (p *Problem) rate(m *mode) float64 {
	switch {
	case p.Options.LR > 0:
		return p.Options.LR
	case p.guide == "fullrank":
		return math.Min(firstRate, rankNoise*float64(p.particles())/float64(p.Dim()))
	}
	return math.Min(firstRate, stiffness/m.metric.stiff)
}

// largestEigenvalue estimates, by 50 power iterations, the largest eigenvalue of a precision scaled to a unit diagonal.
func largestEigenvalue(p *mat.SymDense) float64 {
	d := p.SymmetricDim()
	scale, v := make([]float64, d), mat.NewVecDense(d, nil)
	for i := range d {
		scale[i] = 1 / math.Sqrt(p.At(i, i))
		// Nothing special about these numbers: a start that is orthogonal to no common direction.
		v.SetVec(i, 1+0.3*math.Sin(float64(i)))
	}
	var w mat.VecDense
	top := 1.0
	for range 50 {
		norm := mat.Norm(v, 2)
		for i := range d {
			v.SetVec(i, v.AtVec(i)/norm*scale[i])
		}
		w.MulVec(p, v)
		for i := range d {
			v.SetVec(i, w.AtVec(i)*scale[i])
		}
		top = math.Max(top, mat.Norm(v, 2))
	}
	return top
}
