package kernels

import "fmt"

// matMulShape: (m,k)·(k,n) → (m,n) after the transpositions, both with the same leading
// batch axis or none; a rank-1 operand is a vector and may not be transposed.
func matMulShape(attr *Attr, args []Shape) (Shape, error) {
	d, err := MatMulDims(*attr, args[0], args[1])
	if err != nil {
		return nil, err
	}
	out := Shape{}
	if len(args[0]) == 3 {
		out = append(out, d.Batch)
	}
	if len(args[0]) > 1 {
		out = append(out, d.M)
	}
	if len(args[1]) > 1 {
		out = append(out, d.N)
	}
	return out, nil
}

// MatDims are the extents of a matrix product: Batch products of (M,K) and (K,N).
type MatDims struct{ Batch, M, K, N int }

// MatMulDims returns the extents of MatMul on operands a and b; Batch is 1 and vectors
// count as one row (a) or one column (b) where those axes are absent.
func MatMulDims(attr Attr, a, b Shape) (MatDims, error) {
	d := MatDims{Batch: 1}
	switch {
	case len(a) == 0 || len(b) == 0 || len(a) > 3 || len(b) > 3 || (len(a) == 3) != (len(b) == 3):
		return d, fmt.Errorf("ranks %d and %d; vectors, matrices or two batches of matrices wanted", len(a), len(b))
	case len(a) == 1 && attr.TransA || len(b) == 1 && attr.TransB:
		return d, fmt.Errorf("a vector operand cannot be transposed")
	case len(a) == 3 && a[0] != b[0]:
		return d, fmt.Errorf("batch extents %d and %d differ", a[0], b[0])
	case len(a) == 3:
		d.Batch, a, b = a[0], a[1:], b[1:]
	}
	var kb int
	d.M, d.K = matrixDims(a, attr.TransA, true)
	kb, d.N = matrixDims(b, attr.TransB, false)
	if d.K != kb {
		return d, fmt.Errorf("inner extents %d and %d differ", d.K, kb)
	}
	return d, nil
}

func matrixDims(s Shape, trans, row bool) (rows, cols int) {
	switch {
	case len(s) == 2 && trans:
		return s[1], s[0]
	case len(s) == 2:
		return s[0], s[1]
	case row:
		return 1, s[0]
	}
	return s[0], 1
}

func gatherShape(_ *Attr, args []Shape) (Shape, error) {
	if len(args[0]) == 0 || len(args[1]) != 1 {
		return nil, fmt.Errorf("a table of rank 1 or more and a vector of indices wanted")
	}
	out := args[0].Clone()
	out[0] = args[1][0]
	return out, nil
}

func scatterShape(attr *Attr, args []Shape) (Shape, error) {
	idx, src := args[0], args[1]
	if len(idx) != 1 || len(src) == 0 || src[0] != idx[0] {
		return nil, fmt.Errorf("a vector of indices and as many rows wanted")
	}
	if len(attr.Shape) != len(src) || !attr.Shape[1:].Equal(src[1:]) {
		return nil, fmt.Errorf("rows do not fit in %v", attr.Shape)
	}
	return attr.Shape.Clone(), nil
}

func matrixShape(_ *Attr, args []Shape) (Shape, error) {
	if len(args[0]) < 2 {
		return nil, fmt.Errorf("a matrix wanted")
	}
	return args[0].Clone(), nil
}

func squareShape(_ *Attr, args []Shape) (Shape, error) {
	s := args[0]
	if len(s) < 2 || s[len(s)-1] != s[len(s)-2] {
		return nil, fmt.Errorf("a square matrix wanted")
	}
	return s.Clone(), nil
}

func diagShape(attr *Attr, args []Shape) (Shape, error) {
	s, err := squareShape(attr, args)
	if err != nil {
		return nil, err
	}
	return s[:len(s)-1], nil
}

func diagEmbedShape(_ *Attr, args []Shape) (Shape, error) {
	s := args[0]
	if len(s) == 0 {
		return nil, fmt.Errorf("a vector wanted")
	}
	return append(s.Clone(), s[len(s)-1]), nil
}

func triSolveShape(_ *Attr, args []Shape) (Shape, error) {
	l, b := args[0], args[1]
	if len(l) != 2 || l[0] != l[1] || len(b) < 1 || len(b) > 2 || b[0] != l[0] {
		return nil, fmt.Errorf("a triangle (n,n) and right-hand sides (n) or (n,m) wanted")
	}
	return b.Clone(), nil
}
