package family

import (
	"math"

	"elbo/graph"
	"elbo/vi"
)

// FullRank is a Normal with any covariance: z = m + C ε, C lower triangular with softplus
// diagonal, ζ = Center + W z (Kucukelbir et al. 2017). Its parameters are q/loc (D) and
// q/chol (D,D), of which the strict lower triangle and the diagonal are used.
type FullRank struct{ Metric Metric }

// Name returns "fullrank".
func (FullRank) Name() string { return "fullrank" }

// Guide draws ζ (D,S) with z starting at N(0, I).
func (f FullRank) Guide(g *graph.Graph, d int, p vi.Particles) *vi.Guide {
	loc := g.Param("q/loc", nil, d)
	raw := g.Param("q/chol", scaledEye(d, softplusInvOne), d, d)
	diag := graph.Softplus(graph.Diag(raw))
	c := graph.Add(graph.Tril(raw, -1), graph.DiagEmbed(diag))
	eps := noise(g, d, p)
	z := graph.Add(graph.Reshape(loc, d, 1), graph.MatMul(c, eps))
	logdet := graph.AddC(graph.Sum(graph.Log(diag)), f.Metric.logDetW(d))
	logq := graph.Sub(quadratic(eps), logdet)
	// ∂ log q/∂z = −C⁻ᵀ ε at fixed parameters.
	score := graph.Neg(graph.TriSolve(graph.StopGrad(c), graph.StopGrad(eps), true))
	// ζ held fixed: ε as a function of the parameters, C⁻¹ (z − m).
	fixed := graph.TriSolve(c, graph.Sub(graph.StopGrad(z), graph.Reshape(loc, d, 1)), false)
	return &vi.Guide{
		Zeta:      f.Metric.locate(g, z),
		LogQ:      logq,
		LogQPath:  path(logq, score, z),
		LogQScore: graph.Sub(quadratic(fixed), logdet),
		Entropy:   graph.AddC(logdet, float64(d)/2*(1+log2Pi)),
	}
}

// Posterior returns N(Center + W m, (WC)(WC)ᵀ).
func (f FullRank) Posterior(d int, param func(string) []float64) vi.Posterior {
	raw := param("q/chol")
	c := make([]float64, d*d)
	logdet := f.Metric.logDetW(d)
	for i := range d {
		copy(c[i*d:i*d+i], raw[i*d:i*d+i])
		c[i*d+i] = softplus(raw[i*d+i])
		logdet += math.Log(c[i*d+i])
	}
	return &gaussian{mean: f.Metric.apply(param("q/loc")), root: matMul(f.Metric.W, c, d), logdet: logdet}
}

// scaledEye returns x times the identity, row-major.
func scaledEye(d int, x float64) []float64 {
	e := make([]float64, d*d)
	for i := range d {
		e[i*d+i] = x
	}
	return e
}

// matMul returns A B for row-major square matrices; a nil A is the identity.
func matMul(a, b []float64, d int) []float64 {
	if a == nil {
		return b
	}
	out := make([]float64, d*d)
	for i := range d {
		row := out[i*d : (i+1)*d]
		for k := range d {
			if x := a[i*d+k]; x != 0 {
				for j, y := range b[k*d : (k+1)*d] {
					row[j] += x * y
				}
			}
		}
	}
	return out
}
