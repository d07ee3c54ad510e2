package dist

import (
	"math"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// PoissonDist is the Poisson distribution by log rate; see Poisson.
type PoissonDist struct {
	draw
	discrete
	LogRate *graph.Node
}

// Poisson has mean exp(logRate), logRate finite:
//
//	log p(y) = y·η − exp(η) − log y!
//
// Draws are exact up to rates of 2²⁴ in float32 and 10¹⁰ in float64, batches have at most three axes.
func Poisson(logRate *graph.Node) PoissonDist {
	return PoissonDist{draw: newDraw("Poisson", logRate), LogRate: logRate}
}

func (d PoissonDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is {0, 1, 2, …}.
func (PoissonDist) Support() transform.Support {
	return transform.Support{Kind: transform.NonNegativeInteger}
}

// LogProb returns the log mass.
func (d PoissonDist) LogProb(y *graph.Node) *graph.Node {
	return d.over(poissonLogMass(d.LogRate, asFloat(y)), 0)
}

func poissonLogMass(eta, y *graph.Node) *graph.Node {
	return graph.Sub(graph.Sub(graph.Mul(y, eta), graph.Exp(eta)), logFactorial(y))
}

// Sample draws by inversion or rejection; see the package's count samplers.
func (d PoissonDist) Sample(g *graph.Graph, site string) *graph.Node {
	return drawPoisson(g, site, d.LogRate, d.shape)
}

// drawPoisson keeps eta unexpanded, so that repetitions share one table.
func drawPoisson(g *graph.Graph, site string, eta *graph.Node, s kernels.Shape) *graph.Node {
	cut := g.Const(math.Log(smallMean))
	low := column(graph.Min(eta, cut))
	small := invert(g.Uniform01(site, s...), inversionTerms, func(k *graph.Node) *graph.Node {
		return poissonLogMass(low, k)
	})
	high := graph.Max(eta, cut)
	return graph.Where(graph.Lt(eta, cut), small, poissonRejection(high).draw(g, site, s))
}

// poissonRejection holds the constants of Hörmann's PTRS for rates ≥ 10.
func poissonRejection(eta *graph.Node) rejection {
	rate := graph.Exp(eta)
	b := graph.Affine(graph.Sqrt(rate), 2.53, 0.931)
	return rejection{
		a: graph.Affine(b, 0.02483, -0.059), b: b, centre: graph.AddC(rate, 0.43),
		scale:    graph.Affine(graph.Recip(graph.AddC(b, -3.4)), 1.1328, 1.1239),
		fallback: graph.Floor(rate),
		logMass:  func(k *graph.Node) *graph.Node { return poissonLogMass(eta, k) },
	}
}

// Mean returns exp(η).
func (d PoissonDist) Mean() *graph.Node { return d.over(graph.Exp(d.LogRate), 0) }

// Variance returns exp(η).
func (d PoissonDist) Variance() *graph.Node { return d.Mean() }
