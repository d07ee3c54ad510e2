package lower

import "elbo/kernels"

// rowMajor returns the strides of a dense tensor.
func rowMajor(s kernels.Shape) []int {
	strides := make([]int, len(s))
	for i, n := len(s)-1, 1; i >= 0; i-- {
		strides[i] = n
		n *= s[i]
	}
	return strides
}

// broadcastStrides returns the strides that read a tensor of shape s over a larger shape.
func broadcastStrides(s, over kernels.Shape) []int {
	strides, own := make([]int, len(over)), rowMajor(s)
	for i := range s {
		if s[i] != 1 {
			strides[i+len(over)-len(s)] = own[i]
		}
	}
	return strides
}

// collapse drops axes of extent 1 and joins neighbours that all strides walk as one. The result
// has rank 1 at least.
func collapse(shape kernels.Shape, strides [][]int) (kernels.Shape, [][]int) {
	out, st := kernels.Shape{}, make([][]int, len(strides))
	for i, d := range shape {
		if d == 1 {
			continue
		}
		if last := len(out) - 1; last >= 0 && joins(strides, st, i, d) {
			out[last] *= d
			for k := range st {
				st[k][last] = strides[k][i]
			}
			continue
		}
		out = append(out, d)
		for k := range st {
			st[k] = append(st[k], strides[k][i])
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

// joins reports whether axis i of extent d continues the last kept axis for all strides.
func joins(strides, kept [][]int, i, d int) bool {
	for k := range kept {
		if kept[k][len(kept[k])-1] != strides[k][i]*d {
			return false
		}
	}
	return true
}

// isDense reports whether strides walk a dense tensor in order; extents of 1 do not count.
func isDense(s kernels.Shape, strides []int) bool {
	for i, d := range rowMajor(s) {
		if s[i] != 1 && strides[i] != d {
			return false
		}
	}
	return true
}

func isZero(strides []int) bool {
	for _, s := range strides {
		if s != 0 {
			return false
		}
	}
	return true
}

// linear reports whether strides over a block of axes are a multiple of its dense walk, and
// which: point i of the block lies at i·step.
func linear(s kernels.Shape, strides []int) (step int, ok bool) {
	if len(s) == 0 {
		return 0, true
	}
	step = strides[len(s)-1]
	for i, d := range rowMajor(s) {
		if strides[i] != d*step {
			return 0, false
		}
	}
	return step, true
}

// reach returns the largest element offset strides touch.
func reach(s kernels.Shape, strides []int) int {
	at := 0
	for i, d := range s {
		at += (d - 1) * strides[i]
	}
	return at
}

// powerOfTwo returns the smallest power of two that is n or more, kept within [low, high].
func powerOfTwo(n, low, high int) int {
	p := low
	for p < n && p < high {
		p *= 2
	}
	return p
}

func ceilDiv(n, d int) int { return (n + d - 1) / d }
func roundUp(n, m int) int { return ceilDiv(n, m) * m }
