package lower

import (
	"math"

	"elbo/kernels"
)

// group is an elementwise program over one space. Registers number the inputs first, then the
// ops, as in kernels.Fused.
type group struct {
	shape kernels.Shape
	ins   []operand
	code  []kernels.FusedOp
	outs  []result
}

// operand reads a value, or is a number known now.
type operand struct {
	value   kernels.ValueID
	strides []int
	number  *float64
}

// result takes a register to memory: stored, summed, or its maximum taken over axes of stride 0.
type result struct {
	value   kernels.ValueID
	reg     int
	strides []int
	join    join
}

type join uint8

const (
	store join = iota
	sum
	maximum
)

// elementwise makes one op a group of its own.
func (l *lowering) elementwise(in *kernels.Instr) error { return l.group(l.elementGroup(in)) }

func (l *lowering) elementGroup(in *kernels.Instr) *group {
	s := l.shape(in.Outs[0])
	g := &group{shape: s, code: []kernels.FusedOp{{Op: in.Op, Imm0: in.Attr.Imm0, Imm1: in.Attr.Imm1}}}
	for i, a := range in.Args {
		g.code[0].Args[i] = int16(i)
		g.ins = append(g.ins, operand{value: a, strides: broadcastStrides(l.shape(a), s)})
	}
	g.outs = []result{{in.Outs[0], len(in.Args), rowMajor(s), store}}
	return g
}

// fused takes a fused group over.
func (l *lowering) fused(in *kernels.Instr) error { return l.group(l.fusedGroup(in)) }

func (l *lowering) fusedGroup(in *kernels.Instr) *group {
	f := in.Fused
	g := &group{shape: f.Shape, code: f.Code}
	for i, a := range in.Args {
		g.ins = append(g.ins, operand{value: a, strides: f.Ins[i].Strides})
	}
	for i, v := range in.Outs {
		o := &f.Outs[i]
		r := result{v, int(o.Reg), o.Strides, store}
		if kept, _, _ := o.Pattern(f.Shape); o.Reduce && kept != f.Shape.Size() || f.Shape.Size() == 0 {
			r.join = sum
		}
		g.outs = append(g.outs, r)
	}
	return g
}

// reduce sums or takes maxima over any axes: the kept ones come last in the space where the
// tensor's last axis is kept, else first, so that neighbouring threads read neighbouring elements.
func (l *lowering) reduce(in *kernels.Instr) error {
	s := l.shape(in.Args[0])
	own := rowMajor(s)
	var axes [2][]int // kept, reduced
	for i := range s {
		axes[holds(in.Attr.Axes, i)] = append(axes[holds(in.Attr.Axes, i)], i)
	}
	first, second := 0, 1
	if n := len(axes[0]); n > 0 && axes[0][n-1] == len(s)-1 {
		first, second = 1, 0
	}
	g := &group{ins: []operand{{value: in.Args[0]}}, outs: []result{{value: in.Outs[0], join: sum}}}
	if in.Op == kernels.MaxReduce {
		g.outs[0].join = maximum
	}
	kept := rowMajor(l.shape(in.Outs[0]))
	for _, block := range []int{first, second} {
		for i, a := range axes[block] {
			g.shape = append(g.shape, s[a])
			g.ins[0].strides = append(g.ins[0].strides, own[a])
			to := 0
			if block == 0 {
				to = kept[i]
			}
			g.outs[0].strides = append(g.outs[0].strides, to)
		}
	}
	if g.shape.Size() == l.shape(in.Outs[0]).Size() && g.shape.Size() > 0 {
		g.outs[0].join = store
	}
	return l.group(g)
}

// holds returns 1 where list has x, else 0.
func holds(list []int, x int) int {
	for _, y := range list {
		if x == y {
			return 1
		}
	}
	return 0
}

// group emits the kernels of a group: one for each pattern of joining; stores go with the last,
// because only they may overwrite operands. Over an empty space results are what joining
// nothing gives.
func (l *lowering) group(g *group) error {
	if g.shape.Size() == 0 {
		for _, o := range g.outs {
			l.fill(o.value, o.join == maximum)
		}
		return nil
	}
	g.collapse()
	l.foldConstants(g)
	passes := g.passes()
	for i := range passes {
		l.pass(g, &passes[i])
	}
	return nil
}

// fill sets a value to zeros, or to minus infinities: the maximum of nothing.
func (l *lowering) fill(v kernels.ValueID, lowest bool) {
	n := l.shape(v).Size()
	if !lowest {
		l.zero(v)
		return
	}
	x := math.Inf(-1)
	g := &group{shape: kernels.Shape{n}, ins: []operand{{number: &x}}, outs: []result{{value: v, strides: []int{1}}}}
	if n > 0 {
		l.pass(g, &pass{outs: g.outs, mode: flat})
	}
}

func (g *group) collapse() {
	strides := make([][]int, 0, len(g.ins)+len(g.outs))
	for i := range g.ins {
		strides = append(strides, g.ins[i].strides)
	}
	for i := range g.outs {
		strides = append(strides, g.outs[i].strides)
	}
	g.shape, strides = collapse(g.shape, strides)
	for i := range g.ins {
		g.ins[i].strides = strides[i]
	}
	for i := range g.outs {
		g.outs[i].strides = strides[len(g.ins)+i]
	}
}

// foldConstants turns operands that are constant scalars into numbers.
func (l *lowering) foldConstants(g *group) {
	for i := range g.ins {
		in := &g.ins[i]
		if in.number != nil {
			continue
		}
		if v := &l.p.Values[in.value]; v.Home == kernels.InConst && v.Shape.Size() == 1 {
			in.number = &l.p.Consts[v.Slot][0]
		}
	}
}

// mode says how a kernel walks the space.
type mode uint8

const (
	flat mode = iota // point by point
	row              // trailing axes are joined: kept·R + reduced
	col              // leading axes are joined: reduced·K + kept
)

// pass is one kernel of a group: the results it makes over K kept and R reduced points.
type pass struct {
	outs []result
	mode mode
	k, r int
}

// passes sorts results by pattern.
func (g *group) passes() []pass {
	var out []pass
	var stores []result
	for _, o := range g.outs {
		if o.join == store {
			stores = append(stores, o)
			continue
		}
		f := kernels.FusedOut{Strides: o.strides}
		kept, _, trailing := f.Pattern(g.shape)
		p := pass{outs: []result{o}, mode: col, k: kept, r: g.shape.Size() / kept}
		if trailing {
			p.mode = row
		}
		at := 0
		for at < len(out) && (out[at].mode != p.mode || out[at].k != p.k) {
			at++
		}
		if at < len(out) {
			out[at].outs = append(out[at].outs, o)
		} else {
			out = append(out, p)
		}
	}
	switch {
	case len(out) == 0:
		return []pass{{outs: stores, mode: flat}}
	case len(stores) > 0:
		last := carrier(out)
		out[last], out[len(out)-1] = out[len(out)-1], out[last]
		out[len(out)-1].outs = append(out[len(out)-1].outs, stores...)
	}
	return out
}

// carrier picks the pass whose neighbouring threads are at neighbouring points, as stores like it.
func carrier(list []pass) int {
	best, most := 0, 0
	for i := range list {
		run := list[i].r
		if list[i].mode == col {
			run = list[i].k
		}
		if run > most {
			best, most = i, run
		}
	}
	return best
}
