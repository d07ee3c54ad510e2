package kernelstest

import (
	"fmt"

	"elbo/kernels"
)

// reduceCases: sums and maxima over every set of axes, running sums from both ends.
func reduceCases(short bool) []structuralCase {
	type S = kernels.Shape
	var out []structuralCase
	shapes := []S{{33, 127}, {127, 33}, {257, 2}, {2, 1000}, {1000, 1}, {1, 1}, {3, 5, 7}, {64, 3, 2}, {2, 70, 130},
		{2, 3, 4, 5}, {5, 1, 33, 2}, {0}, {0, 3}, {3, 0}, {}}
	for _, n := range sizes {
		shapes = append(shapes, S{n})
	}
	if !short {
		shapes = append(shapes, S{longSize}, S{longSize / 7, 7}, S{7, longSize / 7})
	}
	for _, s := range shapes {
		for _, axes := range subsets(len(s)) {
			sum := unaryCase(kernels.SumReduce, s, kernels.Attr{Axes: axes})
			sum.linear = true
			out = append(out, sum, unaryCase(kernels.MaxReduce, s, kernels.Attr{Axes: axes}))
		}
	}
	shapes = []S{{1}, {2}, {33}, {257}, {600}, {5, 33}, {33, 5}, {130, 130}, {3, 4, 5}, {2, 3, 4, 5}, {0}, {3, 0}}
	for _, s := range shapes {
		for axis := range s {
			for _, back := range []bool{false, true} {
				c := unaryCase(kernels.CumSum, s, kernels.Attr{Axis: axis, Flag: back})
				c.linear = true
				out = append(out, c)
			}
		}
	}
	return out
}

// subsets lists the sets of axes of a rank, the empty one included.
func subsets(rank int) [][]int {
	var out [][]int
	for mask := range 1 << rank {
		set := []int{}
		for a := range rank {
			if mask>>a&1 == 1 {
				set = append(set, a)
			}
		}
		out = append(out, set)
	}
	return out
}

// matMulCases: all transpositions, vector forms, batches; inner extents around the edges.
func matMulCases(short bool) []structuralCase {
	var out []structuralCase
	inner := []int{0, 1, 2, 31, 32, 33, 1000}
	outer := []int{0, 1, 2, 127, 128, 129}
	for _, k := range inner {
		out = append(out, products(1, 2, k, 127)...)
		out = append(out, products(1, 129, k, 2)...)
		out = append(out, products(1, 33, k, 31)...)
		for _, n := range outer {
			out = append(out, vectorProducts(n, k)...)
		}
	}
	for _, m := range outer {
		for _, n := range outer {
			out = append(out, products(1, m, 33, n)...)
		}
	}
	for _, d := range [][3]int{{1, 1, 1}, {4, 5, 6}, {33, 17, 9}, {7, 0, 3}} {
		out = append(out, products(3, d[0], d[1], d[2])...)
		out = append(out, products(-1, d[0], d[1], d[2])...)
	}
	out = append(out, products(1, 5, 300, 260)...)
	if !short {
		out = append(out, products(1, 70, 300, 260)...)
	}
	return out
}

// products lists the four transpositions of (m,k)·(k,n). A batch of 1 means plain matrices,
// a negative one that many matrices with a batch axis.
func products(batch, m, k, n int) []structuralCase {
	var out []structuralCase
	for mask := range 4 {
		attr := kernels.Attr{TransA: mask&1 == 1, TransB: mask&2 == 2}
		a, b := side(m, k, attr.TransA), side(k, n, attr.TransB)
		if batch != 1 {
			a, b = append(kernels.Shape{max(batch, -batch)}, a...), append(kernels.Shape{max(batch, -batch)}, b...)
		}
		out = append(out, product(a, b, attr))
	}
	return out
}

func side(rows, cols int, trans bool) kernels.Shape {
	if trans {
		rows, cols = cols, rows
	}
	return kernels.Shape{rows, cols}
}

// vectorProducts lists the products with a vector of k: matrix (n,k) by vector, vector by
// matrix (k,n), inner product.
func vectorProducts(n, k int) []structuralCase {
	var out []structuralCase
	v := kernels.Shape{k}
	for _, trans := range []bool{false, true} {
		out = append(out, product(side(n, k, trans), v, kernels.Attr{TransA: trans}),
			product(v, side(k, n, trans), kernels.Attr{TransB: trans}))
	}
	return append(out, product(v, v, kernels.Attr{}))
}

func product(a, b kernels.Shape, attr kernels.Attr) structuralCase {
	name := fmt.Sprintf("%v%v %v%v", a, attr.TransA, b, attr.TransB)
	return structuralCase{op: kernels.MatMul, name: name, linear: true, build: func(bl *Builder, r source) {
		bl.Output("y", bl.Apply(kernels.MatMul, attr, bl.random(r, "a", a...), bl.random(r, "b", b...)))
	}}
}
