package transform

import (
	"math"

	"elbo/graph"
	"elbo/kernels"
)

// PartialCorr maps x (…, K(K−1)/2) to Cholesky factors (…, K, K) of correlation matrices by
// canonical partial correlations p = tanh x (Lewandowski, Kurowicka & Joe 2009):
//
//	L_ij = p_ij √Π_{m<j}(1 − p_im²)  (j < i),   L_ii = √Π_{m<i}(1 − p_im²)
//
// The determinant is triangular in x: log|det| = Σ_{i>j} s_ij (1 + (i−1−j)/2) with
// s = log(1 − tanh² x) = log 4 + 2 log sigmoid(2x) − 2x, which stays finite where tanh rounds to 1.
type PartialCorr struct{}

// Forward returns the Cholesky factor.
func (PartialCorr) Forward(x *graph.Node) *graph.Node {
	k := matrixSize("PartialCorr", last("PartialCorr", x), -1)
	return rowsFromPartials(fill(graph.Tanh(x), k, -1), fill(logSech2(x), k, -1))
}

// FromPartials returns the Cholesky factor (…, K, K) of the correlation matrix whose
// canonical partial correlations are p (…, K(K−1)/2), each in (−1, 1).
func FromPartials(p *graph.Node) *graph.Node {
	k := matrixSize("FromPartials", last("FromPartials", p), -1)
	return rowsFromPartials(fill(p, k, -1), fill(graph.Log1p(graph.Neg(graph.Square(p))), k, -1))
}

// rowsFromPartials takes p and s = log(1 − p²), both strictly lower triangular.
func rowsFromPartials(p, s *graph.Node) *graph.Node {
	k := last("PartialCorr", p)
	before := graph.Sub(graph.CumSum(s, -1, false), s)
	unit := graph.GraphOf(p).ConstTensor(eye(k), k, k)
	return graph.Mul(graph.Add(p, unit), graph.Exp(graph.MulC(before, 0.5)))
}

func logSech2(x *graph.Node) *graph.Node {
	y := graph.MulC(x, 2)
	return graph.AddC(graph.Sub(graph.MulC(graph.LogSigmoid(y), 2), y), math.Log(4))
}

// LogDet returns Σ s_ij (1 + (i−1−j)/2).
func (PartialCorr) LogDet(x *graph.Node) *graph.Node {
	d := last("PartialCorr", x)
	w := make([]float64, 0, d)
	for i := range matrixSize("PartialCorr", d, -1) {
		for j := range i {
			w = append(w, 1+float64(i-1-j)/2)
		}
	}
	return graph.Sum(graph.Mul(logSech2(x), graph.GraphOf(x).ConstTensor(w, d)))
}

// Inverse maps one factor; rows are rescaled to unit length first. A diagonal entry ≤ 0 or a
// length that is not a square gives NaN.
func (PartialCorr) Inverse(y []float64) []float64 {
	k := side(len(y))
	if k < 0 {
		return []float64{math.NaN()}
	}
	var x []float64
	for i := range k {
		row := y[i*k : i*k+i+1]
		rest := row[i] * row[i]
		first := len(x)
		x = append(x, row[:i]...)
		// With r² = Σ_{m≥j} L_im² the remaining length, atanh(L_ij/r) = asinh(L_ij/√(r² − L_ij²)).
		for j := i - 1; j >= 0; j-- {
			x[first+j] = math.Asinh(row[j] / math.Sqrt(rest))
			if !(row[i] > 0) {
				x[first+j] = math.NaN()
			}
			rest += row[j] * row[j]
		}
	}
	return x
}

// ForwardHost maps coordinates to Cholesky factors.
func (PartialCorr) ForwardHost(x []float64, s kernels.Shape) []float64 {
	k := s[len(s)-1]
	return events(x, s, k*(k-1)/2, k*k, func(x, y []float64) {
		fillHost(x, y, k, -1)
		for i := range k {
			left := 0.0
			for j := range i {
				v := y[i*k+j]
				y[i*k+j] = math.Tanh(v) * math.Exp(left/2)
				left += math.Log(4) - 2*softplus(2*v) + 2*v
			}
			y[i*k+i] = math.Exp(left / 2)
		}
	})
}

// Dim returns batches × K(K−1)/2.
func (t PartialCorr) Dim(s kernels.Shape) int { return t.Unconstrained(s).Size() }

// Unconstrained returns (…, K(K−1)/2).
func (PartialCorr) Unconstrained(s kernels.Shape) kernels.Shape { return triangleShape(s, -1) }

// EventRank is 2.
func (PartialCorr) EventRank() int { return 2 }
