package lower

import (
	"slices"

	"elbo/kernels"
)

// Branches are the nodes of some steps spread over a few streams, in an order in which they may be issued:
// what need nothing of each other may run side by side, as products of small matrices fill a part of a card
// only. Streams begin where the first one is, and it waits for the others' last nodes.
type Branches struct {
	Streams int      // in use
	Events  int      // in use, each recorded once
	Fork    int      // event to record on the first stream before any node; -1: none
	Nodes   []Branch // in order
	Joins   []int    // events the first stream waits for after its last node
}

// Branch is a node on its stream.
type Branch struct {
	Node   int   // of Plan.Nodes
	Step   int   // from 0
	Stream int   // from 0
	Waits  []int // events to wait for before the node
	Event  int   // to record after it; -1: none
}

// branchesUpTo bounds the nodes of programs that are spread: all are compared with all.
const branchesUpTo = 1024

// Branches spreads steps over a number of streams at most. Every node comes after those it must follow, with the
// fewest waits that make it so; a node goes where the last of them is, else where no other must be
// waited for, else to the stream that is done first.
func (plan *Plan) Branches(p *kernels.Program, streams, steps int) *Branches {
	nodes := len(plan.Nodes)
	b := &brancher{out: &Branches{Fork: -1}, tail: slices.Repeat([]int{-1}, max(streams, 1))}
	within, across := make([][]int, nodes), make([][]int, nodes)
	if nodes <= branchesUpTo && streams > 1 {
		within, across = plan.follows(p)
	}
	for step := range steps {
		for i := range nodes {
			var before []int
			for _, k := range within[i] {
				before = append(before, step*nodes+k)
			}
			for _, k := range across[i] {
				if step > 0 {
					before = append(before, (step-1)*nodes+k)
				}
			}
			b.add(Branch{Node: i, Step: step, Event: -1}, before)
		}
	}
	b.join()
	return b.out
}

// brancher spreads nodes. Clocks say, for each stream, how many of its nodes have ended.
type brancher struct {
	out   *Branches
	clock [][]int // of each node: once it has ended
	depth []int   // of each node: the nodes of the longest way to its end
	tail  []int   // of each stream: its last node; -1 before the first
}

// add puts a node, with those it must follow, on a stream.
func (b *brancher) add(n Branch, before []int) {
	slices.SortFunc(before, func(x, y int) int { return y - x }) // those before others come last
	n.Stream = b.choose(before)
	clock, depth := make([]int, len(b.tail)), 0
	if t := b.tail[n.Stream]; t >= 0 {
		copy(clock, b.clock[t])
		depth = b.depth[t]
	} else if n.Stream > 0 && len(before) == 0 {
		n.Waits = append(n.Waits, b.begin())
	}
	for _, k := range before {
		depth = max(depth, b.depth[k])
		if !b.ended(k, clock) {
			n.Waits = append(n.Waits, b.event(k))
			merge(clock, b.clock[k])
		}
	}
	clock[n.Stream]++
	b.tail[n.Stream] = len(b.out.Nodes)
	b.clock, b.depth = append(b.clock, clock), append(b.depth, depth+1)
	b.out.Nodes = append(b.out.Nodes, n)
	b.out.Streams = max(b.out.Streams, n.Stream+1)
}

// choose picks the stream of a node that follows others: one whose last node is among them, the latest of
// these; else one whose last node is known to have ended; else a new one; else the one that is done first.
func (b *brancher) choose(before []int) int {
	clock := make([]int, len(b.tail))
	for _, k := range before {
		merge(clock, b.clock[k])
	}
	best, least := 0, [2]int{4}
	for s, t := range b.tail {
		var rank [2]int
		switch {
		case t < 0:
			rank[0] = 2
		case slices.Contains(before, t):
			rank[1] = -b.depth[t]
		case b.ended(t, clock):
			rank = [2]int{1, -b.depth[t]}
		default:
			rank = [2]int{3, b.depth[t]}
		}
		if slices.Compare(rank[:], least[:]) < 0 {
			best, least = s, rank
		}
	}
	return best
}

// join has the first stream wait for the others.
func (b *brancher) join() {
	clock := make([]int, len(b.tail))
	if t := b.tail[0]; t >= 0 {
		copy(clock, b.clock[t])
	}
	tails := slices.Clone(b.tail)
	slices.SortFunc(tails, func(x, y int) int { return y - x })
	for _, t := range tails {
		if t >= 0 && !b.ended(t, clock) {
			b.out.Joins = append(b.out.Joins, b.event(t))
			merge(clock, b.clock[t])
		}
	}
}

// begin returns the event at the start of the first stream.
func (b *brancher) begin() int {
	if b.out.Fork < 0 {
		b.out.Fork = b.newEvent()
	}
	return b.out.Fork
}

// event returns the event that is recorded after a node.
func (b *brancher) event(node int) int {
	n := &b.out.Nodes[node]
	if n.Event < 0 {
		n.Event = b.newEvent()
	}
	return n.Event
}

func (b *brancher) newEvent() int {
	b.out.Events++
	return b.out.Events - 1
}

// ended reports whether a node has ended at a clock.
func (b *brancher) ended(node int, clock []int) bool {
	s := b.out.Nodes[node].Stream
	return clock[s] >= b.clock[node][s]
}

// merge moves a clock on to where another is.
func merge(clock, other []int) {
	for s, n := range other {
		clock[s] = max(clock[s], n)
	}
}
