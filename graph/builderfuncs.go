package graph

import "elbo/kernels"

// Functions over any Builder, for gradient rules and optimiser updates. Their names are
// those of the functions on nodes with a B behind.

// noImm is the immediates of ops that use none.
var noImm [2]float64

// UnaryB applies an elementwise op without immediates to one operand.
func UnaryB[V any](b Builder[V], op kernels.Op, x V) V { return b.Elem(op, noImm, x) }

// BinaryB applies an elementwise op without immediates to two operands.
func BinaryB[V any](b Builder[V], op kernels.Op, x, y V) V { return b.Elem(op, noImm, x, y) }

// AddB returns x + y.
func AddB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Add, x, y) }

// SubB returns x − y.
func SubB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Sub, x, y) }

// MulB returns x y.
func MulB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Mul, x, y) }

// DivB returns x / y.
func DivB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Div, x, y) }

// MaxB returns the larger of x and y; NaN wins.
func MaxB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Max, x, y) }

// MinB returns the smaller of x and y; NaN wins.
func MinB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Min, x, y) }

// PowB returns x^y.
func PowB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Pow, x, y) }

// LtB returns 1 where x < y, else 0.
func LtB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Lt, x, y) }

// GtB returns 1 where x > y, else 0.
func GtB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Gt, x, y) }

// GeB returns 1 where x ≥ y, else 0.
func GeB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Ge, x, y) }

// EqB returns 1 where x = y, else 0.
func EqB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Eq, x, y) }

// NegB returns −x.
func NegB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Neg, x) }

// AbsB returns |x|.
func AbsB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Abs, x) }

// SignB returns −1, 0 or 1.
func SignB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Sign, x) }

// RecipB returns 1/x.
func RecipB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Recip, x) }

// SquareB returns x².
func SquareB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Square, x) }

// SqrtB returns √x.
func SqrtB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Sqrt, x) }

// RsqrtB returns 1/√x.
func RsqrtB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Rsqrt, x) }

// ExpB returns eˣ.
func ExpB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Exp, x) }

// LogB returns the natural logarithm of x.
func LogB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Log, x) }

// CosB returns the cosine of x radians.
func CosB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Cos, x) }

// IsFiniteB returns 1 where x is finite, else 0.
func IsFiniteB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.IsFinite, x) }

// AffineB returns s x + t with one rounding.
func AffineB[V any](b Builder[V], x V, s, t float64) V {
	return b.Elem(kernels.Affine, [2]float64{s, t}, x)
}

// MulCB returns s x for a constant s.
func MulCB[V any](b Builder[V], x V, s float64) V { return AffineB(b, x, s, 0) }

// AddCB returns x + t for a constant t.
func AddCB[V any](b Builder[V], x V, t float64) V { return AffineB(b, x, 1, t) }

// AxpyB returns s x + y for a constant s, with one rounding.
func AxpyB[V any](b Builder[V], s float64, x, y V) V {
	return b.Elem(kernels.Axpy, [2]float64{s}, x, y)
}

// PowCB returns x^p for a constant p.
func PowCB[V any](b Builder[V], x V, p float64) V {
	return b.Elem(kernels.PowImm, [2]float64{p}, x)
}

// ClampB returns x limited to [lo, hi]; NaN stays NaN.
func ClampB[V any](b Builder[V], x V, lo, hi float64) V {
	return b.Elem(kernels.Clamp, [2]float64{lo, hi}, x)
}

// WhereB returns y where c ≠ 0, else z.
func WhereB[V any](b Builder[V], c, y, z V) V { return b.Elem(kernels.Where, noImm, c, y, z) }

// FMAB returns x y + z with one rounding.
func FMAB[V any](b Builder[V], x, y, z V) V { return b.Elem(kernels.FMA, noImm, x, y, z) }

// SumB sums over axes and removes them; no axes means all.
func SumB[V any](b Builder[V], x V, axes ...int) V {
	return reduceB(b, kernels.SumReduce, "Sum", x, axes)
}

// MaxAxisB takes the maximum over axes and removes them; no axes means all. NaN wins.
func MaxAxisB[V any](b Builder[V], x V, axes ...int) V {
	return reduceB(b, kernels.MaxReduce, "MaxAxis", x, axes)
}

func reduceB[V any](b Builder[V], op kernels.Op, fn string, x V, axes []int) V {
	axes = cleanAxes(fn, b.Shape(x), axes)
	if len(axes) == 0 {
		return x
	}
	return b.Apply(op, kernels.Attr{Axes: axes}, nil, x)
}

// KeepB puts axes removed by a reduction of a value of shape full back with extent 1.
func KeepB[V any](b Builder[V], x V, full kernels.Shape, axes ...int) V {
	s := full.Clone()
	for _, a := range cleanAxes("Keep", full, axes) {
		s[a] = 1
	}
	return ReshapeB(b, x, s...)
}

// SumToB sums x over the axes that broadcasting to x's shape added or stretched, so that the
// result has the given shape.
func SumToB[V any](b Builder[V], x V, shape kernels.Shape) V {
	from := b.Shape(x)
	if from.Equal(shape) {
		return x
	}
	lead := len(from) - len(shape)
	var axes []int
	for i, d := range from {
		if i < lead || shape[i-lead] == 1 && d != 1 {
			axes = append(axes, i)
		}
	}
	if len(axes) > 0 {
		x = b.Apply(kernels.SumReduce, kernels.Attr{Axes: axes}, nil, x)
	}
	return ReshapeB(b, x, shape...)
}

