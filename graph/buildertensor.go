package graph

import "elbo/kernels"

// Functions over any Builder that reduce, move or multiply tensors, see builderfuncs.go.

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
