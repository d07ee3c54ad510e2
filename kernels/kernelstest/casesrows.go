package kernelstest

import (
	"fmt"
	"math"

	"elbo/kernels"
)

// rowCases: gather and scatter-add with repeated and absent rows.
func rowCases() []structuralCase {
	var out []structuralCase
	tables := []kernels.Shape{
		{1}, {7}, {1000}, {7, 1}, {9, 3}, {1000, 17}, {50, 100}, {5, 2, 3}, {4, 2, 3, 2}, {6, 0},
	}
	for _, table := range tables {
		for _, n := range []int{0, 1, 2, 33, 512} {
			name := fmt.Sprintf("%v %d", table, n)
			rows := append(kernels.Shape{n}, table[1:]...)
			out = append(out,
				structuralCase{op: kernels.Gather, name: name, build: func(b *Builder, r source) {
					b.Output("y", b.Apply(kernels.Gather, kernels.Attr{},
						b.random(r, "table", table...), b.Index("idx", r.rows(n, table[0]), n)))
				}},
				structuralCase{op: kernels.ScatterAdd, name: name, linear: true, build: func(b *Builder, r source) {
					idx := b.Index("idx", r.rows(n, table[0]), n)
					b.Output("y", b.Apply(kernels.ScatterAdd, kernels.Attr{Shape: table}, idx, b.random(r, "src", rows...)))
				}})
		}
	}
	return out
}

// linalgCases: Cholesky factors of well-conditioned matrices and triangular solves, at sizes
// below and above any block.
func linalgCases(short bool) []structuralCase {
	var out []structuralCase
	orders := []int{0, 1, 2, 3, 31, 32, 33, 64, 65}
	if !short {
		orders = append(orders, 130, 201)
	}
	for _, n := range orders {
		for _, lead := range []kernels.Shape{{}, {3}} {
			if len(lead) > 0 && n > 40 {
				continue
			}
			shape := append(lead.Clone(), n, n)
			out = append(out, structuralCase{op: kernels.Cholesky, name: fmt.Sprint(shape), build: func(b *Builder, r source) {
				b.Output("y", b.Apply(kernels.Cholesky, kernels.Attr{},
					b.Input("a", rounded(definite(r, lead.Size(), n), b.DType()), shape...)))
			}})
		}
		for _, rhs := range []kernels.Shape{{n}, {n, 1}, {n, 2}, {n, 33}, {n, 0}} {
			for _, trans := range []bool{false, true} {
				name := fmt.Sprintf("%d %v %v", n, rhs, trans)
				out = append(out, structuralCase{op: kernels.TriSolve, name: name, build: func(b *Builder, r source) {
					l := b.Input("l", rounded(triangle(r, n), b.DType()), n, n)
					b.Output("y", b.Apply(kernels.TriSolve, kernels.Attr{TransA: trans}, l, b.random(r, "b", rhs...)))
				}})
			}
		}
	}
	return out
}

// definite makes matrices I + MMᵀ/n, with NaN above the diagonal, where nothing may be read.
func definite(r source, batch, n int) []float64 {
	var out []float64
	for range batch {
		m, a := r.numbers(n*n), make([]float64, n*n)
		for i := range n {
			for j := range n {
				a[i*n+j] = math.NaN()
				if j > i {
					continue
				}
				a[i*n+j] = holds(i == j)
				for k := range n {
					a[i*n+j] += m[i*n+k] * m[j*n+k] / float64(n)
				}
			}
		}
		out = append(out, a...)
	}
	return out
}

// triangle makes a lower triangle with a diagonal of 1 to 2 and NaN above it.
func triangle(r source, n int) []float64 {
	l := r.numbers(n * n)
	for i := range l {
		switch row, col := i/n, i%n; {
		case col > row:
			l[i] = math.NaN()
		case col == row:
			l[i] = 1 + math.Abs(l[i])/2
		default:
			l[i] /= float64(n)
		}
	}
	return l
}

// sourceCases: values made from nothing, at several steps, beyond 32 bits too.
func sourceCases(short bool) []structuralCase {
	type S = kernels.Shape
	var out []structuralCase
	for _, s := range []S{{1}, {2}, {257}, {3, 5}, {2, 3, 4}, {0}, {33, 1}} {
		out = append(out, source0(kernels.Iota, kernels.Attr{Shape: s}, 0))
	}
	out = append(out, source0(kernels.Step, kernels.Attr{}, 0, 1, 12345678))
	shapes := []S{{}, {0}, {3, 5}, {2, 3, 4, 5}, {1280}}
	for _, n := range sizes {
		shapes = append(shapes, S{n})
	}
	if !short {
		shapes = append(shapes, S{longSize})
	}
	for i, s := range shapes {
		attr := kernels.Attr{Shape: s, Site: kernels.StreamID(fmt.Sprint("site", i))}
		for _, op := range []kernels.Op{kernels.RandUniform, kernels.RandNormal} {
			out = append(out, source0(op, attr, 0, 7, 1<<33+5))
		}
	}
	for _, c := range [][2]int{
		{1, 1}, {1, 5}, {10, 3}, {10, 10}, {10, 11}, {1000, 128}, {100003, 512}, {70000, 1030}, {1 << 30, 64},
	} {
		out = append(out, source0(kernels.BatchIndex, kernels.Attr{N: c[0], Shape: S{c[1]}}, 0, 1, 3, 7, 8, 195, 196, 1<<40))
	}
	return out
}

// source0 is a case of an op without operands.
func source0(op kernels.Op, attr kernels.Attr, steps ...uint64) structuralCase {
	name := fmt.Sprintf("%v of %d site %d", attr.Shape, attr.N, attr.Site)
	return structuralCase{op: op, name: name, steps: steps, build: func(b *Builder, _ source) {
		b.Output("y", b.Apply(op, attr))
	}}
}

// convertCases: between floats and indices.
func convertCases() []structuralCase {
	var out []structuralCase
	for _, n := range []int{0, 1, 33, 257, 100_003} {
		out = append(out,
			structuralCase{op: kernels.ToFloat, name: fmt.Sprint(n), build: func(b *Builder, r source) {
				x := r.rows(n, 1<<24)
				for i := range x {
					x[i] *= float64(1 - 2*(i%2))
				}
				b.Output("y", b.Apply(kernels.ToFloat, kernels.Attr{}, b.Index("x", x, n)))
			}},
			structuralCase{op: kernels.ToInt, name: fmt.Sprint(n), build: func(b *Builder, r source) {
				x := r.numbers(n)
				for i := range x {
					x[i] *= []float64{1, 1000, 1e6, math.NaN(), 0}[i%5]
				}
				y := b.Apply(kernels.ToInt, kernels.Attr{}, b.Input("x", rounded(x, b.DType()), n))
				b.Output("y", y)
				b.Output("again", b.Apply(kernels.ToFloat, kernels.Attr{}, y))
			}})
	}
	return out
}
