package graph

import "elbo/kernels"

// Functions that reduce, move or multiply tensors. Axes may count from the end: −1 is the last.

// ShapeOf returns the shape of n; it must not be changed.
func ShapeOf(n *Node) kernels.Shape { return GraphOf(n).Shape(n) }

// builderOf returns the node builder of the first operand's graph.
func builderOf(n *Node) nodeBuilder { return nodeBuilder{GraphOf(n)} }

// Sum sums over axes and removes them; no axes means all.
func Sum(x *Node, axes ...int) *Node { return SumB(builderOf(x), x, axes...) }

// SumKeep sums over axes and keeps them with extent 1; no axes means all.
func SumKeep(x *Node, axes ...int) *Node {
	b := builderOf(x)
	return KeepB(b, SumB(b, x, axes...), b.Shape(x), axes...)
}

// Mean averages over axes and removes them; no axes means all.
func Mean(x *Node, axes ...int) *Node {
	y := Sum(x, axes...)
	return MulC(y, float64(ShapeOf(y).Size())/float64(ShapeOf(x).Size()))
}

// MaxAxis takes the maximum over axes and removes them; no axes means all. NaN wins; equal
// maxima share the gradient.
func MaxAxis(x *Node, axes ...int) *Node { return MaxAxisB(builderOf(x), x, axes...) }

// LogSumExp returns log Σ eˣ over axes, which it removes; no axes means all. The largest x is
// taken out first, so nothing overflows; the result is −∞ where all x are.
func LogSumExp(x *Node, axes ...int) *Node {
	b := builderOf(x)
	sum, top := shiftedSum(b, x, axes)
	return Add(Log(sum), ReshapeB(b, top, b.Shape(sum)...))
}

// Softmax returns eˣ / Σ eˣ along one axis.
func Softmax(x *Node, axis int) *Node {
	b := builderOf(x)
	top := shift(b, x, []int{axis})
	e := Exp(Sub(x, top))
	return Div(e, SumKeep(e, axis))
}

// LogSoftmax returns x − log Σ eˣ along one axis.
func LogSoftmax(x *Node, axis int) *Node {
	b := builderOf(x)
	d := Sub(x, shift(b, x, []int{axis}))
	return Sub(d, Log(SumKeep(Exp(d), axis)))
}

// shiftedSum returns Σ exp(x − top) with axes removed, and top with axes kept.
func shiftedSum(b nodeBuilder, x *Node, axes []int) (sum, top *Node) {
	top = shift(b, x, axes)
	return SumB(b, Exp(Sub(x, top)), axes...), top
}

// shift returns the maximum over axes, kept, as a constant to the gradient; 0 where it is not finite.
func shift(b nodeBuilder, x *Node, axes []int) *Node {
	top := KeepB(b, MaxAxisB(b, x, axes...), b.Shape(x), axes...)
	return StopGrad(Where(IsFinite(top), top, b.Const(0)))
}

// Reshape reinterprets x with another shape of as many elements.
func Reshape(x *Node, shape ...int) *Node { return ReshapeB(builderOf(x), x, shape...) }

// BroadcastTo repeats x along the axes where the shape is larger.
func BroadcastTo(x *Node, shape ...int) *Node { return BroadcastToB(builderOf(x), x, shape...) }

// Transpose permutes axes: axis i of the result is axis perm[i] of x. No perm reverses them.
func Transpose(x *Node, perm ...int) *Node { return TransposeB(builderOf(x), x, perm...) }

// ExpandDims inserts an axis of extent 1 before axis; −1 appends one.
func ExpandDims(x *Node, axis int) *Node {
	s := ShapeOf(x)
	at := axis
	if at < 0 {
		at += len(s) + 1
	}
	if at < 0 || at > len(s) {
		fail("ExpandDims", []kernels.Shape{s}, "axis %d is outside rank %d", axis, len(s)+1)
	}
	out := append(s[:at:at].Clone(), 1)
	return Reshape(x, append(out, s[at:]...)...)
}

// Slice takes [start, stop) of an axis.
func Slice(x *Node, axis, start, stop int) *Node {
	return SliceB(builderOf(x), x, axis, start, stop)
}

// Concat joins xs along an axis.
func Concat(axis int, xs ...*Node) *Node {
	if len(xs) == 0 {
		fail("Concat", nil, "nothing to join")
	}
	b := builderOf(xs[0])
	return b.Apply(kernels.Concat, kernels.Attr{Axis: cleanAxis("Concat", b.Shape(xs[0]), axis)}, nil, xs...)
}

// Stack joins xs of equal shape along a new axis.
func Stack(axis int, xs ...*Node) *Node {
	wide := make([]*Node, len(xs))
	for i, x := range xs {
		wide[i] = ExpandDims(x, axis)
	}
	return Concat(axis, wide...)
}

