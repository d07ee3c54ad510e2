package kernels

import (
	"fmt"
	"slices"
)

// MaxRank is the largest rank of a tensor.
const MaxRank = 4

// shapeRule returns the result shape of one op, or a reason why there is none.
type shapeRule func(attr *Attr, args []Shape) (Shape, error)

// shapeRules holds the rule of every structural op; elementwise ops broadcast.
var shapeRules = map[Op]shapeRule{
	Copy: copyShape, View: viewShape, Transpose: transposeShape, Slice: sliceShape, Pad: padShape,
	Concat: concatShape, SumReduce: reduceShape, MaxReduce: reduceShape, CumSum: axisShape,
	MatMul: matMulShape, Gather: gatherShape, ScatterAdd: scatterShape, Tril: matrixShape, Diag: diagShape,
	DiagEmbed: diagEmbedShape, Cholesky: squareShape, TriSolve: triSolveShape, Iota: iotaShape,
	Step: scalarShape, RandUniform: givenShape, RandNormal: givenShape, BatchIndex: batchIndexShape,
	ToFloat: sameShape, ToInt: sameShape, OpFused: fusedShape, Assign: sameShape,
	Im2Col: im2colShape, Col2Im: col2imShape, UniformRows: uniformRowsShape,
}

// InferShape returns the shape of op(args) under attr. Ops whose result the arguments do not
// determine (Copy, View, Pad, ScatterAdd, Col2Im, Iota, RandUniform, RandNormal, BatchIndex) take
// it from attr.Shape and are checked against it; Slice takes its length from attr.N. A fused
// group has no single shape: its outs state theirs. Errors name the op, the shapes and the reason.
func InferShape(op Op, attr Attr, args []Shape) (Shape, error) {
	info := Info(op)
	if info == nil {
		return nil, fmt.Errorf("kernels: shape of unknown op %d", uint16(op))
	}
	out, err := inferShape(info, &attr, args)
	if err != nil {
		return nil, fmt.Errorf("kernels: %s of shapes %v: %w", info.Name, args, err)
	}
	return out, nil
}

func inferShape(info *OpInfo, attr *Attr, args []Shape) (Shape, error) {
	if info.Arity >= 0 && len(args) != info.Arity || info.Arity < 0 && len(args) == 0 {
		return nil, fmt.Errorf("%d operands given, %s wanted", len(args), arityWord(info.Arity))
	}
	for _, s := range args {
		if err := checkShape(s); err != nil {
			return nil, err
		}
	}
	if info.Op.IsElementwise() {
		return broadcastAll(args)
	}
	out, err := shapeRules[info.Op](attr, args)
	if err != nil {
		return nil, err
	}
	return out, checkShape(out)
}

func arityWord(n int) string {
	if n < 0 {
		return "at least 1"
	}
	return fmt.Sprint(n)
}

func checkShape(s Shape) error {
	if len(s) > MaxRank {
		return fmt.Errorf("rank %d of %v is above %d", len(s), s, MaxRank)
	}
	for _, d := range s {
		if d < 0 {
			return fmt.Errorf("negative extent in %v", s)
		}
	}
	return nil
}

func checkAxis(axis, rank int) error {
	if axis < 0 || axis >= rank {
		return fmt.Errorf("axis %d is outside rank %d", axis, rank)
	}
	return nil
}

