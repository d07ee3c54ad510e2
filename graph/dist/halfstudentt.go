package dist

import (
	"math"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// HalfStudentTDist is the half-t distribution; see HalfStudentT.
type HalfStudentTDist struct {
	draw
	continuous
	Nu, Sigma *graph.Node
}

// HalfStudentT is |x| of a StudentT(nu, 0, sigma); its log density is that of the t plus
// log 2 for x ≥ 0, in the same numerical form.
func HalfStudentT(nu, sigma *graph.Node) HalfStudentTDist {
	return HalfStudentTDist{draw: newDraw("HalfStudentT", nu, sigma), Nu: nu, Sigma: sigma}
}

func (d HalfStudentTDist) expand(s kernels.Shape) Distribution { d.shape = s; return d }

// Support is (0, ∞).
func (HalfStudentTDist) Support() transform.Support {
	return transform.Support{Kind: transform.Positive}
}

// LogProb returns the log density, −Inf for x < 0.
func (d HalfStudentTDist) LogProb(x *graph.Node) *graph.Node {
	ok := graph.Ge(x, d.g.Const(0))
	z := graph.Div(guarded(ok, x, 1), d.Sigma)
	return d.over(within(ok, graph.AddC(studentLogProb(d.Nu, d.Sigma, z), math.Ln2)), 0)
}

// Sample draws the absolute value of a t draw.
func (d HalfStudentTDist) Sample(g *graph.Graph, site string) *graph.Node {
	return graph.Mul(graph.Abs(standardT(g, site, d.Nu, d.shape)), d.Sigma)
}

// standardMean returns 2√(ν/π) Γ((ν+1)/2) / (Γ(ν/2)(ν−1)) where ν > 1, else +Inf.
func (d HalfStudentTDist) standardMean() *graph.Node {
	half := graph.MulC(d.Nu, 0.5)
	// √ν √(ν/2) = ν/√2; the remaining constant is 2/√π.
	c := graph.MulC(graph.Exp(lgammaHalf(half)), 2/math.Sqrt(2*math.Pi))
	m := graph.Div(graph.Mul(c, d.Nu), graph.AddC(d.Nu, -1))
	return graph.Where(graph.Gt(d.Nu, d.g.Const(1)), m, d.g.Const(math.Inf(1)))
}

// Mean returns the mean, +Inf where ν ≤ 1.
func (d HalfStudentTDist) Mean() *graph.Node {
	return d.over(graph.Mul(d.Sigma, d.standardMean()), 0)
}

// Variance returns σ²ν/(ν−2) − mean² where ν > 2, +Inf where 1 < ν ≤ 2, else NaN.
func (d HalfStudentTDist) Variance() *graph.Node {
	v := graph.Sub(studentVariance(d.Nu), graph.Square(d.standardMean()))
	return d.over(graph.Mul(graph.Square(d.Sigma), v), 0)
}
