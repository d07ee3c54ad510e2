package lower

import (
	"slices"

	"elbo/kernels"
)

// mostThin is the largest number of columns of the matrices that a sweep carries by rows.
const mostThin = 16

// fewestRows is the number of rows from which a sweep pays.
const fewestRows = 64

// sweep is the part of a program that needs the rows of a matrix X (N, p) both ways, as the gradient of a
// generalised linear model does:
//
//	H = X W        thin: (N, S), any number of such products
//	groups         elementwise over (N, S) or (N), with sums over all rows
//	G = Xᵀ R       R (N, S) from the groups, any number
//
// One kernel makes all of it and reads each row of X once: the products alone would read X once each.
// Its floor is therefore N·p elements of X and the groups' operands by row, against the rate of memory;
// it has 2·N·p·S multiply-adds each way, which for S = 1 and float32 are 0.5 per byte of X.
type sweep struct {
	x          kernels.ValueID
	gather     int // the instruction that gathers X for the sweep alone, or -1
	rows, cols int
	down, up   []product
	groups     []rowGroup
	columns    map[kernels.ValueID]int // of the values by row it makes
	stored     map[kernels.ValueID]bool
	instrs     []int // what it carries out, ascending
	at         int   // it runs before this instruction
	tiling
}

// product is X W or Xᵀ R. An element (j, s) of W and of the second's result lies at j·row + s·col.
type product struct {
	instr     int
	thin, out kernels.ValueID // W or R; the result
	n         int             // S
	row, col  int
}

// findSweep returns the sweep over the largest matrix that has one, or nil.
func (l *lowering) findSweep() *sweep {
	var tried []kernels.ValueID
	var best *sweep
	for i := range l.p.Instrs {
		in := &l.p.Instrs[i]
		if in.Op != kernels.MatMul || slices.Contains(tried, in.Args[0]) {
			continue
		}
		x := in.Args[0]
		tried = append(tried, x)
		if best != nil && l.shape(x).Size() <= l.shape(best.x).Size() {
			continue
		}
		if s := l.sweepOver(x); s != nil {
			best = s
		}
	}
	return best
}

// sweepOver returns the sweep over the rows of x, or nil.
func (l *lowering) sweepOver(x kernels.ValueID) *sweep {
	shape := l.shape(x)
	if len(shape) != 2 || shape[0] < fewestRows || shape[1] == 0 || l.p.Values[x].DType != l.p.DType {
		return nil
	}
	s := &sweep{x: x, gather: -1, rows: shape[0], cols: shape[1], columns: map[kernels.ValueID]int{}}
	s.collect(l)
	s.keepConnected(l)
	if len(s.down) == 0 || len(s.up) == 0 || len(s.groups) == 0 {
		return nil
	}
	s.list()
	s.takeGather(l)
	s.markStored(l)
	if !s.fits(l.p.DType.Size()) || !s.settle(l) {
		return nil
	}
	return s
}

// collect takes every instruction that fits and needs nothing of what comes after the sweep.
func (s *sweep) collect(l *lowering) {
	after := map[kernels.ValueID]bool{}
	for i := range l.p.Instrs {
		in := &l.p.Instrs[i]
		if slices.ContainsFunc(in.Args, func(a kernels.ValueID) bool { return after[a] }) || !s.take(l, i) {
			for _, a := range in.Args {
				if after[a] || s.columns[a] > 0 {
					markAll(after, in.Outs)
				}
			}
			continue
		}
		for _, o := range in.Outs {
			after[o] = s.columns[o] == 0
		}
	}
}

func markAll(set map[kernels.ValueID]bool, list []kernels.ValueID) {
	for _, v := range list {
		set[v] = true
	}
}

