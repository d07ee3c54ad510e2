package kernelstest

import (
	"fmt"
	"testing"

	"elbo/kernels"
)

// structuralCase is a small program around one op; build adds inputs, the op and its output.
type structuralCase struct {
	op     kernels.Op
	name   string
	linear bool     // tolerance relative to the sum of magnitudes
	steps  []uint64 // steps run, 0 when empty
	build  func(b *Builder, r source)
}

// structuralCases lists the cases of all structural ops but fused groups.
func structuralCases(short bool) []structuralCase {
	var all []structuralCase
	for _, list := range [][]structuralCase{
		moveCases(), joinCases(), triangleCases(), reduceCases(short), matMulCases(short), rowCases(), linalgCases(short),
		sourceCases(short), convertCases(), storedCases(), windowCases(), uniformRowCases(),
	} {
		all = append(all, list...)
	}
	return all
}

// structuralOps runs every case in both types.
func structuralOps(t *testing.T, dev kernels.Device) {
	for _, c := range structuralCases(testing.Short()) {
		for i, dt := range dtypes {
			b := NewBuilder(fmt.Sprintf("%v %s %v", c.op, c.name, dt), dt)
			b.Seed(0x9e3779b97f4a7c15)
			c.build(b, newSource(uint64(i)+uint64(c.op)))
			steps := c.steps
			if len(steps) == 0 {
				steps = []uint64{0}
			}
			for _, s := range steps {
				check(t, dev, b, tolerance(c.op, dt), s, c.linear)
			}
		}
	}
}

// random adds an input of different numbers.
func (b *Builder) random(r source, name string, shape ...int) kernels.ValueID {
	return b.Input(name, rounded(r.numbers(kernels.Shape(shape).Size()), b.DType()), shape...)
}

// unaryCase applies an op to one random input.
func unaryCase(op kernels.Op, arg kernels.Shape, attr kernels.Attr) structuralCase {
	return structuralCase{op: op, name: fmt.Sprintf("%v %+v", arg, attr), build: func(b *Builder, r source) {
		b.Output("y", b.Apply(op, attr, b.random(r, "x", arg...)))
	}}
}

// moveCases: copy, view, transpose, slice, pad.
func moveCases() []structuralCase {
	type S = kernels.Shape
	var out []structuralCase
	for _, c := range [][2]S{
		{{}, {}}, {{}, {5}}, {{3}, {3}}, {{1}, {257}}, {{127}, {33, 127}}, {{33, 1}, {33, 127}},
		{{2, 1, 3, 1}, {2, 4, 3, 5}}, {{0}, {0}}, {{1}, {0}}, {{1, 3}, {0, 3}}, {{1000}, {1000}}, {{3, 1, 7}, {2, 3, 5, 7}},
	} {
		out = append(out, unaryCase(kernels.Copy, c[0], kernels.Attr{Shape: c[1]}))
	}
	for _, c := range [][2]S{{{2, 3}, {6}}, {{}, {1, 1}}, {{12}, {2, 3, 2}}, {{0}, {4, 0}}, {{257, 2}, {2, 257}}} {
		out = append(out, unaryCase(kernels.View, c[0], kernels.Attr{Shape: c[1]}))
	}
	for _, s := range []S{
		{5}, {33, 127}, {1, 7}, {7, 1}, {128, 129}, {0, 3}, {3, 5, 7}, {64, 1, 3}, {2, 3, 4, 5}, {9, 8, 33, 2},
	} {
		for _, axes := range permutations(len(s)) {
			out = append(out, unaryCase(kernels.Transpose, s, kernels.Attr{Axes: axes}))
		}
	}
	for _, s := range []S{{7}, {300}, {5, 33}, {3, 4, 5}, {2, 3, 4, 5}} {
		for axis, d := range s {
			for _, r := range [][2]int{{0, d}, {0, 1}, {d - 1, 1}, {1, d - 1}, {d / 2, 0}, {1, d / 2}} {
				part := s.Clone()
				part[axis] = r[1]
				out = append(out, unaryCase(kernels.Slice, s, kernels.Attr{Axis: axis, Start: r[0], N: r[1]}),
					unaryCase(kernels.Pad, part, kernels.Attr{Axis: axis, Start: r[0], Shape: s}))
			}
		}
	}
	return out
}

// permutations lists the orders of n axes.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	var out [][]int
	for _, p := range permutations(n - 1) {
		for at := range n {
			q := append(append(append([]int{}, p[:at]...), n-1), p[at:]...)
			out = append(out, q)
		}
	}
	return out
}

// joinCases: concat, and assign to a state that is read before.
func joinCases() []structuralCase {
	type S = kernels.Shape
	var out []structuralCase
	for _, c := range []struct {
		axis int
		args []S
	}{
		{0, []S{{3}}}, {0, []S{{3}, {4}}}, {0, []S{{1}, {0}, {257}, {1}, {32}}}, {0, []S{{2, 3}, {5, 3}}},
		{1, []S{{2, 3}, {2, 1}, {2, 130}}}, {1, []S{{2, 3, 4}, {2, 5, 4}}}, {2, []S{{2, 3, 4}, {2, 3, 1}}},
		{3, []S{{2, 3, 2, 4}, {2, 3, 2, 1}}}, {0, []S{{0}, {0}}},
	} {
		out = append(out, structuralCase{op: kernels.Concat, name: fmt.Sprint(c), build: func(b *Builder, r source) {
			var args []kernels.ValueID
			for i, s := range c.args {
				args = append(args, b.random(r, fmt.Sprint("x", i), s...))
			}
			b.Output("y", b.Apply(kernels.Concat, kernels.Attr{Axis: c.axis}, args...))
		}})
	}
	for _, s := range []S{{}, {1}, {33}, {33, 127}, {0}} {
		out = append(out, structuralCase{op: kernels.Assign, name: fmt.Sprint(s), build: func(b *Builder, r source) {
			state := b.State("state", rounded(r.numbers(s.Size()), b.DType()), s...)
			b.Output("before", b.Elem(kernels.Neg, [2]float64{}, state))
			b.Update(state, b.Elem(kernels.Add, [2]float64{}, state, b.random(r, "x", s...)))
			fixed := b.State("fixed", nil, s...)
			b.Update(fixed, b.Const(rounded(r.numbers(s.Size()), b.DType()), s...))
		}})
	}
	return out
}

// triangleCases: tril, diag, diagembed.
func triangleCases() []structuralCase {
	type S = kernels.Shape
	var out []structuralCase
	for _, s := range []S{{1, 1}, {4, 4}, {3, 7}, {7, 3}, {2, 5, 5}, {33, 33}, {0, 0}, {2, 2, 3, 3}} {
		for _, k := range []int{-40, -4, -1, 0, 1, 2, 40} {
			out = append(out, unaryCase(kernels.Tril, s, kernels.Attr{Start: k}))
		}
	}
	for _, s := range []S{{1}, {2}, {33}, {0}, {3, 5}, {2, 3, 4}, {130}} {
		square := append(s.Clone(), s[len(s)-1])
		if len(square) <= kernels.MaxRank {
			out = append(out, unaryCase(kernels.Diag, square, kernels.Attr{}), unaryCase(kernels.DiagEmbed, s, kernels.Attr{}))
		}
	}
	return out
}
