package ref

import "elbo/kernels"

// rowMajor returns the element strides of a dense tensor.
func rowMajor(s kernels.Shape) []int {
	st := make([]int, len(s))
	for i, n := len(s)-1, 1; i >= 0; i-- {
		st[i] = n
		n *= s[i]
	}
	return st
}

// broadcastStrides returns the strides that read a dense tensor of shape s over the points of out.
func broadcastStrides(s, out kernels.Shape) []int {
	st := make([]int, len(out))
	for i, n := len(s)-1, 1; i >= 0; i-- {
		if s[i] != 1 {
			st[i+len(out)-len(s)] = n
		}
		n *= s[i]
	}
	return st
}

// collapse drops axes of extent 1 and joins neighbours that every operand walks as one. The
// result has rank 1 at least.
func collapse(shape kernels.Shape, operands [][]int) (kernels.Shape, [][]int) {
	out := kernels.Shape{}
	st := make([][]int, len(operands))
	for i, d := range shape {
		if d == 1 {
			continue
		}
		if last := len(out) - 1; last >= 0 && joins(operands, st, i, d) {
			out[last] *= d
			for k := range st {
				st[k][last] = operands[k][i]
			}
			continue
		}
		out = append(out, d)
		for k := range st {
			st[k] = append(st[k], operands[k][i])
		}
	}
	if len(out) == 0 {
		out = kernels.Shape{1}
		for k := range st {
			st[k] = []int{0}
		}
	}
	return out, st
}

// joins reports whether axis i of extent d continues the last kept axis for all operands.
func joins(operands, kept [][]int, i, d int) bool {
	for k := range kept {
		if kept[k][len(kept[k])-1] != operands[k][i]*d {
			return false
		}
	}
	return true
}

// walk copies between two strided views of rank 4 or less, axes collapsed and padded in front.
type walk struct {
	n, dst, src [kernels.MaxRank]int
}

func newWalk(shape kernels.Shape, dst, src []int) walk {
	s, st := collapse(shape, [][]int{dst, src})
	var w walk
	pad := kernels.MaxRank - len(s)
	for i := range pad {
		w.n[i] = 1
	}
	copy(w.n[pad:], s)
	copy(w.dst[pad:], st[0])
	copy(w.src[pad:], st[1])
	return w
}

// run copies src to dst; both start at the view's first element.
func run[E any](w *walk, dst, src []E) {
	if w.n[0]*w.n[1]*w.n[2]*w.n[3] == 0 {
		return
	}
	for i := range w.n[0] {
		for j := range w.n[1] {
			for k := range w.n[2] {
				d := i*w.dst[0] + j*w.dst[1] + k*w.dst[2]
				s := i*w.src[0] + j*w.src[1] + k*w.src[2]
				runRow(dst[d:], src[s:], w.n[3], w.dst[3], w.src[3])
			}
		}
	}
}

func runRow[E any](dst, src []E, n, ds, ss int) {
	switch {
	case ds == 1 && ss == 1:
		copy(dst[:n], src[:n])
	case ds == 1 && ss == 0:
		x := src[0]
		for i := range dst[:n] {
			dst[i] = x
		}
	default:
		for i := range n {
			dst[i*ds] = src[i*ss]
		}
	}
}
