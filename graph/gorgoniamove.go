package graph

import (
	"slices"

	"gorgonia.org/tensor"

	"elbo/kernels"
)

// Translations of Gorgonia's ops that move elements.

// size is the extent of the child's axis, a constant.
func (f *foreign) size() *Node {
	s, axis := children(f.n)[0].Shape(), f.int("axis")
	if axis >= len(s) {
		return f.t.g.Const(1) // Gorgonia takes a scalar's extent as 1
	}
	return f.t.g.Const(float64(s[axis]))
}

// repeat repeats each element of an axis; a scalar counts as (1), a vector may gain axes.
func (f *foreign) repeat() *Node {
	axis, x := f.int("along"), f.in[0]
	s := ShapeOf(x).Clone()
	for len(s) <= axis {
		s = append(s, 1)
	}
	if f.shape.Size()%s.Size() != 0 {
		f.refuse("%v repeated to %v", s, f.shape)
	}
	times := f.shape.Size() / s.Size()
	wide := slices.Insert(s.Clone(), axis+1, 1)
	full := wide.Clone()
	full[axis+1] = times
	if len(full) > kernels.MaxRank && s[axis] == 1 { // nothing to interleave with
		full = s.Clone()
		full[axis], wide = times, s
	}
	return BroadcastTo(Reshape(x, wide...), full...)
}

// sliceRange returns the axis and the index range of a slice of a tensor of shape s.
func (f *foreign) sliceRange(s kernels.Shape) (axis, start, stop, step int) {
	axis = f.int("along")
	sl := f.n.Op().(interface{ IsSlice() tensor.Slice }).IsSlice()
	if sl == nil || sl.End() <= sl.Start() {
		return axis, 0, s[axis], 1
	}
	return axis, sl.Start(), min(sl.End(), s[axis]), max(sl.Step(), 1)
}

func (f *foreign) slice() *Node {
	x := f.in[0]
	axis, start, stop, step := f.sliceRange(ShapeOf(x))
	if step == 1 {
		return Slice(x, axis, start, stop)
	}
	return gatherAxis(x, f.strided(start, stop, step), axis)
}

// strided returns the indices start, start+step, ... below stop.
func (f *foreign) strided(start, stop, step int) *Node {
	var rows []float64
	for i := start; i < stop; i += step {
		rows = append(rows, float64(i))
	}
	return ToInt(f.t.g.ConstTensor(rows, len(rows)))
}

// sliceGrad is Gorgonia's gradient of a slice: the second child put into zeros shaped as the first.
func (f *foreign) sliceGrad() *Node {
	s := ShapeOf(f.in[0]).Clone()
	axis, start, stop, step := f.sliceRange(s)
	size := s[axis]
	s[axis] = (stop - start + step - 1) / step
	src := f.in[1]
	if ShapeOf(src).Size() == s.Size() {
		src = Reshape(src, s...)
	}
	src = BroadcastTo(src, s...)
	if step == 1 {
		return Pad(src, axis, start, size)
	}
	perm := swap(len(s), axis)
	return Transpose(ScatterAdd(f.strided(start, stop, step), Transpose(src, perm...), size), perm...)
}

func (f *foreign) at() *Node {
	at := 0
	s := ShapeOf(f.in[0])
	for i, c := range f.ints("coordinates") {
		at = at*s[i] + c
	}
	return Slice(flat(f.in[0]), 0, at, at+1)
}

// gatherAxis takes the entries idx (n) of any axis.
func gatherAxis(x, idx *Node, axis int) *Node {
	idx = flat(idx)
	if axis == 0 {
		return Gather(x, idx)
	}
	perm := swap(len(ShapeOf(x)), axis)
	return Transpose(Gather(Transpose(x, perm...), idx), perm...)
}

// swap returns the permutation of n axes that swaps one with the first.
func swap(n, axis int) []int {
	perm := make([]int, n)
	for i := range perm {
		perm[i] = i
	}
	perm[0], perm[axis] = axis, 0
	return perm
}
