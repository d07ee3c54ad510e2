package graph

import "elbo/kernels"

// emit writes a group as a fused instruction.
func (f *fuser) emit(g *group) step {
	space := spaceOf(g.cuts, g.count)
	s := step{op: kernels.OpFused, fused: &kernels.Fused{Shape: space}, single: noValue}
	for _, o := range g.ins {
		s.args = append(s.args, o.root)
		s.fused.Ins = append(s.fused.Ins, kernels.Operand{Strides: o.runs.strides(space)})
	}
	full := runs{}.add(g.count, true).strides(space)
	regs := map[V]int16{}
	for _, v := range g.members {
		x := &f.c.vals[v]
		var args []int16
		f.eachOperand(g, v, func(o operand, member bool) {
			if member {
				args = append(args, regs[o.root])
			} else {
				args = append(args, int16(g.find(o)))
			}
		})
		strides := full
		if x.op.IsElementwise() {
			regs[v] = int16(len(g.ins) + len(s.fused.Code))
			op := kernels.FusedOp{Op: x.op, Imm0: x.imm[0], Imm1: x.imm[1]}
			copy(op.Args[:], args)
			s.fused.Code = append(s.fused.Code, op)
			s.site = x.site
		} else {
			regs[v] = args[0] // a broadcast or a sum takes its operand's register
		}
		reduce := x.op == kernels.SumReduce && x.shape.Size() < g.count
		if reduce {
			kept, _ := reduceRuns(f.c.vals[x.args[0]].shape, x.attr.Axes)
			strides = kept.strides(space)
		}
		if f.stored[v] {
			s.outs = append(s.outs, v)
			s.fused.Outs = append(s.fused.Outs, kernels.FusedOut{Reg: regs[v], Strides: strides, Reduce: reduce})
			s.site = x.site
		}
	}
	if len(g.members) == 1 {
		s.single = g.members[0]
		s.site = f.c.vals[s.single].site
	}
	return s
}

// plainSingles writes groups of one value as the plain instruction, unless they update a
// state in place.
func (b *backend) plainSingles() {
	for i := range b.steps {
		s := &b.steps[i]
		if s.op != kernels.OpFused || s.single == noValue {
			continue
		}
		slot, homed := b.homes[s.outs[0]]
		inPlace := false
		for _, a := range s.args {
			inPlace = inPlace || homed && b.c.vals[a].slot == slot
		}
		if !inPlace {
			b.steps[i] = b.plainStep(s.single)
		}
	}
}