// take adds an instruction to the sweep if it fits.
func (s *sweep) take(l *lowering, i int) bool {
	in := &l.p.Instrs[i]
	if in.Op != kernels.MatMul {
		g, ok := s.rowGroup(l, i)
		if ok {
			s.groups = append(s.groups, g)
			for _, o := range g.outs {
				if o.join == store {
					s.columns[o.value] = g.points
				}
			}
		}
		return ok
	}
	d, err := kernels.MatMulDims(in.Attr, l.shape(in.Args[0]), l.shape(in.Args[1]))
	if err != nil || d.Batch != 1 {
		return false
	}
	a, b := in.Args[0], in.Args[1]
	p := product{instr: i, thin: b, out: in.Outs[0], n: d.N, row: d.N, col: 1}
	switch {
	case a == s.x && b != a && !in.Attr.TransA && d.N <= mostThin && s.columns[b] == 0:
		if in.Attr.TransB {
			p.row, p.col = 1, d.K
		}
		s.down = append(s.down, p)
		s.columns[p.out] = d.N
		return true
	case a == s.x && in.Attr.TransA && !in.Attr.TransB && d.N == s.columns[b]:
		s.up = append(s.up, p)
		return true
	case b == s.x && in.Attr.TransA && !in.Attr.TransB && d.M == s.columns[a]:
		s.up = append(s.up, product{instr: i, thin: a, out: in.Outs[0], n: d.M, row: 1, col: d.N})
		return true
	}
	return false
}

// keepConnected drops what neither leads to a product Xᵀ R nor uses what does.
func (s *sweep) keepConnected(l *lowering) {
	need := map[kernels.ValueID]bool{}
	for i := range s.up {
		need[s.up[i].thin] = true
	}
	keep := make([]bool, len(s.groups))
	for again := true; again; {
		again = false
		for i := range s.groups {
			in := &l.p.Instrs[s.groups[i].instr]
			touches := slices.ContainsFunc(slices.Concat(in.Args, in.Outs), func(v kernels.ValueID) bool { return need[v] })
			if keep[i] || !touches {
				continue
			}
			keep[i], again = true, true
			for _, v := range slices.Concat(in.Args, in.Outs) {
				need[v] = need[v] || s.columns[v] > 0
			}
		}
	}
	var groups []rowGroup
	for i := range keep {
		if keep[i] {
			groups = append(groups, s.groups[i])
		}
	}
	s.groups = groups
	s.down = slices.DeleteFunc(s.down, func(p product) bool { return !need[p.out] })
}

// list lists the instructions.
func (s *sweep) list() {
	for _, p := range slices.Concat(s.down, s.up) {
		s.instrs = append(s.instrs, p.instr)
	}
	for i := range s.groups {
		s.instrs = append(s.instrs, s.groups[i].instr)
	}
	slices.Sort(s.instrs)
}

// takeGather makes the gathering of X part of the sweep where nothing else reads the rows gathered.
func (s *sweep) takeGather(l *lowering) {
	by := -1
	for i := range l.p.Instrs {
		in := &l.p.Instrs[i]
		switch {
		case slices.Contains(in.Outs, s.x):
			by = i
		case slices.Contains(in.Args, s.x) && !slices.Contains(s.instrs, i):
			return
		}
	}
	if by < 0 || l.p.Instrs[by].Op != kernels.Gather || l.p.Values[s.x].Home != kernels.InScratch {
		return
	}
	s.gather = by
	s.instrs = append(s.instrs, by)
	slices.Sort(s.instrs)
}

// markStored finds the values that others read: the products Xᵀ R, the sums, and some of those by row.
func (s *sweep) markStored(l *lowering) {
	s.stored = map[kernels.ValueID]bool{}
	for _, i := range s.instrs {
		for _, o := range l.p.Instrs[i].Outs {
			s.stored[o] = i != s.gather && (s.columns[o] == 0 || l.p.Values[o].Home != kernels.InScratch)
		}
	}
	for i := range l.p.Instrs {
		if slices.Contains(s.instrs, i) {
			continue
		}
		for _, a := range l.p.Instrs[i].Args {
			if s.columns[a] > 0 && slices.ContainsFunc(s.instrs, func(k int) bool {
				return slices.Contains(l.p.Instrs[k].Outs, a)
			}) {
				s.stored[a] = true
			}
		}
	}
}
