package kernels

import (
	"strings"
	"testing"
)

func TestInferShape(t *testing.T) {
	type S = Shape
	tests := []struct {
		name string
		op   Op
		attr Attr
		args []Shape
		want Shape // nil when an error is wanted
		err  string
	}{
		{"broadcast", Add, Attr{}, []S{{3, 1}, {4}}, S{3, 4}, ""},
		{"scalar unary", Exp, Attr{}, []S{{}}, S{}, ""},
		{"no broadcast", Add, Attr{}, []S{{3}, {4}}, nil, "do not broadcast"},
		{"arity", Add, Attr{}, []S{{3}}, nil, "1 operands given, 2 wanted"},
		{"rank 5", Exp, Attr{}, []S{{1, 1, 1, 1, 1}}, nil, "above 4"},
		{"ternary", Where, Attr{}, []S{{2, 1}, {}, {3}}, S{2, 3}, ""},
		{"copy", Copy, Attr{Shape: S{5, 3}}, []S{{3}}, S{5, 3}, ""},
		{"copy shrinks", Copy, Attr{Shape: S{3}}, []S{{5, 3}}, nil, "broadcast to (3)"},
		{"view", View, Attr{Shape: S{6}}, []S{{2, 3}}, S{6}, ""},
		{"view size", View, Attr{Shape: S{7}}, []S{{2, 3}}, nil, "6 elements"},
		{"transpose", Transpose, Attr{Axes: []int{2, 0, 1}}, []S{{2, 3, 4}}, S{4, 2, 3}, ""},
		{"transpose repeats", Transpose, Attr{Axes: []int{0, 0}}, []S{{2, 3}}, nil, "no permutation"},
		{"transpose short", Transpose, Attr{Axes: []int{0}}, []S{{2, 3}}, nil, "no permutation"},
		{"transpose long", Transpose, Attr{Axes: []int{0, 1, 2}}, []S{{2, 3}}, nil, "no permutation"},
		{"slice", Slice, Attr{Axis: 1, Start: 1, N: 2}, []S{{2, 3}}, S{2, 2}, ""},
		{"slice past end", Slice, Attr{Axis: 1, Start: 2, N: 2}, []S{{2, 3}}, nil, "outside extent 3"},
		{"slice axis", Slice, Attr{Axis: 2}, []S{{2, 3}}, nil, "axis 2"},
		{"pad", Pad, Attr{Axis: 0, Start: 1, Shape: S{5, 3}}, []S{{2, 3}}, S{5, 3}, ""},
		{"pad short", Pad, Attr{Axis: 0, Start: 4, Shape: S{5, 3}}, []S{{2, 3}}, nil, "does not fit"},
		{"pad other axis", Pad, Attr{Axis: 0, Shape: S{5, 4}}, []S{{2, 3}}, nil, "differs off axis"},
		{"concat", Concat, Attr{Axis: 1}, []S{{2, 3}, {2, 4}, {2, 0}}, S{2, 7}, ""},
		{"concat off axis", Concat, Attr{Axis: 1}, []S{{2, 3}, {3, 3}}, nil, "differ"},
		{"concat none", Concat, Attr{}, nil, nil, "at least 1"},
		{"sum", SumReduce, Attr{Axes: []int{2, 0}}, []S{{2, 3, 4}}, S{3}, ""},
		{"sum all", SumReduce, Attr{Axes: []int{0, 1}}, []S{{2, 3}}, S{}, ""},
		{"sum twice", SumReduce, Attr{Axes: []int{1, 1}}, []S{{2, 3}}, nil, "given twice"},
		{"matmul", MatMul, Attr{}, []S{{2, 3}, {3, 4}}, S{2, 4}, ""},
		{"matmul trans", MatMul, Attr{TransA: true, TransB: true}, []S{{3, 2}, {4, 3}}, S{2, 4}, ""},
		{"matvec", MatMul, Attr{}, []S{{2, 3}, {3}}, S{2}, ""},
		{"vecmat", MatMul, Attr{TransB: true}, []S{{3}, {4, 3}}, S{4}, ""},
		{"dot", MatMul, Attr{}, []S{{3}, {3}}, S{}, ""},
		{"batch", MatMul, Attr{TransB: true}, []S{{5, 2, 3}, {5, 4, 3}}, S{5, 2, 4}, ""},
		{"batch differs", MatMul, Attr{}, []S{{5, 2, 3}, {4, 3, 2}}, nil, "batch extents"},
		{"batch mixed", MatMul, Attr{}, []S{{5, 2, 3}, {3, 2}}, nil, "ranks 3 and 2"},
		{"inner", MatMul, Attr{}, []S{{2, 3}, {2, 3}}, nil, "inner extents 3 and 2"},
		{"vector transposed", MatMul, Attr{TransA: true}, []S{{3}, {3, 2}}, nil, "cannot be transposed"},
		{"gather", Gather, Attr{}, []S{{9, 2, 3}, {4}}, S{4, 2, 3}, ""},
		{"gather vector", Gather, Attr{}, []S{{9}, {4}}, S{4}, ""},
		{"gather matrix idx", Gather, Attr{}, []S{{9}, {4, 1}}, nil, "vector of indices"},
		{"scatter", ScatterAdd, Attr{Shape: S{9, 3}}, []S{{4}, {4, 3}}, S{9, 3}, ""},
		{"scatter width", ScatterAdd, Attr{Shape: S{9, 2}}, []S{{4}, {4, 3}}, nil, "do not fit"},
		{"scatter rows", ScatterAdd, Attr{Shape: S{9, 3}}, []S{{5}, {4, 3}}, nil, "as many rows"},
		{"tril", Tril, Attr{}, []S{{2, 3, 4}}, S{2, 3, 4}, ""},
		{"tril vector", Tril, Attr{}, []S{{4}}, nil, "matrix wanted"},
		{"diag", Diag, Attr{}, []S{{2, 3, 3}}, S{2, 3}, ""},
		{"diag oblong", Diag, Attr{}, []S{{2, 3}}, nil, "square"},
		{"diagembed", DiagEmbed, Attr{}, []S{{2, 3}}, S{2, 3, 3}, ""},
		{"cholesky", Cholesky, Attr{}, []S{{3, 3}}, S{3, 3}, ""},
		{"trisolve", TriSolve, Attr{}, []S{{3, 3}, {3, 2}}, S{3, 2}, ""},
		{"trisolve rows", TriSolve, Attr{}, []S{{3, 3}, {2}}, nil, "right-hand sides"},
		{"iota", Iota, Attr{Shape: S{2, 3}}, nil, S{2, 3}, ""},
		{"iota scalar", Iota, Attr{}, nil, nil, "last axis"},
		{"step", Step, Attr{}, nil, S{}, ""},
		{"normal", RandNormal, Attr{Shape: S{3}}, nil, S{3}, ""},
		{"batch index", BatchIndex, Attr{N: 10, Shape: S{4}}, nil, S{4}, ""},
		{"batch of none", BatchIndex, Attr{Shape: S{4}}, nil, nil, "from 0 rows"},
		{"negative extent", RandUniform, Attr{Shape: S{-1}}, nil, nil, "negative extent"},
		{"assign", Assign, Attr{}, []S{{2}}, S{2}, ""},
		{"cumsum axis", CumSum, Attr{Axis: 1}, []S{{2}}, nil, "axis 1"},
		{"unknown", OpStructural, Attr{}, nil, nil, "unknown op"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, err := InferShape(tc.op, tc.attr, tc.args)
			switch {
			case tc.want == nil && (err == nil || !strings.Contains(err.Error(), tc.err)):
				t.Fatalf("InferShape(%v) = %v, %v; want an error with %q", tc.args, got, err, tc.err)
			case tc.want != nil && (err != nil || !got.Equal(tc.want)):
				t.Fatalf("InferShape(%v) = %v, %v; want %v", tc.args, got, err, tc.want)
			}
		})
	}
}

// Every structural row needs a rule; an absent one would be a nil call at build time.
func TestShapeRulesComplete(t *testing.T) {
	for _, row := range Structural() {
		if shapeRules[row.Op] == nil {
			t.Errorf("op %v has no shape rule", row.Op)
		}
	}
	if len(shapeRules) != len(Structural()) {
		t.Errorf("%d shape rules for %d structural ops", len(shapeRules), len(Structural()))
	}
}
