package graph

import (
	"container/heap"
	"slices"

	"elbo/kernels"
)

// scheduler orders steps so that states are updated where they are: the step that makes a
// state's new value writes it over the old one after everybody has read that.
type scheduler struct {
	*backend
	maker map[V]int // base value → the step that makes it
	next  [][]int   // edges: these steps come after
}

// schedule chooses the slots computed values live in and orders the steps accordingly.
func (b *backend) schedule(results []result) {
	// Results that are slots or constants themselves are copied; they are readers like any other.
	for _, r := range results {
		if b.c.isLeaf(b.base[r.value]) {
			b.steps = append(b.steps, b.assign(r))
		}
	}
	s := &scheduler{backend: b, maker: map[V]int{}, next: make([][]int, len(b.steps))}
	for i := range b.steps {
		for _, v := range b.steps[i].outs {
			s.maker[b.base[v]] = i
		}
	}
	readers := map[V][]int{} // of state slots
	for i := range b.steps {
		for _, a := range b.steps[i].args {
			root := b.base[a]
			if m, ok := s.maker[root]; ok && !b.c.isLeaf(root) {
				s.next[m] = append(s.next[m], i)
			} else if !slices.Contains(readers[root], i) {
				readers[root] = append(readers[root], i)
			}
		}
	}
	for _, r := range results {
		s.settle(r, readers[r.slot])
	}
	s.sort()
	b.plainSingles()
}

// settle makes the result's slot the home of its value if every reader of the slot's old
// value can run before the value's maker, or reads it point by point as the maker writes.
func (s *scheduler) settle(r result, readers []int) {
	root := s.base[r.value]
	if _, taken := s.homes[root]; taken || s.c.isLeaf(root) {
		return
	}
	w := s.maker[root]
	for _, i := range readers {
		if i == w && !s.inPlace(w, root, r.slot) || i != w && s.reaches(w, i) {
			return
		}
	}
	for _, i := range readers {
		if i != w {
			s.next[i] = append(s.next[i], w)
		}
	}
	s.homes[root] = s.c.vals[r.slot].slot
}

// inPlace reports whether step i may write root over the slot it reads.
func (s *scheduler) inPlace(i int, root, slot V) bool {
	st := &s.steps[i]
	if st.op != kernels.OpFused {
		return false
	}
	out := st.fused.Outs[slices.Index(st.outs, root)]
	if out.Reduce {
		return false
	}
	for k, a := range st.args {
		if s.base[a] == slot && !slices.Equal(st.fused.Ins[k].Strides, out.Strides) {
			return false
		}
	}
	return true
}

// reaches reports whether step to has to come after step from by the edges so far.
func (s *scheduler) reaches(from, to int) bool {
	seen := make([]bool, len(s.steps))
	stack := []int{from}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, j := range s.next[i] {
			if j == to {
				return true
			}
			if !seen[j] {
				seen[j] = true
				stack = append(stack, j)
			}
		}
	}
	return false
}

// sort puts the steps in an order the edges allow, the earliest first where there is a choice.
func (s *scheduler) sort() {
	waits := make([]int, len(s.steps))
	for _, after := range s.next {
		for _, j := range after {
			waits[j]++
		}
	}
	var ready intHeap
	for i, n := range waits {
		if n == 0 {
			heap.Push(&ready, i)
		}
	}
	var order []step
	for len(ready) > 0 {
		i := heap.Pop(&ready).(int)
		order = append(order, s.steps[i])
		for _, j := range s.next[i] {
			if waits[j]--; waits[j] == 0 {
				heap.Push(&ready, j)
			}
		}
	}
	if len(order) != len(s.steps) {
		panic("graph: the schedule has a cycle")
	}
	s.steps = order
}

// intHeap is a heap of step numbers.
type intHeap []int

func (h intHeap) Len() int           { return len(h) }
func (h intHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h intHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push adds an int.
func (h *intHeap) Push(x any) { *h = append(*h, x.(int)) }

// Pop removes the last int.
func (h *intHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