// BroadcastToB repeats x along the axes where the shape is larger.
func BroadcastToB[V any](b Builder[V], x V, shape ...int) V {
	if b.Shape(x).Equal(shape) {
		return x
	}
	return b.Apply(kernels.Copy, kernels.Attr{}, given(shape), x)
}

// ReshapeB reinterprets x with another shape of as many elements.
func ReshapeB[V any](b Builder[V], x V, shape ...int) V {
	if b.Shape(x).Equal(shape) {
		return x
	}
	return b.Apply(kernels.View, kernels.Attr{}, given(shape), x)
}

// given makes a scalar shape distinct from no shape.
func given(shape []int) kernels.Shape { return append(kernels.Shape{}, shape...) }

// StopGradB returns x without letting gradients through.
func StopGradB[V any](b Builder[V], x V) V {
	return b.Apply(kernels.View, kernels.Attr{Flag: true}, given(b.Shape(x)), x)
}

// TransposeB permutes axes: axis i of the result is axis perm[i] of x. No perm reverses them.
func TransposeB[V any](b Builder[V], x V, perm ...int) V {
	n := len(b.Shape(x))
	if len(perm) == 0 {
		for i := range n {
			perm = append(perm, n-1-i)
		}
	}
	return b.Apply(kernels.Transpose, kernels.Attr{Axes: perm}, nil, x)
}

// SliceB takes [start, stop) of an axis.
func SliceB[V any](b Builder[V], x V, axis, start, stop int) V {
	axis = cleanAxis("Slice", b.Shape(x), axis)
	if stop <= start {
		fail("Slice", []kernels.Shape{b.Shape(x)}, "range [%d, %d) is empty", start, stop)
	}
	return b.Apply(kernels.Slice, kernels.Attr{Axis: axis, Start: start, N: stop - start}, nil, x)
}

// PadB places x at start of an axis of the given size, in zeros.
func PadB[V any](b Builder[V], x V, axis, start, size int) V {
	axis = cleanAxis("Pad", b.Shape(x), axis)
	s := b.Shape(x).Clone()
	s[axis] = size
	return b.Apply(kernels.Pad, kernels.Attr{Axis: axis, Start: start}, s, x)
}

// MatMulB returns op(x) op(y), see kernels.MatMul.
func MatMulB[V any](b Builder[V], x, y V, tx, ty bool) V {
	return b.Apply(kernels.MatMul, kernels.Attr{TransA: tx, TransB: ty}, nil, x, y)
}

// GatherB returns the rows idx of a table.
func GatherB[V any](b Builder[V], table, idx V) V {
	return b.Apply(kernels.Gather, kernels.Attr{}, nil, table, idx)
}

// ScatterAddB adds the rows of src to rows idx of zeros (rows, ...).
func ScatterAddB[V any](b Builder[V], idx, src V, rows int) V {
	s := b.Shape(src).Clone()
	if len(s) == 0 {
		fail("ScatterAdd", []kernels.Shape{s}, "src has no rows")
	}
	s[0] = rows
	return b.Apply(kernels.ScatterAdd, kernels.Attr{}, s, idx, src)
}

// TrilB keeps the lower triangle of the last two axes up to diagonal k.
func TrilB[V any](b Builder[V], x V, k int) V {
	return b.Apply(kernels.Tril, kernels.Attr{Start: k}, nil, x)
}

// DiagB extracts the diagonal of the last two axes.
func DiagB[V any](b Builder[V], x V) V { return b.Apply(kernels.Diag, kernels.Attr{}, nil, x) }

// DiagEmbedB puts the last axis on the diagonal of a square of zeros.
func DiagEmbedB[V any](b Builder[V], x V) V {
	return b.Apply(kernels.DiagEmbed, kernels.Attr{}, nil, x)
}

// TriSolveB solves op(l) X = y for lower l; trans uses lᵀ.
func TriSolveB[V any](b Builder[V], l, y V, trans bool) V {
	return b.Apply(kernels.TriSolve, kernels.Attr{TransA: trans}, nil, l, y)
}

// ZerosB returns zeros of the given shape.
func ZerosB[V any](b Builder[V], shape kernels.Shape) V {
	return BroadcastToB(b, b.Const(0), shape...)
}

// cleanAxis resolves an axis counted from the end.
func cleanAxis(fn string, s kernels.Shape, axis int) int {
	a := axis
	if a < 0 {
		a += len(s)
	}
	if a < 0 || a >= len(s) {
		fail(fn, []kernels.Shape{s}, "axis %d is outside rank %d", axis, len(s))
	}
	return a
}

// cleanAxes resolves axes counted from the end; none means all. The result is ascending.
func cleanAxes(fn string, s kernels.Shape, axes []int) []int {
	in := make([]bool, len(s))
	for _, a := range axes {
		a = cleanAxis(fn, s, a)
		if in[a] {
			fail(fn, []kernels.Shape{s}, "axis %d is given twice", a)
		}
		in[a] = true
	}
	var out []int
	for i := range s {
		if in[i] || len(axes) == 0 {
			out = append(out, i)
		}
	}
	return out
}
