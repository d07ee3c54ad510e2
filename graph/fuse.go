package graph

import (
	"slices"

	"elbo/kernels"
)

// Fusion puts elementwise values of equal element count into groups that run as one
// instruction. Each value gets a level: one more than the level of anything it must read
// from memory, the level of what it can read from registers. Values of one level and count
// can share a group in any combination, because every path from one to another through
// memory raises the level. Sums over a leading or trailing block of axes join the group of
// their operand, whose consumers are a level above.

// fuser finds the groups of a Code.
type fuser struct {
	*backend
	level  []int32
	group  []*group // of members, else nil
	clan   []V      // see clans
	stored []bool   // the value is read from memory by someone
}

// fuse replaces emitPlain: it fills b.steps with fused groups and structural instructions.
func (b *backend) fuse() {
	n := len(b.c.vals)
	f := &fuser{backend: b, level: make([]int32, n), group: make([]*group, n), stored: make([]bool, n)}
	f.setLevels()
	f.sink()
	groups := f.pack()
	f.markStored()

	// Order by level, then by first value; within a level nothing depends on anything else
	// but chunks of one bucket, which are made in order.
	type unit struct {
		level int32
		first V
		g     *group
	}
	var units []unit
	for _, g := range groups {
		units = append(units, unit{f.level[g.members[0]], g.members[0], g})
	}
	for v := range b.c.vals {
		if f.needsStep(V(v)) && f.group[v] == nil {
			units = append(units, unit{f.level[v], V(v), nil})
		}
	}
	slices.SortFunc(units, func(x, y unit) int {
		if x.level != y.level {
			return int(x.level - y.level)
		}
		return int(x.first - y.first)
	})
	for _, u := range units {
		if u.g != nil {
			b.steps = append(b.steps, f.emit(u.g))
		} else {
			b.steps = append(b.steps, b.plainStep(u.first))
		}
	}
}

// count is the number of points of the iteration space v is computed over.
func (f *fuser) count(v V) int {
	if x := &f.c.vals[v]; x.op == kernels.SumReduce {
		return f.c.vals[x.args[0]].shape.Size()
	}
	return f.c.vals[v].shape.Size()
}

// inRegister reports whether a fused reader over n points can take operand a from a register.
func (f *fuser) inRegister(a V, n int) bool {
	r := f.base[a]
	return f.isPointwise(r) && f.c.vals[r].shape.Size() == n
}

// isPointwise reports whether v is computed point by point: an elementwise op or a broadcast.
func (f *fuser) isPointwise(v V) bool {
	x := &f.c.vals[v]
	return x.dtype == f.c.dt && (x.op.IsElementwise() || x.op == kernels.Copy)
}

// canFuse reports whether v may be a member of a group.
func (f *fuser) canFuse(v V) bool {
	if f.isPointwise(v) {
		return true
	}
	if x := &f.c.vals[v]; x.op == kernels.SumReduce {
		_, ok := reduceRuns(f.c.vals[x.args[0]].shape, x.attr.Axes)
		return ok
	}
	return false
}

// early is the level of structural values that depend on no pointwise work: draws, gathered
// rows, slices of parameters. It is so low that their readers are on level 0 all the same.
const early = -1 << 20

func (f *fuser) setLevels() {
	for v := range f.c.vals {
		if !f.needsStep(V(v)) {
			continue
		}
		fusable, n := f.canFuse(V(v)), f.count(V(v))
		if !fusable {
			f.level[v] = early
		}
		for _, a := range f.c.vals[v].args {
			r := f.base[a]
			switch {
			case f.c.isLeaf(r):
			case fusable && f.inRegister(a, n):
				f.level[v] = max(f.level[v], f.level[r])
			default:
				f.level[v] = max(f.level[v], f.level[r]+1)
			}
		}
	}
}

// markStored finds the members that someone outside their group reads.
func (f *fuser) markStored() {
	for r, readers := range f.readers() {
		for _, u := range readers {
			if u == noValue || f.group[r] == nil || f.group[u] != f.group[r] || f.c.vals[r].op == kernels.SumReduce {
				f.stored[r] = true
			}
		}
	}
}
