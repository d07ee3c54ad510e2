package transform

import (
	"math"

	"elbo/graph"
	"elbo/kernels"
)

// Above is y = Lo + eˣ, log|dy/dx| = x.
type Above struct {
	elementwise
	Lo float64
}

// Forward returns Lo + exp x.
func (t Above) Forward(x *graph.Node) *graph.Node { return graph.AddC(graph.Exp(x), t.Lo) }

// LogDet returns Σ x.
func (Above) LogDet(x *graph.Node) *graph.Node { return graph.Sum(x) }

// Inverse returns log(y − Lo), NaN where y ≤ Lo.
func (t Above) Inverse(y []float64) []float64 {
	return each(y, func(v float64) float64 { return logPositive(v - t.Lo) })
}

// ForwardHost returns Lo + exp x.
func (t Above) ForwardHost(x []float64, _ kernels.Shape) []float64 {
	return each(x, func(v float64) float64 { return t.Lo + math.Exp(v) })
}

// Below is y = Hi − eˣ, log|dy/dx| = x.
type Below struct {
	elementwise
	Hi float64
}

// Forward returns Hi − exp x.
func (t Below) Forward(x *graph.Node) *graph.Node { return graph.Affine(graph.Exp(x), -1, t.Hi) }

// LogDet returns Σ x.
func (Below) LogDet(x *graph.Node) *graph.Node { return graph.Sum(x) }

// Inverse returns log(Hi − y), NaN where y ≥ Hi.
func (t Below) Inverse(y []float64) []float64 {
	return each(y, func(v float64) float64 { return logPositive(t.Hi - v) })
}

// ForwardHost returns Hi − exp x.
func (t Below) ForwardHost(x []float64, _ kernels.Shape) []float64 {
	return each(x, func(v float64) float64 { return t.Hi - math.Exp(v) })
}

// Logistic is y = Lo + (Hi − Lo)·sigmoid(x), with log|dy/dx| = log(Hi − Lo) + log sigmoid(x)
// + log sigmoid(−x); the logs are taken before any product can underflow. The bounds must be
// finite with Lo < Hi.
type Logistic struct {
	elementwise
	Lo, Hi float64
}

// Forward returns Lo + (Hi − Lo)·sigmoid(x).
func (t Logistic) Forward(x *graph.Node) *graph.Node {
	return graph.Affine(graph.Sigmoid(x), t.Hi-t.Lo, t.Lo)
}

// LogDet returns Σ log(Hi − Lo) + log sigmoid(x) + log sigmoid(−x), the last two written as
// 2 log sigmoid(x) − x.
func (t Logistic) LogDet(x *graph.Node) *graph.Node {
	return graph.Sum(graph.AddC(graph.Sub(graph.MulC(graph.LogSigmoid(x), 2), x), math.Log(t.Hi-t.Lo)))
}

// Inverse returns the logit of (y − Lo)/(Hi − Lo), NaN outside the open interval.
func (t Logistic) Inverse(y []float64) []float64 {
	return each(y, func(v float64) float64 { return logPositive(v-t.Lo) - logPositive(t.Hi-v) })
}

// ForwardHost returns Lo + (Hi − Lo)·sigmoid(x).
func (t Logistic) ForwardHost(x []float64, _ kernels.Shape) []float64 {
	return each(x, func(v float64) float64 { return t.Lo + (t.Hi-t.Lo)*sigmoid(v) })
}

func sigmoid(x float64) float64 { return math.Exp(-softplus(-x)) }
