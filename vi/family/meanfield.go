package family

import (
	"math"

	"elbo/graph"
	"elbo/vi"
)

// MeanField is a Normal with independent coordinates of ζ: ζ = Center + W m + Diag s ε, with
// s = softplus(ρ). Only the location passes through W, a change of variables of the
// parameters that conditions the optimisation and leaves the family as it is. Its
// parameters are q/loc (D) and q/scale (D).
type MeanField struct{ Metric Metric }

// Name returns "meanfield".
func (MeanField) Name() string { return "meanfield" }

// Guide draws ζ (D,S) with scales starting at Metric.Diag.
func (f MeanField) Guide(g *graph.Graph, d int, p vi.Particles) *vi.Guide {
	loc := g.Param("q/loc", nil, d)
	scale := graph.Softplus(g.Param("q/scale", []float64{softplusInvOne}, d))
	logdet := graph.AddC(graph.Sum(graph.Log(scale)), sumLog(f.Metric.Diag))
	sd := graph.Reshape(scale, d, 1)
	if unit := f.Metric.diag(g, d); unit != nil {
		sd = graph.Mul(sd, unit)
	}
	eps := noise(g, d, p)
	mean := f.Metric.locate(g, graph.Reshape(loc, d, 1))
	zeta := graph.Add(mean, graph.Mul(sd, eps))
	logq := graph.Sub(quadratic(eps), logdet)
	score := graph.Neg(graph.Div(graph.StopGrad(eps), graph.StopGrad(sd)))
	fixed := graph.Div(graph.Sub(graph.StopGrad(zeta), mean), sd)
	return &vi.Guide{
		Zeta:      zeta,
		LogQ:      logq,
		LogQPath:  path(logq, score, zeta),
		LogQScore: graph.Sub(quadratic(fixed), logdet),
		Entropy:   graph.AddC(logdet, float64(d)/2*(1+log2Pi)),
	}
}

// Posterior returns the Normal with its diagonal covariance.
func (f MeanField) Posterior(d int, param func(string) []float64) vi.Posterior {
	rho := param("q/scale")
	root := make([]float64, d*d)
	logdet := 0.0
	for j := range d {
		s := softplus(rho[j])
		if f.Metric.Diag != nil {
			s *= f.Metric.Diag[j]
		}
		root[j*d+j] = s
		logdet += math.Log(s)
	}
	return &gaussian{mean: f.Metric.apply(param("q/loc")), root: root, logdet: logdet}
}

func sumLog(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += math.Log(v)
	}
	return s
}
