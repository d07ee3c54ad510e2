package ref

import "elbo/kernels"

// output takes one register of a group to memory: stored point by point, or summed over the
// trailing axes or the leading axes of the space.
type output[T float] struct {
	reg     int
	space   kernels.Shape
	strides []int
	dense   bool // stored elements are dense and in order
	mode    outMode
	row     int     // trailing: points summed per element; leading: elements kept
	sum     pairSum // trailing: of one element; leading: of all
	dst     []T
}

type outMode uint8

const (
	store outMode = iota
	sumTrailing
	sumLeading
)

func newOutput[T float](space kernels.Shape, o kernels.FusedOut) output[T] {
	out := output[T]{reg: int(o.Reg), space: space, strides: o.Strides}
	kept, leading, trailing := o.Pattern(space)
	points := space.Size()
	switch {
	case !o.Reduce || leading && trailing && kept == points:
		out.mode = store
	case trailing:
		out.mode, out.row = sumTrailing, 1
		for i, d := range space {
			if o.Strides[i] == 0 {
				out.row *= d
			}
		}
		out.sum.width = 1
	case leading:
		out.mode, out.row = sumLeading, kept
		out.sum.width = kept
	}
	out.dense = true
	for i, dense := range rowMajor(space) {
		out.dense = out.dense && (space[i] == 1 || o.Strides[i] == dense)
	}
	return out
}

// begin starts a run that writes to dst.
func (o *output[T]) begin(dst []T) {
	o.dst = dst
	if o.mode != store {
		o.sum.reset()
	}
	if o.space.Size() == 0 {
		clear(dst)
	}
}

// put takes the register of the tile that starts at point lo.
func (o *output[T]) put(reg []T, lo int) {
	switch {
	case o.mode == sumTrailing:
		o.putTrailing(reg, lo)
	case o.mode == sumLeading:
		o.putLeading(reg, lo)
	case o.dense:
		copy(o.dst[lo:], reg)
	default:
		strided(o.space, o.strides, lo, lo+len(reg), func(tile, at, n, stride int) {
			runRow(o.dst[at:], reg[tile:], n, stride, 1)
		})
	}
}

// putTrailing sums runs of o.row points; each part of a run within a tile is one leaf.
func (o *output[T]) putTrailing(reg []T, lo int) {
	for p := 0; p < len(reg); {
		at := lo + p
		n := min(o.row-at%o.row, len(reg)-p)
		leaf := sumOf(reg[p : p+n])
		if n == o.row {
			o.dst[at/o.row] = T(leaf)
			p += n
			continue
		}
		o.sum.leaf()[0] = leaf
		o.sum.push()
		if p += n; (lo+p)%o.row == 0 {
			o.dst[at/o.row] = T(o.sum.total()[0])
			o.sum.reset()
		}
	}
}

// leafRows is the number of rows a leaf of a leading sum adds up.
const leafRows = 64

// putLeading adds rows of o.row points; leafRows rows make one leaf.
func (o *output[T]) putLeading(reg []T, lo int) {
	for p := 0; p < len(reg); {
		at := lo + p
		col := at % o.row
		n := min(o.row-col, len(reg)-p)
		leaf := o.sum.leaf()[col : col+n]
		for i, x := range reg[p : p+n] {
			leaf[i] += float64(x)
		}
		p += n
		if (lo+p)%(o.row*leafRows) == 0 {
			o.sum.push()
		}
	}
}

// end finishes the run: leading sums reach dst here.
func (o *output[T]) end() {
	if o.space.Size() == 0 || o.mode != sumLeading {
		return
	}
	o.sum.push()
	for i, x := range o.sum.total() {
		o.dst[i] = T(x)
	}
}
