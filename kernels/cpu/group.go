//go:build cgo

package cpu

// #include "exec.h"
import "C"

import (
	"math"
	"slices"

	"elbo/kernels"
)

// group is an elementwise program over one space on its way to C. Registers number the inputs
// first, then the ops, as in kernels.Fused.
type group struct {
	shape kernels.Shape
	ins   []operand
	code  []kernels.FusedOp
	outs  []result
}

// operand reads a value at element strides per axis.
type operand struct {
	value   kernels.ValueID
	strides []int
}

// result stores (or sums) a register; axes of stride 0 are summed.
type result struct {
	value   kernels.ValueID
	reg     int
	strides []int
}

// elementwise makes one op a group of its own.
func (c *compiler) elementwise(in *kernels.Instr) error {
	s := c.shape(in.Outs[0])
	g := group{shape: s, code: []kernels.FusedOp{{Op: in.Op, Imm0: in.Attr.Imm0, Imm1: in.Attr.Imm1}}}
	for i, a := range in.Args {
		g.code[0].Args[i] = int16(i)
		g.ins = append(g.ins, operand{a, broadcastStrides(c.shape(a), s)})
	}
	g.outs = []result{{in.Outs[0], len(in.Args), rowMajor(s)}}
	return c.group(&g)
}

// fused takes a fused group over.
func (c *compiler) fused(in *kernels.Instr) error {
	f := in.Fused
	g := group{shape: f.Shape, code: slices.Clone(f.Code)}
	for i, a := range in.Args {
		g.ins = append(g.ins, operand{a, slices.Clone(f.Ins[i].Strides)})
	}
	for i, v := range in.Outs {
		g.outs = append(g.outs, result{v, int(f.Outs[i].Reg), slices.Clone(f.Outs[i].Strides)})
	}
	return c.group(&g)
}

// group emits a group. Over an empty space sums are zero.
func (c *compiler) group(g *group) error {
	if g.shape.Size() == 0 {
		for _, o := range g.outs {
			c.zero(o.value)
		}
		return nil
	}
	if c.level.fuses() {
		c.foldConstants(g)
	}
	g.prune()
	g.together()
	g.protect(c)
	g.normalise()
	l := layout{c: c, g: g}
	return l.emit()
}

// moveOp copies a register: 1·a + (-0), exact for every a, zeros of either sign included.
func moveOp(reg int16) kernels.FusedOp {
	return kernels.FusedOp{Op: kernels.Affine, Args: [3]int16{reg}, Imm0: 1, Imm1: math.Copysign(0, -1)}
}

// arity returns the operands of an op.
func arity(op kernels.Op) int { return kernels.Info(op).Arity }

// prune drops ops no out needs and inputs no op or out reads.
func (g *group) prune() {
	live := make([]bool, len(g.ins)+len(g.code))
	for _, o := range g.outs {
		live[o.reg] = true
	}
	for i := len(g.code) - 1; i >= 0; i-- {
		if !live[len(g.ins)+i] {
			continue
		}
		for j := range arity(g.code[i].Op) {
			live[g.code[i].Args[j]] = true
		}
	}
	to, n := make([]int16, len(live)), int16(0)
	for r := range live {
		to[r] = n
		if live[r] {
			n++
		}
	}
	nin := len(g.ins)
	ins, code := g.ins, g.code
	g.ins, g.code = nil, nil
	for i := range ins {
		if live[i] {
			g.ins = append(g.ins, ins[i])
		}
	}
	for i := range code {
		if live[nin+i] {
			g.code = append(g.code, code[i])
		}
	}
	g.renumber(to)
}

// renumber replaces register r by to[r] everywhere.
func (g *group) renumber(to []int16) {
	for i := range g.code {
		for j := range arity(g.code[i].Op) {
			g.code[i].Args[j] = to[g.code[i].Args[j]]
		}
	}
	for i := range g.outs {
		g.outs[i].reg = int(to[g.outs[i].reg])
	}
}

// protect inserts, before all else, copies of inputs that are outs themselves while another out
// overwrites them.
func (g *group) protect(c *compiler) {
	var copies []kernels.FusedOp
	nin := len(g.ins)
	for i := range g.outs {
		if r := g.outs[i].reg; r < nin && g.overwritten(c, r) {
			copies = append(copies, moveOp(int16(r)))
		}
	}
	if len(copies) == 0 {
		return
	}
	to := make([]int16, nin+len(g.code))
	for r := range to {
		to[r] = int16(r)
		if r >= nin {
			to[r] += int16(len(copies))
		}
	}
	next := nin
	fresh := map[int]int{} // out to copied register
	for i := range g.outs {
		if r := g.outs[i].reg; r < nin && g.overwritten(c, r) {
			fresh[i] = next
			next++
		}
	}
	g.renumber(to)
	for i, r := range fresh {
		g.outs[i].reg = r
	}
	g.code = append(copies, g.code...)
}

// overwritten reports whether an out is stored over input i.
func (g *group) overwritten(c *compiler, i int) bool {
	return slices.ContainsFunc(g.outs, func(o result) bool { return c.overlap(g.ins[i].value, o.value) })
}

// overlap reports whether two values share memory; distinct slots do not.
func (c *compiler) overlap(a, b kernels.ValueID) bool {
	x, y := &c.p.Values[a], &c.p.Values[b]
	switch {
	case x.Home != y.Home:
		return false
	case x.Home != kernels.InScratch:
		return x.Slot == y.Slot
	}
	return x.Offset < y.Offset+c.p.Bytes(b) && y.Offset < x.Offset+c.p.Bytes(a)
}

// normalise drops axes of extent 1, merges axes all operands walk as one, and pads to four.
func (g *group) normalise() {
	lists := make([]*[]int, 0, len(g.ins)+len(g.outs))
	for i := range g.ins {
		lists = append(lists, &g.ins[i].strides)
	}
	for i := range g.outs {
		lists = append(lists, &g.outs[i].strides)
	}
	var shape kernels.Shape
	merged := make([][]int, len(lists))
	for a, n := range g.shape {
		if n == 1 {
			continue
		}
		last := len(shape) - 1
		joins := last >= 0
		for k, l := range lists {
			joins = joins && merged[k][last] == (*l)[a]*n
		}
		if !joins {
			shape, last = append(shape, 1), last+1
		}
		shape[last] *= n
		for k, l := range lists {
			merged[k] = append(merged[k][:last], (*l)[a])
		}
	}
	pad := 4 - len(shape)
	g.shape = append(slices.Repeat(kernels.Shape{1}, pad), shape...)
	for k, l := range lists {
		*l = append(make([]int, pad), merged[k]...)
	}
}

// contiguous reports whether strides walk a dense tensor of the shape in order.
func contiguous(shape kernels.Shape, strides []int) bool {
	own := rowMajor(shape)
	for i := range shape {
		if shape[i] != 1 && strides[i] != own[i] {
			return false
		}
	}
	return true
}
