package graph

import (
	"slices"

	"elbo/kernels"
)

// lineBytes is the alignment of scratch values.
const lineBytes = 64

// plan places every computed value that no slot holds in the scratch arena. Values whose
// live ranges overlap never share memory, except that an unreduced out of a fused group may
// take over an input of the same layout that dies there.
func (b *backend) plan() {
	ranges := b.liveRanges()
	free := arena{}
	dying := make([][]V, len(b.steps))
	for v, p := range ranges {
		dying[p.to] = append(dying[p.to], v)
	}
	for i := range b.steps {
		s := &b.steps[i]
		slices.Sort(dying[i]) // map order above; the plan must not depend on it
		taken := map[V]bool{}
		for k, v := range s.outs {
			root := b.base[v]
			p, ok := ranges[root]
			if !ok || p.from != i {
				continue
			}
			if heir := b.dyingInput(s, k, dying[i], taken); heir != noValue {
				p.offset = b.where[heir].offset
				taken[heir] = true
			} else {
				p.offset = free.take(p.bytes)
			}
			b.where[root] = p
		}
		if b.mode == keepMode {
			continue
		}
		for _, v := range dying[i] {
			if !taken[v] {
				free.give(b.where[v].offset, b.where[v].bytes)
			}
		}
	}
	b.size = free.size
}

// liveRanges returns the first and last step that touches each base value kept in scratch.
func (b *backend) liveRanges() map[V]placement {
	ranges := map[V]placement{}
	for i := range b.steps {
		for _, v := range b.steps[i].outs {
			if b.inScratch(v) {
				bytes := b.c.vals[v].dtype.Size() * b.c.vals[v].shape.Size()
				ranges[b.base[v]] = placement{bytes: roundUp(bytes), from: i, to: i}
			}
		}
		for _, v := range b.steps[i].args {
			if p, ok := ranges[b.base[v]]; ok {
				p.to = i
				ranges[b.base[v]] = p
			}
		}
	}
	return ranges
}

func (b *backend) inScratch(v V) bool {
	root := b.base[v]
	_, homed := b.homes[root]
	return !homed && !b.c.isLeaf(root)
}

func roundUp(bytes int) int { return max((bytes+lineBytes-1)/lineBytes*lineBytes, lineBytes) }

// dyingInput returns an input of a fused step that dies there and is read at exactly the
// points where out k is written, or noValue.
func (b *backend) dyingInput(s *step, k int, dying []V, taken map[V]bool) V {
	if s.op != kernels.OpFused || s.fused.Outs[k].Reduce {
		return noValue
	}
	out := s.fused.Outs[k]
	for i, a := range s.args {
		root := b.base[a]
		if !slices.Contains(dying, root) || taken[root] || b.where[root].to == b.where[root].from {
			continue
		}
		same := b.c.vals[a].dtype == b.c.vals[s.outs[k]].dtype && slices.Equal(s.fused.Ins[i].Strides, out.Strides) &&
			b.c.vals[a].shape.Size() == b.c.vals[s.outs[k]].shape.Size()
		for j, other := range s.args {
			same = same && (j == i || b.base[other] != root)
		}
		if same {
			return root
		}
	}
	return noValue
}

// arena hands out byte ranges, reusing freed ones: best fit, neighbours joined.
type arena struct {
	size int
	free []span // sorted by offset, disjoint, not adjacent
}

type span struct{ offset, bytes int }

func (a *arena) take(bytes int) int {
	best := -1
	for i, s := range a.free {
		if s.bytes >= bytes && (best < 0 || s.bytes < a.free[best].bytes) {
			best = i
		}
	}
	if best >= 0 {
		s := &a.free[best]
		at := s.offset
		s.offset, s.bytes = s.offset+bytes, s.bytes-bytes
		if s.bytes == 0 {
			a.free = slices.Delete(a.free, best, best+1)
		}
		return at
	}
	if n := len(a.free); n > 0 && a.free[n-1].offset+a.free[n-1].bytes == a.size {
		at := a.free[n-1].offset // the last gap grows to fit
		a.free = a.free[:n-1]
		a.size = at + bytes
		return at
	}
	at := a.size
	a.size += bytes
	return at
}

func (a *arena) give(offset, bytes int) {
	i, _ := slices.BinarySearchFunc(a.free, offset, func(s span, at int) int { return s.offset - at })
	a.free = slices.Insert(a.free, i, span{offset, bytes})
	if i+1 < len(a.free) && offset+bytes == a.free[i+1].offset {
		a.free[i].bytes += a.free[i+1].bytes
		a.free = slices.Delete(a.free, i+1, i+2)
	}
	if i > 0 && a.free[i-1].offset+a.free[i-1].bytes == offset {
		a.free[i-1].bytes += a.free[i].bytes
		a.free = slices.Delete(a.free, i, i+1)
	}
}
