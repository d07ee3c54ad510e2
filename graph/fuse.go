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

// Limits of one group.
const (
	maxGroupIns  = 24
	maxGroupCode = 64
	maxGroupOuts = 24
	// Above this count of elements, values that share neither operands nor results stay in
	// groups of their own: fusing them saves nothing and spreads a tile over more memory.
	maxUnrelated = 1 << 14
)

// fuser finds the groups of a Code.
type fuser struct {
	*backend
	level  []int32
	group  []*group // of members, else nil
	stored []bool   // the value is read from memory by someone
}

// group is a set of values computed together over one iteration space.
type group struct {
	index   int // position among the groups of its level and count
	count   int
	members []V
	cuts    []int // axis boundaries as suffix products, each dividing the next
	ins     []operand
	code    int
}

// operand is a memory input of a group: runs say which stretches of the iteration space
// move through it.
type operand struct {
	root V
	runs runs
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

// sink moves pointwise values whose users are all in one later group into that group, where
// that does not raise the number of values kept in memory between the two. Values nobody
// but the results reads move to the last group that reads one of their operands anyway.
func (f *fuser) sink() {
	readers := f.readers()
	for v := len(f.c.vals) - 1; v >= 0; v-- {
		if !f.needsStep(V(v)) || !f.isPointwise(V(v)) {
			continue
		}
		to, kept := f.meeting(V(v), readers), 0
		n := f.c.vals[v].shape.Size()
		for _, a := range f.c.vals[v].args {
			// Would this operand have to be stored for v's sake?
			if r := f.base[a]; f.inRegister(a, n) && !f.storedNow(r, readers[r]) {
				kept++
			}
		}
		if to > f.level[v] && kept <= 1 && (kept == 0 || readers[v][0] != noValue) {
			f.level[v] = to
		}
	}
}

// meeting returns the level at which v would be read from a register, or -1.
func (f *fuser) meeting(v V, readers [][]V) int32 {
	n := f.c.vals[v].shape.Size()
	to := int32(-1)
	if readers[v][0] == noValue {
		for _, a := range f.c.vals[v].args {
			if r := f.base[a]; f.c.isLeaf(r) && f.c.vals[a].shape.Size() == n && n > 1 {
				for _, u := range readers[r] {
					if u != v && u != noValue && f.canFuse(u) && f.count(u) == n {
						to = max(to, f.level[u])
					}
				}
			}
		}
		return to
	}
	for i, u := range readers[v] {
		if u == noValue || !f.canFuse(u) || f.count(u) != n || i > 0 && f.level[u] != to {
			return -1
		}
		to = f.level[u]
	}
	return to
}

// readers lists, for each base value, the steps that read it; noValue stands for results.
func (f *fuser) readers() [][]V {
	out := make([][]V, len(f.c.vals))
	uses := make([]int32, len(f.c.vals))
	for v := range f.c.vals {
		if f.users[v] == 0 {
			continue
		}
		for _, a := range f.c.vals[v].args {
			uses[a]++
			if f.c.vals[v].op != kernels.View {
				out[f.base[a]] = append(out[f.base[a]], V(v))
			}
		}
	}
	for v := range f.c.vals {
		if f.users[v] > uses[v] {
			out[f.base[v]] = append(out[f.base[v]], noValue)
		}
	}
	return out
}

// storedNow reports whether, at the present levels, someone reads r from memory.
func (f *fuser) storedNow(r V, readers []V) bool {
	n := f.c.vals[r].shape.Size()
	for _, u := range readers {
		if u == noValue || !f.canFuse(u) || f.count(u) != n || f.level[u] != f.level[r] {
			return true
		}
	}
	return false
}

// pack fills the groups, value by value.
func (f *fuser) pack() []*group {
	type bucket struct {
		level int32
		count int
	}
	buckets := map[bucket][]*group{}
	var all []*group
	for v := range f.c.vals {
		if !f.needsStep(V(v)) || !f.canFuse(V(v)) {
			continue
		}
		key := bucket{f.level[v], f.count(V(v))}
		g := f.choose(V(v), buckets[key])
		if g == nil {
			g = &group{index: len(buckets[key]), count: key.count}
			buckets[key] = append(buckets[key], g)
			all = append(all, g)
		}
		f.join(g, V(v))
	}
	return all
}

// choose returns the group v joins: never before the groups of its operands, preferably one
// it shares data with; nil if there is none.
func (f *fuser) choose(v V, groups []*group) *group {
	from := 0
	for _, a := range f.c.vals[v].args {
		if g := f.group[f.base[a]]; g != nil && f.inRegister(a, f.count(v)) && f.level[f.base[a]] == f.level[v] {
			from = max(from, g.index)
		}
	}
	var fallback *group
	for _, g := range groups[min(from, len(groups)):] {
		related, ok := f.fits(g, v)
		if ok && related {
			return g
		}
		if ok && fallback == nil {
			fallback = g
		}
	}
	if fallback != nil && f.count(v) <= maxUnrelated {
		return fallback
	}
	return nil
}

// fits reports whether g stays within its limits with v, and whether they share data.
func (f *fuser) fits(g *group, v V) (related, ok bool) {
	cuts, ins := g.cuts, len(g.ins)
	ok = true
	f.eachOperand(g, v, func(o operand, member bool) {
		switch {
		case member:
			related = true
		case g.find(o) >= 0:
			related = true
		default:
			ins++
		}
		if ok {
			cuts, ok = mergeCuts(cuts, o.runs.cuts(), g.count)
		}
	})
	if x := &f.c.vals[v]; x.op == kernels.SumReduce && ok {
		kept, _ := reduceRuns(f.c.vals[x.args[0]].shape, x.attr.Axes)
		cuts, ok = mergeCuts(cuts, kept.cuts(), g.count)
	}
	ok = ok && ins <= maxGroupIns && g.code < maxGroupCode && len(cuts) < kernels.MaxRank && len(g.members) < maxGroupCode+maxGroupOuts
	return related, ok
}

// eachOperand calls visit with every operand of v as group g would read it; member says that
// it is in a register of g.
func (f *fuser) eachOperand(g *group, v V, visit func(o operand, member bool)) {
	x := &f.c.vals[v]
	space := x.shape
	if x.op == kernels.SumReduce {
		space = f.c.vals[x.args[0]].shape
	}
	for _, a := range x.args {
		r := f.base[a]
		o := operand{r, broadcastRuns(f.c.vals[a].shape, space)}
		visit(o, f.group[r] == g && g != nil && f.inRegister(a, g.count))
	}
}

func (g *group) find(o operand) int {
	return slices.IndexFunc(g.ins, func(p operand) bool { return p.root == o.root && slices.Equal(p.runs, o.runs) })
}

// join adds v to g.
func (f *fuser) join(g *group, v V) {
	f.eachOperand(g, v, func(o operand, member bool) {
		if !member && g.find(o) < 0 {
			g.ins = append(g.ins, o)
		}
		g.cuts, _ = mergeCuts(g.cuts, o.runs.cuts(), g.count)
	})
	x := &f.c.vals[v]
	if x.op == kernels.SumReduce {
		kept, _ := reduceRuns(f.c.vals[x.args[0]].shape, x.attr.Axes)
		g.cuts, _ = mergeCuts(g.cuts, kept.cuts(), g.count)
	}
	if x.op.IsElementwise() {
		g.code++
	}
	g.members = append(g.members, v)
	f.group[v] = g
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
