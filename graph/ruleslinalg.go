package graph

import "elbo/kernels"

func addLinalgRules[V any](t map[kernels.Op]*rule[V]) {
	for op, args := range map[kernels.Op][]argRule[V]{
		kernels.MatMul: {matMulLeft[V], matMulRight[V]},
		kernels.Tril: {func(b Builder[V], in *Application[V], dy V, _ int) V {
			return TrilB(b, dy, in.Attr.Start)
		}},
		kernels.Diag: {func(b Builder[V], _ *Application[V], dy V, _ int) V {
			return DiagEmbedB(b, dy)
		}},
		kernels.DiagEmbed: {func(b Builder[V], _ *Application[V], dy V, _ int) V {
			return DiagB(b, dy)
		}},
		kernels.Cholesky: {choleskyRule[V]},
		kernels.TriSolve: {triSolveLeft[V], triSolveRight[V]},
	} {
		t[op] = &rule[V]{args: args}
	}
}

// outerB returns x yᵀ of two vectors.
func outerB[V any](b Builder[V], x, y V) V {
	return MulB(b, ReshapeB(b, x, b.Shape(x)[0], 1), y)
}

// matMulLeft is the cotangent of A in C = op(A) op(B): Ā = C̄ op(B)ᵀ, or its transpose where A
// is transposed; vectors stay vectors.
func matMulLeft[V any](b Builder[V], in *Application[V], dy V, _ int) V {
	x, y, ta, tb := in.Args[0], in.Args[1], in.Attr.TransA, in.Attr.TransB
	rx, ry := len(b.Shape(x)), len(b.Shape(y))
	switch {
	case rx == 1 && ry == 1:
		return MulB(b, dy, y)
	case rx == 1:
		return MatMulB(b, y, dy, tb, false)
	case ry == 1 && ta:
		return outerB(b, y, dy)
	case ry == 1:
		return outerB(b, dy, y)
	case ta:
		return MatMulB(b, y, dy, tb, true)
	}
	return MatMulB(b, dy, y, false, !tb)
}

// matMulRight is the cotangent of B: B̄ = op(A)ᵀ C̄, or its transpose where B is transposed.
func matMulRight[V any](b Builder[V], in *Application[V], dy V, _ int) V {
	x, y, ta, tb := in.Args[0], in.Args[1], in.Attr.TransA, in.Attr.TransB
	rx, ry := len(b.Shape(x)), len(b.Shape(y))
	switch {
	case rx == 1 && ry == 1:
		return MulB(b, dy, x)
	case ry == 1:
		return MatMulB(b, x, dy, !ta, false)
	case rx == 1 && tb:
		return outerB(b, dy, x)
	case rx == 1:
		return outerB(b, x, dy)
	case tb:
		return MatMulB(b, dy, x, true, ta)
	}
	return MatMulB(b, x, dy, !ta, false)
}

// choleskyRule: with P the lower triangle of Lᵀ L̄, its diagonal halved, and S = L⁻ᵀ P L⁻¹, a
// change of A's lower triangle by dA (mirrored above) changes the result by ⟨S, dA⟩; the
// cotangent of the lower triangle is S + Sᵀ below the diagonal and S on it (Murray 2016).
func choleskyRule[V any](b Builder[V], in *Application[V], dy V, _ int) V {
	l := in.Out
	if s := b.Shape(l); len(s) != 2 {
		fail("cholesky", []kernels.Shape{s}, "gradients of a batch of factors are not supported; factor one matrix at a time")
	}
	p := TrilB(b, MatMulB(b, l, dy, true, false), 0)
	p = SubB(b, p, MulCB(b, DiagEmbedB(b, DiagB(b, p)), 0.5))
	right := TriSolveB(b, l, TransposeB(b, p), true) // L⁻ᵀ Pᵀ, so that its transpose is P L⁻¹
	s := TriSolveB(b, l, TransposeB(b, right), true)
	both := TrilB(b, AddB(b, s, TransposeB(b, s)), 0)
	return SubB(b, both, DiagEmbedB(b, DiagB(b, s)))
}

// triSolveRight: X = op(L)⁻¹ B gives B̄ = op(L)⁻ᵀ X̄.
func triSolveRight[V any](b Builder[V], in *Application[V], dy V, _ int) V {
	return TriSolveB(b, in.Args[0], dy, !in.Attr.TransA)
}

// triSolveLeft: L̄ = −tril(B̄ Xᵀ), or −tril(X B̄ᵀ) where L is transposed.
func triSolveLeft[V any](b Builder[V], in *Application[V], dy V, i int) V {
	db, x := triSolveRight(b, in, dy, i), in.Out
	if in.Attr.TransA {
		db, x = x, db
	}
	if len(b.Shape(x)) == 1 {
		return NegB(b, TrilB(b, outerB(b, db, x), 0))
	}
	return NegB(b, TrilB(b, MatMulB(b, db, x, false, true), 0))
}
