package graph

import (
	"slices"

	"elbo/kernels"
)

// Limits of one group.
const (
	maxGroupIns  = 24
	maxGroupCode = 64
	maxGroupOuts = 24
	// Above this count of elements, values that share neither operands nor clan stay in
	// groups of their own: fusing them saves nothing and spreads a tile over more memory.
	maxUnrelated = 1 << 14
)

// group is a set of values computed together over one iteration space.
type group struct {
	index   int // position among the groups of its level and count
	count   int
	members []V
	clans   []V   // of the members, see clans
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

// pack fills the groups, value by value.
func (f *fuser) pack() []*group {
	type bucket struct {
		level int32
		count int
	}
	buckets := map[bucket][]*group{}
	var all []*group
	f.clans()
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

// clans marks the values of a level that reach each other through registers by one name: the
// operands of one sum belong together before the sum joins them.
func (f *fuser) clans() {
	f.clan = make([]V, len(f.c.vals))
	for v := range f.clan {
		f.clan[v] = V(v)
	}
	for v := range f.c.vals {
		if !f.needsStep(V(v)) || !f.canFuse(V(v)) {
			continue
		}
		n := f.count(V(v))
		for _, a := range f.c.vals[v].args {
			if r := f.base[a]; f.inRegister(a, n) && f.level[r] == f.level[v] && f.needsStep(r) {
				f.clan[f.clanOf(r)] = f.clanOf(V(v))
			}
		}
	}
}

// clanOf returns the name of v's clan, shortening the way to it.
func (f *fuser) clanOf(v V) V {
	for f.clan[v] != v {
		f.clan[v] = f.clan[f.clan[v]]
		v = f.clan[v]
	}
	return v
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
	ok, related = true, slices.Contains(g.clans, f.clanOf(v))
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
	ok = ok && ins <= maxGroupIns && g.code < maxGroupCode && len(cuts) < kernels.MaxRank &&
		len(g.members) < maxGroupCode+maxGroupOuts
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
	if clan := f.clanOf(v); !slices.Contains(g.clans, clan) {
		g.clans = append(g.clans, clan)
	}
	f.group[v] = g
}
