package lower

import "elbo/kernels"

// unroll is the number of points a thread has in flight in spaces large enough to keep the card
// busy all the same.
const (
	unroll      = 4
	unrollAbove = 1 << 17
)

// blocksWanted bounds the blocks that share a joined result: enough to fill any card, few enough
// for one block to join their partials at once.
const blocksWanted = 1024

// pass renders one kernel of a group and launches it.
func (l *lowering) pass(g *group, p *pass) {
	r := newRender(l, g, p)
	body := r.body()
	args := r.addresses()
	if p.mode == flat {
		n := g.shape.Size()
		name := l.src.render(r.params(), body, 0, "join")
		l.add(name, [2]int{ceilDiv(n, Threads*r.unroll), 1}, append(args, number(n)))
		return
	}
	m := geometry(p, r.unroll)
	sums := r.joined()
	if m.segments > 1 {
		args = append(args, l.partials(8*sums*m.segments*p.k), l.counters(m.blocks))
	} else {
		args = append(args, number(0), number(0))
	}
	args = append(args, number(p.k), number(p.r), number(m.lanes), number(m.segments), number(m.segment))
	name := l.src.render(r.params(), body, Threads, "join")
	l.add(name, [2]int{m.blocks, m.segments}, args)
}

// shares says how the threads of a grid share a joined space: blocks along the kept points,
// segments of the reduced ones, lanes threads to a kept point.
type shares struct {
	blocks, segments, segment, lanes int
}

// geometry depends on the shape alone, and with it the order of every sum.
func geometry(p *pass, unroll int) shares {
	var s shares
	if p.mode == row {
		s.lanes = powerOfTwo(ceilDiv(p.r, 4), 1, Threads)
	} else {
		s.lanes = Threads / powerOfTwo(min(p.k, 32), 1, 32)
	}
	s.blocks = ceilDiv(p.k, Threads/s.lanes)
	least := 16 * s.lanes // reduced points a segment has at least
	if p.mode == col {
		least = 8 * s.lanes
	}
	s.segments = max(min(p.r/least, blocksWanted/s.blocks), 1)
	s.segment = roundUp(ceilDiv(p.r, s.segments), s.lanes*unroll)
	s.segments = ceilDiv(p.r, s.segment)
	return s
}

// live marks the registers a pass needs.
func (p *pass) live(g *group) []bool {
	live := make([]bool, len(g.ins)+len(g.code))
	for _, o := range p.outs {
		live[o.reg] = true
	}
	for i := len(g.code) - 1; i >= 0; i-- {
		if !live[len(g.ins)+i] {
			continue
		}
		for j := range kernels.Info(g.code[i].Op).Arity {
			live[g.code[i].Args[j]] = true
		}
	}
	return live
}
