//go:build cgo

package cpu

// #include "exec.h"
import "C"

import (
	"slices"

	"elbo/kernels"
)

// axis is one extent of a strided copy with the strides of result and source.
type axis struct{ n, dst, src int }

// move emits a strided copy of value from to value to, both shifted by offsets, in elements.
func (c *compiler) move(to, from kernels.ValueID, axes []axis, toOffset, fromOffset int) {
	n := 1
	for _, a := range axes {
		n *= a.n
	}
	if n == 0 {
		return
	}
	axes = arrange(axes)
	in := instr{kernel: C.ELBO_K_COPY, dtype: c.unit(to), v: [4]kernels.ValueID{to, from}, cost: 0.3 * float64(n)}
	for i, a := range axes {
		in.d[i], in.d[4+i], in.d[8+i] = a.n, a.dst, a.src
	}
	in.d[12], in.d[13] = toOffset, fromOffset
	in.d[14], in.chunks = chunksOf(axes[0].n, 0.3*float64(n/axes[0].n))
	c.emit(in)
}

// arrange orders and merges axes so that the result is walked in memory order, and where the
// source is contiguous along another axis than the result, that one comes second to last.
func arrange(axes []axis) []axis {
	axes = slices.DeleteFunc(slices.Clone(axes), func(a axis) bool { return a.n == 1 })
	slices.SortStableFunc(axes, func(a, b axis) int { return b.dst - a.dst })
	for i := 0; i+1 < len(axes); {
		outer, inner := axes[i], axes[i+1]
		if outer.dst != inner.dst*inner.n || outer.src != inner.src*inner.n {
			i++
			continue
		}
		axes[i] = axis{outer.n * inner.n, inner.dst, inner.src}
		axes = slices.Delete(axes, i+1, i+2)
	}
	last := len(axes) - 1
	if at := slices.IndexFunc(axes, func(a axis) bool { return a.src == 1 }); at >= 0 && at < last-1 {
		a := axes[at]
		axes = slices.Insert(slices.Delete(axes, at, at+1), last-1, a)
	}
	for len(axes) < 4 {
		axes = slices.Insert(axes, 0, axis{1, 0, 0})
	}
	return axes
}

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
	strides := make([]int, len(over))
	own := rowMajor(s)
	for i := range s {
		if s[i] != 1 {
			strides[i+len(over)-len(s)] = own[i]
		}
	}
	return strides
}

func axesOf(shape kernels.Shape, dst, src []int) []axis {
	axes := make([]axis, len(shape))
	for i := range shape {
		axes[i] = axis{shape[i], dst[i], src[i]}
	}
	return axes
}

func (c *compiler) zero(v kernels.ValueID) {
	if n := c.p.Bytes(v); n > 0 {
		in := instr{kernel: C.ELBO_K_ZERO, v: [4]kernels.ValueID{v}, cost: 0.05 * float64(n)}
		in.d[0] = n
		c.emit(in)
	}
}

func (c *compiler) copyOp(in *kernels.Instr) error {
	s := c.shape(in.Outs[0])
	c.move(in.Outs[0], in.Args[0], axesOf(s, rowMajor(s), broadcastStrides(c.shape(in.Args[0]), s)), 0, 0)
	return nil
}

// view moves nothing where the result lies where the argument does; Assign is the same.
func (c *compiler) view(in *kernels.Instr) error {
	a, b := &c.p.Values[in.Args[0]], &c.p.Values[in.Outs[0]]
	if a.Home == b.Home && a.Slot == b.Slot && a.Offset == b.Offset {
		return nil
	}
	c.move(in.Outs[0], in.Args[0], []axis{{b.Shape.Size(), 1, 1}}, 0, 0)
	return nil
}

func (c *compiler) transpose(in *kernels.Instr) error {
	s, own := c.shape(in.Outs[0]), rowMajor(c.shape(in.Args[0]))
	src := make([]int, len(s))
	for i, a := range in.Attr.Axes {
		src[i] = own[a]
	}
	c.move(in.Outs[0], in.Args[0], axesOf(s, rowMajor(s), src), 0, 0)
	return nil
}

func (c *compiler) slice(in *kernels.Instr) error {
	s, src := c.shape(in.Outs[0]), rowMajor(c.shape(in.Args[0]))
	c.move(in.Outs[0], in.Args[0], axesOf(s, rowMajor(s), src), 0, in.Attr.Start*src[in.Attr.Axis])
	return nil
}

func (c *compiler) pad(in *kernels.Instr) error {
	s, dst := c.shape(in.Args[0]), rowMajor(c.shape(in.Outs[0]))
	c.zero(in.Outs[0])
	c.move(in.Outs[0], in.Args[0], axesOf(s, dst, rowMajor(s)), in.Attr.Start*dst[in.Attr.Axis], 0)
	return nil
}

func (c *compiler) concat(in *kernels.Instr) error {
	dst, at := rowMajor(c.shape(in.Outs[0])), 0
	for _, a := range in.Args {
		s := c.shape(a)
		c.move(in.Outs[0], a, axesOf(s, dst, rowMajor(s)), at*dst[in.Attr.Axis], 0)
		at += s[in.Attr.Axis]
	}
	return nil
}

// diagAxes are a batch of vectors (full) and the diagonals of their square matrices.
func diagAxes(vectors kernels.Shape) (batch, n, full, diag int) {
	n = vectors[len(vectors)-1]
	return vectors[:len(vectors)-1].Size(), n, n, n * n
}

func (c *compiler) diag(in *kernels.Instr) error {
	batch, n, full, diag := diagAxes(c.shape(in.Outs[0]))
	c.move(in.Outs[0], in.Args[0], []axis{{batch, full, diag}, {n, 1, n + 1}}, 0, 0)
	return nil
}

func (c *compiler) diagEmbed(in *kernels.Instr) error {
	batch, n, full, diag := diagAxes(c.shape(in.Args[0]))
	c.zero(in.Outs[0])
	c.move(in.Outs[0], in.Args[0], []axis{{batch, diag, full}, {n, n + 1, 1}}, 0, 0)
	return nil
}

func (c *compiler) tril(in *kernels.Instr) error {
	s := c.shape(in.Outs[0])
	k := len(s) - 2
	out := instr{kernel: C.ELBO_K_TRIL, dtype: c.unit(in.Outs[0]), v: [4]kernels.ValueID{in.Outs[0], in.Args[0]},
		cost: 0.2 * float64(s.Size())}
	out.d[0], out.d[1], out.d[2], out.d[3] = s[:k].Size(), s[k], s[k+1], in.Attr.Start
	c.emit(out)
	return nil
}

func (c *compiler) gather(in *kernels.Instr) error {
	table := c.shape(in.Args[0])
	n, width := c.shape(in.Args[1])[0], table[1:].Size()
	cost := 12 + 0.1*float64(width)
	out := instr{kernel: C.ELBO_K_GATHER, dtype: c.unit(in.Outs[0]),
		v: [4]kernels.ValueID{in.Outs[0], in.Args[0], in.Args[1]}, cost: cost * float64(n)}
	out.d[0], out.d[1], out.d[2] = n, width, table[0]
	if dt := c.p.Values[in.Outs[0]].DType; dt.Stored() {
		out.kernel, out.d[1] = C.ELBO_K_GATHER_BYTES, width*dt.Size()
	}
	out.d[3], out.chunks = chunksOf(n, cost)
	c.emit(out)
	return nil
}