func broadcastAll(args []Shape) (Shape, error) {
	out := Shape{}
	for _, s := range args {
		var err error
		if out, err = Broadcast(out, s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func sameShape(_ *Attr, args []Shape) (Shape, error) { return args[0].Clone(), nil }
func scalarShape(*Attr, []Shape) (Shape, error)      { return Shape{}, nil }
func givenShape(attr *Attr, _ []Shape) (Shape, error) {
	return attr.Shape.Clone(), checkShape(attr.Shape)
}

func iotaShape(attr *Attr, _ []Shape) (Shape, error) {
	if len(attr.Shape) == 0 {
		return nil, fmt.Errorf("a scalar has no last axis to count along")
	}
	return attr.Shape.Clone(), nil
}

func batchIndexShape(attr *Attr, _ []Shape) (Shape, error) {
	if len(attr.Shape) != 1 || attr.Shape[0] < 1 || attr.N < 1 || int64(attr.N) > 1<<31-1 {
		return nil, fmt.Errorf("a batch of shape %v from %d rows; a vector and 1 to 2³¹-1 rows wanted", attr.Shape, attr.N)
	}
	return attr.Shape.Clone(), nil
}

func fusedShape(*Attr, []Shape) (Shape, error) {
	return nil, fmt.Errorf("a fused group states the shapes of its outs")
}

func copyShape(attr *Attr, args []Shape) (Shape, error) {
	if out, err := Broadcast(args[0], attr.Shape); err != nil || !out.Equal(attr.Shape) {
		return nil, fmt.Errorf("does not broadcast to %v", attr.Shape)
	}
	return attr.Shape.Clone(), nil
}

func viewShape(attr *Attr, args []Shape) (Shape, error) {
	if args[0].Size() != attr.Shape.Size() {
		return nil, fmt.Errorf("%d elements viewed as %v", args[0].Size(), attr.Shape)
	}
	return attr.Shape.Clone(), nil
}

func transposeShape(attr *Attr, args []Shape) (Shape, error) {
	s := args[0]
	sorted := slices.Sorted(slices.Values(attr.Axes))
	out := make(Shape, len(s))
	for i := range sorted {
		if len(sorted) != len(s) || sorted[i] != i {
			return nil, fmt.Errorf("axes %v are no permutation of rank %d", attr.Axes, len(s))
		}
		out[i] = s[attr.Axes[i]]
	}
	if len(sorted) != len(s) {
		return nil, fmt.Errorf("axes %v are no permutation of rank %d", attr.Axes, len(s))
	}
	return out, nil
}

func sliceShape(attr *Attr, args []Shape) (Shape, error) {
	if err := checkAxis(attr.Axis, len(args[0])); err != nil {
		return nil, err
	}
	if d := args[0][attr.Axis]; attr.Start < 0 || attr.N < 0 || attr.Start > d-attr.N {
		return nil, fmt.Errorf("range [%d, %d+%d) is outside extent %d", attr.Start, attr.Start, attr.N, d)
	}
	out := args[0].Clone()
	out[attr.Axis] = attr.N
	return out, nil
}

func padShape(attr *Attr, args []Shape) (Shape, error) {
	if err := checkAxis(attr.Axis, len(args[0])); err != nil {
		return nil, err
	}
	same := attr.Shape.Clone()
	if len(same) == len(args[0]) {
		same[attr.Axis] = args[0][attr.Axis]
	}
	if !same.Equal(args[0]) {
		return nil, fmt.Errorf("result %v differs off axis %d", attr.Shape, attr.Axis)
	}
	if d := args[0][attr.Axis]; attr.Start < 0 || attr.Start > attr.Shape[attr.Axis]-d {
		return nil, fmt.Errorf("extent %d at %d does not fit in %d", d, attr.Start, attr.Shape[attr.Axis])
	}
	return attr.Shape.Clone(), nil
}

func concatShape(attr *Attr, args []Shape) (Shape, error) {
	if err := checkAxis(attr.Axis, len(args[0])); err != nil {
		return nil, err
	}
	out := args[0].Clone()
	for _, s := range args[1:] {
		if len(s) != len(out) {
			return nil, fmt.Errorf("ranks %d and %d differ", len(out), len(s))
		}
		for i, d := range s {
			if i == attr.Axis {
				out[i] += d
			} else if d != out[i] {
				return nil, fmt.Errorf("extents %d and %d of axis %d differ", out[i], d, i)
			}
		}
	}
	return out, nil
}

func reduceShape(attr *Attr, args []Shape) (Shape, error) {
	seen := [MaxRank]bool{}
	for _, a := range attr.Axes {
		if err := checkAxis(a, len(args[0])); err != nil {
			return nil, err
		}
		if seen[a] {
			return nil, fmt.Errorf("axis %d is given twice", a)
		}
		seen[a] = true
	}
	out := Shape{}
	for i, d := range args[0] {
		if !seen[i] {
			out = append(out, d)
		}
	}
	return out, nil
}

func axisShape(attr *Attr, args []Shape) (Shape, error) {
	return args[0].Clone(), checkAxis(attr.Axis, len(args[0]))
}
