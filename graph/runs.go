package graph

import (
	"slices"

	"elbo/kernels"
)

// run is a stretch of consecutive axes of an iteration space, with the number of points it
// spans; move says whether an operand moves along it (else it is broadcast).
type run struct {
	extent int
	move   bool
}

// runs describes how a dense operand is read over an iteration space: maximal runs, outermost
// first, without axes of extent 1. A nil list is a space of one point.
type runs []run

func (r runs) add(extent int, move bool) runs {
	switch n := len(r); {
	case extent == 1:
		return r
	case n > 0 && r[n-1].move == move:
		r[n-1].extent *= extent
		return r
	}
	return append(r, run{extent, move})
}

// broadcastRuns says how an operand of shape s is read over the space it broadcasts to. An
// operand with as many elements as the space is read in memory order, whatever its shape.
func broadcastRuns(s, space kernels.Shape) runs {
	var out runs
	n := space.Size()
	if s.Size() == n {
		return out.add(n, true)
	}
	for i, d := range space {
		j := i - (len(space) - len(s))
		out = out.add(d, j >= 0 && s[j] == d)
	}
	return out
}

// reduceRuns says where the result of a sum over axes moves; ok is false unless the axes are
// a leading or trailing block, extents of 1 aside.
func reduceRuns(s kernels.Shape, axes []int) (kept runs, ok bool) {
	for i, d := range s {
		kept = kept.add(d, !slices.Contains(axes, i))
	}
	return kept, len(kept) <= 2
}

// cuts returns the boundaries between runs as suffix products, innermost first.
func (r runs) cuts() []int {
	var out []int
	n := 1
	for i := len(r) - 1; i > 0; i-- {
		n *= r[i].extent
		out = append(out, n)
	}
	return out
}

// strides returns element strides per axis of the space that the cuts make of n points.
func (r runs) strides(shape kernels.Shape) []int {
	out := make([]int, len(shape))
	stride, k, left := 1, len(r)-1, 1
	if k >= 0 {
		left = r[k].extent
	}
	for i := len(shape) - 1; i >= 0; i-- {
		if shape[i] == 1 {
			continue
		}
		if left == 1 {
			k--
			left = r[k].extent
		}
		if r[k].move {
			out[i] = stride
			stride *= shape[i]
		}
		left /= shape[i]
	}
	return out
}

// mergeCuts joins two sets of boundaries of a space of n points; ok is false where they are
// not boundaries of one factorisation, which is when one does not divide the next.
func mergeCuts(a, b []int, n int) (out []int, ok bool) {
	if len(b) == 0 {
		return a, true
	}
	out = append(append(out, a...), b...)
	slices.Sort(out)
	out = slices.Compact(out)
	last := 1
	for _, c := range append(out, n) {
		if c%last != 0 {
			return nil, false
		}
		last = c
	}
	return out, true
}

// spaceOf returns the extents of the space of n points with the given boundaries.
func spaceOf(cuts []int, n int) kernels.Shape {
	shape := make(kernels.Shape, len(cuts)+1)
	last := 1
	for i, c := range append(slices.Clone(cuts), n) {
		shape[len(cuts)-i] = c / last
		last = c
	}
	return shape
}
