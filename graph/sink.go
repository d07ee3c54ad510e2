package graph

import "elbo/kernels"

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
