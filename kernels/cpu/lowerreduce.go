//go:build cgo

package cpu

// #include "exec.h"
import "C"

import (
	"slices"

	"elbo/kernels"
)

// reduce emits SumReduce and MaxReduce. Sums over a leading or a trailing block of axes are
// fused groups without ops; all else is the general kernel.
func (c *compiler) reduce(in *kernels.Instr) error {
	s := c.shape(in.Args[0])
	own, keep := rowMajor(s), rowMajor(c.shape(in.Outs[0]))
	out := kernels.FusedOut{Strides: make([]int, len(s)), Reduce: true}
	var kept, summed []axis // dst unused
	for i, k := 0, 0; i < len(s); i++ {
		if slices.Contains(in.Attr.Axes, i) {
			summed = append(summed, axis{n: s[i], src: own[i]})
			continue
		}
		out.Strides[i] = keep[k]
		kept = append(kept, axis{n: s[i], src: own[i]})
		k++
	}
	_, leading, trailing := out.Pattern(s)
	if in.Op == kernels.SumReduce && (leading || trailing) && s.Size() > 0 {
		g := group{shape: s, ins: []operand{{in.Args[0], own}}, outs: []result{{in.Outs[0], 0, out.Strides}}}
		return c.group(&g)
	}
	c.reduceAny(in, mergeAxes(kept), mergeAxes(summed))
	return nil
}

// mergeAxes merges neighbours and pads to two axes.
func mergeAxes(axes []axis) []axis {
	axes = slices.DeleteFunc(axes, func(a axis) bool { return a.n == 1 })
	for i := 0; i+1 < len(axes); {
		if axes[i].src != axes[i+1].src*axes[i+1].n {
			i++
			continue
		}
		axes[i] = axis{n: axes[i].n * axes[i+1].n, src: axes[i+1].src}
		axes = slices.Delete(axes, i+1, i+2)
	}
	for len(axes) < 2 {
		axes = slices.Insert(axes, 0, axis{n: 1})
	}
	return axes
}

func (c *compiler) reduceAny(in *kernels.Instr, kept, summed []axis) {
	n := c.shape(in.Args[0]).Size()
	out := instr{kernel: C.ELBO_K_REDUCE, dtype: c.p.DType, v: [4]kernels.ValueID{in.Outs[0], in.Args[0]},
		cost: 0.6 * float64(n)}
	if kept[0].n == 1 && kept[1].src != 1 { // spread the chunks over the axis there is
		kept[0], kept[1] = kept[1], axis{n: 1}
	}
	copy(out.d[:], []int{kept[0].n, kept[1].n, kept[0].src, kept[1].src,
		summed[0].n, summed[1].n, summed[0].src, summed[1].src})
	if in.Op == kernels.MaxReduce {
		out.d[8] = 1
	}
	out.d[9], out.chunks = chunksOf(kept[0].n, out.cost/float64(max(kept[0].n, 1)))
	c.emit(out)
}

func (c *compiler) cumsum(in *kernels.Instr) error {
	s, axis := c.shape(in.Outs[0]), in.Attr.Axis
	out := instr{kernel: C.ELBO_K_CUMSUM, dtype: c.p.DType, v: [4]kernels.ValueID{in.Outs[0], in.Args[0]},
		chunks: s[:axis].Size(), cost: float64(s.Size())}
	out.d[0], out.d[1], out.d[2] = s[:axis].Size(), s[axis], s[axis+1:].Size()
	if in.Attr.Flag {
		out.d[3] = 1
	}
	if s.Size() > 0 {
		c.emit(out)
	}
	return nil
}

// wideScatter is the largest result that scatter sums in a float64 copy.
const wideScatter = 1 << 20

func (c *compiler) scatter(in *kernels.Instr) error {
	s, n := c.shape(in.Outs[0]), c.shape(in.Args[0])[0]
	width := s[1:].Size()
	out := instr{kernel: C.ELBO_K_SCATTER, dtype: c.p.DType,
		v: [4]kernels.ValueID{in.Outs[0], in.Args[0], in.Args[1]}, cost: float64(n+s[0]) * float64(width)}
	out.d[0], out.d[1], out.d[2] = n, width, s[0]
	out.d[3], out.chunks = chunksOf(width, float64(n+s[0]))
	if out.chunks > 1 {
		out.d[3] = (out.d[3] + 15) / 16 * 16
		out.chunks = (width + out.d[3] - 1) / out.d[3]
	}
	if c.p.DType == kernels.F32 && s.Size() <= wideScatter {
		out.d[4], out.partial = 1, 8*s.Size()
	}
	c.emit(out)
	return nil
}
