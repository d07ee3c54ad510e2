package family

import (
	"elbo/graph"
	"elbo/vi"
)

// Delta is a point mass: maximising its bound finds a posterior mode in ζ (MAP).
type Delta struct{ Metric Metric }

// Name returns "map".
func (Delta) Name() string { return "map" }

// Guide places every particle at the location parameter "q/loc" (D). Its log density and
// entropy are taken as zero: the bound is the log joint at the point.
func (f Delta) Guide(g *graph.Graph, d int, p vi.Particles) *vi.Guide {
	loc := g.Param("q/loc", nil, d)
	z := f.Metric.locate(g, graph.BroadcastTo(graph.Reshape(loc, d, 1), d, p.Count()))
	zero := graph.MulC(graph.Sum(graph.StopGrad(z), 0), 0)
	return &vi.Guide{Zeta: z, LogQ: zero, LogQPath: zero, LogQScore: zero, Entropy: g.Const(0)}
}

// Posterior returns the point; its covariance is zero and its draws are all equal.
func (f Delta) Posterior(_ int, param func(string) []float64) vi.Posterior {
	return point(f.Metric.apply(param("q/loc")))
}

type point []float64

func (p point) Mean() []float64 { return p }

func (p point) Cov() []float64 { return make([]float64, len(p)*len(p)) }

func (p point) Draw(n int, _ uint64) ([]float64, []float64) {
	out := make([]float64, 0, n*len(p))
	for range n {
		out = append(out, p...)
	}
	return out, make([]float64, n)
}
