package lower

import (
	"slices"

	"elbo/kernels"
)

// settle finds where in the program the sweep may run: after all it needs was made, before what it makes is
// used. It reports whether there is such a place.
func (s *sweep) settle(l *lowering) bool {
	first, last := 0, len(l.p.Instrs)
	for k := range l.p.Instrs {
		if slices.Contains(s.instrs, k) {
			continue
		}
		other := &l.p.Instrs[k]
		reads, writes := l.spans(other.Args), l.spans(other.Outs)
		for _, i := range s.instrs {
			needs, makes := l.spans(s.inputs(l, i)), l.spans(s.inSlots(l, i))
			switch {
			case k < i && (overlap(writes, needs) || overlap(makes, reads) || overlap(makes, writes)):
				first = max(first, k+1)
			case k > i && (s.uses(l, other, i) || overlap(makes, reads) || overlap(makes, writes) ||
				overlap(writes, slotsOf(needs))):
				last = min(last, k)
			}
		}
	}
	s.at = first
	return first <= last && !s.overwrites(l)
}

// inputs lists what an instruction of the sweep reads that the sweep does not make.
func (s *sweep) inputs(l *lowering, i int) []kernels.ValueID {
	var out []kernels.ValueID
	for _, a := range l.p.Instrs[i].Args {
		made := slices.ContainsFunc(s.instrs, func(k int) bool { return slices.Contains(l.p.Instrs[k].Outs, a) })
		if !made {
			out = append(out, a)
		}
	}
	return out
}

// inSlots lists the results of an instruction of the sweep that lie in slots; others get places of their own.
func (s *sweep) inSlots(l *lowering, i int) []kernels.ValueID {
	var out []kernels.ValueID
	for _, o := range l.p.Instrs[i].Outs {
		if s.stored[o] && l.p.Values[o].Home != kernels.InScratch {
			out = append(out, o)
		}
	}
	return out
}

// uses reports whether an instruction reads a result of instruction i.
func (s *sweep) uses(l *lowering, in *kernels.Instr, i int) bool {
	return slices.ContainsFunc(l.p.Instrs[i].Outs, func(o kernels.ValueID) bool { return slices.Contains(in.Args, o) })
}

// overwrites reports whether a result goes where an operand lies: blocks write while others still read.
func (s *sweep) overwrites(l *lowering) bool {
	var needs, makes []span
	for _, i := range s.instrs {
		needs = append(needs, l.spans(s.inputs(l, i))...)
		makes = append(makes, l.spans(s.inSlots(l, i))...)
	}
	return overlap(needs, makes)
}

func (l *lowering) spans(list []kernels.ValueID) []span {
	var out []span
	for _, v := range list {
		out = append(out, l.plan.spanOf(l.p, v))
	}
	return out
}

// slotsOf leaves the scratch memory out.
func slotsOf(list []span) []span {
	return slices.DeleteFunc(slices.Clone(list), func(s span) bool { return s.home == kernels.InScratch })
}

// makeRoom gives the sweep's results scratch memory of their own, as it makes them at another time than the
// program's plan has it, and so the operands whose memory others take over before it runs.
func (s *sweep) makeRoom(l *lowering) {
	for _, i := range s.instrs {
		for _, o := range l.p.Instrs[i].Outs {
			if s.stored[o] && l.p.Values[o].Home == kernels.InScratch {
				l.plan.move(l.p, o)
			}
		}
		for k := i + 1; k < s.at; k++ {
			if slices.Contains(s.instrs, k) {
				continue
			}
			for _, v := range s.inputs(l, i) {
				if l.p.Values[v].Home == kernels.InScratch && overlap(l.spans([]kernels.ValueID{v}), l.spans(l.p.Instrs[k].Outs)) {
					l.plan.move(l.p, v)
				}
			}
		}
	}
}

// move gives a value, with those that lie where it does by their definition, scratch memory that no other has.
func (plan *Plan) move(p *kernels.Program, v kernels.ValueID) {
	to := plan.Scratch
	plan.ScratchAt[v] = to
	plan.Scratch += roundUp(max(p.Bytes(v), 1), 64)
	for again := true; again; {
		again = false
		for i := range p.Instrs {
			in := &p.Instrs[i]
			if in.Op != kernels.View && in.Op != kernels.Assign || !sameStart(p, in.Args[0], in.Outs[0]) {
				continue
			}
			a, b := &plan.ScratchAt[in.Args[0]], &plan.ScratchAt[in.Outs[0]]
			if *a != *b && (*a == to || *b == to) {
				*a, *b, again = to, to, true
			}
		}
	}
}
