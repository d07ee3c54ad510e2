package transform

import (
	"math"

	"elbo/graph"
	"elbo/kernels"
)

// Exp is y = eˣ, log|dy/dx| = x, the default for positive values: scale parameters have
// posteriors close to Normal on the log scale, and a change of the data's unit is a mere
// shift of x, so one start and one step size serve σ = 10⁻⁶ and σ = 10⁶ alike.
type Exp struct{ elementwise }

// Forward returns exp x.
func (Exp) Forward(x *graph.Node) *graph.Node { return graph.Exp(x) }

// LogDet returns Σ x.
func (Exp) LogDet(x *graph.Node) *graph.Node { return graph.Sum(x) }

// Inverse returns log y, NaN where y ≤ 0.
func (Exp) Inverse(y []float64) []float64 { return each(y, logPositive) }

// ForwardHost returns exp x.
func (Exp) ForwardHost(x []float64, _ kernels.Shape) []float64 { return each(x, math.Exp) }

// Softplus is y = log(1 + eˣ), log|dy/dx| = log sigmoid(x). It grows linearly, which keeps
// the standard deviations of a guide tame under large steps; prefer Exp for model sites.
type Softplus struct{ elementwise }

// Forward returns softplus x.
func (Softplus) Forward(x *graph.Node) *graph.Node { return graph.Softplus(x) }

// LogDet returns Σ log sigmoid(x).
func (Softplus) LogDet(x *graph.Node) *graph.Node { return graph.Sum(graph.LogSigmoid(x)) }

// Inverse returns log(e^y − 1) = y + log(1 − e⁻ʸ), NaN where y ≤ 0.
func (Softplus) Inverse(y []float64) []float64 {
	return each(y, func(v float64) float64 {
		if !(v > 0) {
			return math.NaN()
		}
		return v + math.Log(-math.Expm1(-v))
	})
}

// ForwardHost returns softplus x.
func (Softplus) ForwardHost(x []float64, _ kernels.Shape) []float64 { return each(x, softplus) }

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func logPositive(y float64) float64 {
	if !(y > 0) {
		return math.NaN()
	}
	return math.Log(y)
}
