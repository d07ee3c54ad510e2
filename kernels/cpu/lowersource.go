//go:build cgo

package cpu

// #include "exec.h"
import "C"

import "elbo/kernels"

func (c *compiler) iota(in *kernels.Instr) error {
	s := c.shape(in.Outs[0])
	last := len(s) - 1
	out := instr{kernel: C.ELBO_K_IOTA, dtype: c.p.DType, v: [4]kernels.ValueID{in.Outs[0]}}
	out.d[0], out.d[1] = s[:last].Size(), s[last]
	c.emit(out)
	return nil
}

func (c *compiler) step(in *kernels.Instr) error {
	c.emit(instr{kernel: C.ELBO_K_STEP, dtype: c.p.DType, v: [4]kernels.ValueID{in.Outs[0]}})
	return nil
}

// fillCost returns the ns of a random number.
func (c *compiler) fillCost() float64 {
	if c.p.DType == kernels.F64 {
		return 1.5
	}
	return 0.6
}

// random emits a fill; chunks are whole groups of 128 elements.
func (c *compiler) random(in *kernels.Instr) error {
	n := c.shape(in.Outs[0]).Size()
	cost := c.fillCost()
	out := instr{kernel: C.ELBO_K_RANDOM, dtype: c.p.DType, v: [4]kernels.ValueID{in.Outs[0]},
		ext: c.level.fill(in.Op, c.p.DType), cost: cost * float64(n)}
	groups, chunks := chunksOf((n+127)/128, 128*cost)
	out.d[0], out.d[1], out.d[2], out.chunks = n, int(in.Attr.Site), 128*groups, chunks
	c.emit(out)
	return nil
}

func (c *compiler) batchIndex(in *kernels.Instr) error {
	out := instr{kernel: C.ELBO_K_BATCH, v: [4]kernels.ValueID{in.Outs[0]}}
	out.d[0], out.d[1] = c.shape(in.Outs[0])[0], in.Attr.N
	c.emit(out)
	return nil
}

func (c *compiler) convert(in *kernels.Instr) error {
	out := instr{kernel: C.ELBO_K_TOFLOAT, dtype: c.p.DType, v: [4]kernels.ValueID{in.Outs[0], in.Args[0]}}
	switch from := c.p.Values[in.Args[0]].DType; {
	case in.Op == kernels.ToInt:
		out.kernel = C.ELBO_K_TOINT
	case from == kernels.U8:
		out.kernel = C.ELBO_K_TOFLOAT_BYTES
	case from == kernels.BF16:
		out.kernel = C.ELBO_K_TOFLOAT_BF16
	}
	const cost = 0.2 // ns an element, most of them memory's
	n := c.shape(in.Outs[0]).Size()
	out.d[0], out.cost = n, cost*float64(n)
	out.d[1], out.chunks = chunksOf(n, cost)
	c.emit(out)
	return nil
}
