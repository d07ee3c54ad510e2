package lower

import "elbo/kernels"

// rowGroup is an elementwise group over the rows of a sweep: points points a row, numbered along the axes
// of minor. Inside the kernel a value by row of S columns has element (r, k) of a tile at k·T + r.
type rowGroup struct {
	group
	instr  int
	minor  kernels.Shape
	points int
	lead   []int // the strides of the operands from row to row; group.ins holds those along minor
}

// rowGroup returns an elementwise or fused instruction as a group over rows, if it is one whose results are
// stored by row or summed over all rows.
func (s *sweep) rowGroup(l *lowering, i int) (rowGroup, bool) {
	in := &l.p.Instrs[i]
	g := rowGroup{instr: i}
	switch {
	case in.Op == kernels.OpFused:
		g.group = *l.fusedGroup(in)
	case in.Op.IsElementwise():
		g.group = *l.elementGroup(in)
	default:
		return g, false
	}
	if !g.split(s.rows) || g.points > mostThin {
		return g, false
	}
	l.foldConstants(&g.group)
	for k := range g.ins {
		if c := s.columns[g.ins[k].value]; c > 0 && g.ins[k].number == nil &&
			(g.lead[k] != c || reach(g.minor, g.ins[k].strides) >= c) {
			return g, false
		}
	}
	return g, true
}

// split cuts the axis of n rows off the space, and says whether results go with it or are sums over it.
func (g *rowGroup) split(n int) bool {
	if len(g.shape) == 0 || g.shape[0] == 0 || g.shape[0]%n != 0 {
		return false
	}
	inner := g.shape[0] / n
	g.minor = append(kernels.Shape{inner}, g.shape[1:]...)
	g.points = g.minor.Size()
	cut := func(strides []int) (lead int, rest []int) {
		return strides[0] * inner, append([]int{strides[0]}, strides[1:]...)
	}
	ins, outs := make([]operand, len(g.ins)), make([]result, len(g.outs))
	g.lead = make([]int, len(g.ins))
	for k, in := range g.ins {
		ins[k] = in
		g.lead[k], ins[k].strides = cut(in.strides)
	}
	for k, o := range g.outs {
		outs[k] = o
		lead, rest := cut(o.strides)
		outs[k].strides = rest
		switch whole, none := isDense(g.minor, rest), isZero(rest); {
		case o.join == store && lead == g.points && whole:
		case o.join == sum && lead == 0 && (whole || none):
		default:
			return false
		}
	}
	g.ins, g.outs = ins, outs
	return true
}

// sums reports how many results a sum over rows has: one for each point of a row, or one in all.
func (g *rowGroup) sums(o *result) int {
	if isZero(o.strides) {
		return 1
	}
	return g.points
}