// Pad places x at start of an axis of the given size, in zeros.
func Pad(x *Node, axis, start, size int) *Node { return PadB(builderOf(x), x, axis, start, size) }

// MatMul returns a b: matrices, vectors (a row on the left, a column on the right), or two
// batches of matrices with one leading axis.
func MatMul(a, b *Node) *Node { return MatMulT(a, b, false, false) }

// MatMulT returns op(a) op(b), where ta and tb transpose the last two axes.
func MatMulT(a, b *Node, ta, tb bool) *Node { return MatMulB(builderOf(a), a, b, ta, tb) }

// MatVec returns a x for a (M,K), x (K) → (M).
func MatVec(a, x *Node) *Node { return MatMul(a, x) }

// Dot returns Σ x y of two vectors.
func Dot(x, y *Node) *Node {
	if s, t := ShapeOf(x), ShapeOf(y); len(s) != 1 || !s.Equal(t) {
		fail("Dot", []kernels.Shape{s, t}, "two vectors of one length wanted")
	}
	return Sum(Mul(x, y))
}

// Outer returns x yᵀ for x (M), y (N) → (M,N).
func Outer(x, y *Node) *Node {
	if s, t := ShapeOf(x), ShapeOf(y); len(s) != 1 || len(t) != 1 {
		fail("Outer", []kernels.Shape{s, t}, "two vectors wanted")
	}
	return Mul(ExpandDims(x, 1), y)
}

// Gather takes rows: table (V, D...), idx (n) int32 → (n, D...).
func Gather(table, idx *Node) *Node { return GatherB(builderOf(table), table, idx) }

// ScatterAdd adds rows: idx (n) int32, src (n, D...) → (rows, D...).
func ScatterAdd(idx, src *Node, rows int) *Node {
	return ScatterAddB(builderOf(idx), idx, src, rows)
}

// OneHot returns (n, k) with 1 at column idx[i] of row i, for idx (n) of either type.
func OneHot(idx *Node, k int) *Node {
	g := GraphOf(idx)
	if s := g.Shape(idx); len(s) != 1 {
		fail("OneHot", []kernels.Shape{s}, "a vector of indices wanted")
	}
	return Eq(ExpandDims(ToFloat(idx), 1), Iota(g, k))
}

// Iota returns 0, 1, 2, ... along the last axis, repeated over the others.
func Iota(g *Graph, shape ...int) *Node {
	return g.Apply(kernels.Iota, kernels.Attr{}, given(shape))
}

// CumSum sums inclusively along an axis, from its end where reverse.
func CumSum(x *Node, axis int, reverse bool) *Node {
	b := builderOf(x)
	return b.Apply(kernels.CumSum, kernels.Attr{Axis: cleanAxis("CumSum", b.Shape(x), axis), Flag: reverse}, nil, x)
}

// Tril keeps the lower triangle of the last two axes up to diagonal k: 0 keeps the diagonal, −1 drops it.
func Tril(x *Node, k int) *Node { return TrilB(builderOf(x), x, k) }

// Diag extracts the diagonal of the last two axes: (..., n, n) → (..., n).
func Diag(x *Node) *Node { return DiagB(builderOf(x), x) }

// DiagEmbed puts the last axis on a diagonal: (..., n) → (..., n, n).
func DiagEmbed(x *Node) *Node { return DiagEmbedB(builderOf(x), x) }

// Cholesky returns lower L with L Lᵀ = a, reading a's lower triangle; NaN where a is not
// positive definite. Gradients flow to the lower triangle only.
func Cholesky(a *Node) *Node {
	return builderOf(a).Apply(kernels.Cholesky, kernels.Attr{}, nil, a)
}

// TriSolve solves op(l) X = b for lower l (n,n) and b (n) or (n,m); transpose uses lᵀ.
func TriSolve(l, b *Node, transpose bool) *Node { return TriSolveB(builderOf(l), l, b, transpose) }

// LogDetTri returns log |det l| of a triangular matrix: Σ log |lᵢᵢ|.
func LogDetTri(l *Node) *Node { return Sum(Log(Abs(Diag(l)))) }

// ToFloat converts int32, bytes and bfloat16 to the graph's float type; floats pass.
func ToFloat(x *Node) *Node { return convertNode(kernels.ToFloat, x, GraphOf(x).dt) }

// ToInt rounds floats toward zero to int32, NaN to −1; int32 passes.
func ToInt(x *Node) *Node { return convertNode(kernels.ToInt, x, kernels.I32) }

func convertNode(op kernels.Op, x *Node, to kernels.DType) *Node {
	b := builderOf(x)
	if b.DType(x) == to {
		return x
	}
	return b.Apply(op, kernels.Attr{}, nil, x)
}

// StopGrad returns x without letting gradients through.
func StopGrad(x *Node) *Node { return StopGradB(builderOf(x), x) }
