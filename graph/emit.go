package graph

import "elbo/kernels"

// step is one instruction over values of a Code, before their homes are planned.
type step struct {
	op    kernels.Op
	args  []V
	outs  []V
	attr  kernels.Attr
	fused *kernels.Fused
	// single is the one value of a fused group of one, else noValue.
	single V
	site   string
}

// backend turns a Code and its results into the instructions of a kernels.Program.
type backend struct {
	c     *Code
	mode  mode
	users []int32 // live uses of each value, results included; 0 = dead
	base  []V     // the value whose memory a value occupies: itself unless a View
	steps []step
	homes map[V]int // slot that holds a computed value, by base
	where map[V]placement
	size  int // scratch bytes
}

// mode selects how a Code becomes instructions.
type mode uint8

const (
	// fusedMode fuses elementwise work and updates states in place.
	fusedMode mode = iota
	// plainMode makes one instruction per value and assigns states and outputs at the end.
	plainMode
	// keepMode is plainMode without reuse of scratch memory.
	keepMode
)

// placement is the scratch memory of a base value over the steps [from, to].
type placement struct{ offset, bytes, from, to int }

// result is a value a program writes to a slot when it has read everything.
type result struct {
	slot  V // leaf of the slot
	value V
}

// compileCode makes the program whose results are the code's updates and the outputs given.
func compileCode(c *Code, outputs []result, seed uint64, m mode) *kernels.Program {
	results := append(append([]result(nil), outputs...), c.stateResults()...)
	if m == fusedMode && !c.raw {
		results = c.contract(results)
	}
	b := newBackend(c, m, results)
	if m == fusedMode {
		b.fuse()
	} else {
		b.emitPlain()
	}
	b.placeResults(results)
	b.plan()
	return b.program(seed)
}

// newBackend returns a backend for what the results need.
func newBackend(c *Code, m mode, results []result) *backend {
	b := &backend{c: c, mode: m, homes: map[V]int{}, where: map[V]placement{}}
	b.markLive(results)
	return b
}

// stateResults returns the updates of states. A state that takes another state's old value
// takes a copy of it, so that the order of updates does not matter.
func (c *Code) stateResults() []result {
	var out []result
	for _, u := range c.updates {
		root := c.root(u.value)
		switch {
		case u.value == u.state:
			continue
		case c.vals[root].slot >= 0:
			s := c.vals[u.state].shape
			attr := kernels.Attr{Shape: s}
			cp := c.push(value{
				op: kernels.Copy, attr: attr, args: []V{u.value},
				shape: s, dtype: c.vals[root].dtype, slot: -1, site: "update",
			})
			out = append(out, result{u.state, cp})
		default:
			out = append(out, result{u.state, u.value})
		}
	}
	return out
}

// root returns the value whose memory v occupies: v itself, or what a chain of views looks at.
func (c *Code) root(v V) V {
	for c.vals[v].op == kernels.View {
		v = c.vals[v].args[0]
	}
	return v
}

// isLeaf reports whether v is a slot or a constant.
func (c *Code) isLeaf(v V) bool { return c.vals[v].op == kernels.OpNone }

// markLive counts the uses of every value the results need.
func (b *backend) markLive(results []result) {
	b.users = make([]int32, len(b.c.vals))
	b.base = make([]V, len(b.c.vals))
	for _, r := range results {
		b.users[r.value]++
	}
	for v := len(b.c.vals) - 1; v >= 0; v-- {
		if b.users[v] > 0 {
			for _, a := range b.c.vals[v].args {
				b.users[a]++
			}
		}
	}
	for v := range b.base {
		b.base[v] = V(v)
		if x := &b.c.vals[v]; x.op == kernels.View {
			b.base[v] = b.base[x.args[0]]
		}
	}
}

// needsStep reports whether v is computed by an instruction of its own in plain programs.
func (b *backend) needsStep(v V) bool {
	return b.users[v] > 0 && !b.c.isLeaf(v) && b.c.vals[v].op != kernels.View
}

func (b *backend) emitPlain() {
	for v := range b.c.vals {
		if b.needsStep(V(v)) {
			b.steps = append(b.steps, b.plainStep(V(v)))
		}
	}
}

func (b *backend) plainStep(v V) step {
	x := &b.c.vals[v]
	attr := x.attr
	attr.Imm0, attr.Imm1 = x.imm[0], x.imm[1]
	return step{op: x.op, args: x.args, outs: []V{v}, attr: attr, site: x.site}
}

// assign copies a result to its slot.
func (b *backend) assign(r result) step {
	return step{op: kernels.Assign, args: []V{r.value}, outs: []V{r.slot}, site: b.c.vals[r.slot].site}
}

// placeResults gives results their slots: the computed value lives there from the start
// where that is allowed, else it is assigned at the end.
func (b *backend) placeResults(results []result) {
	if b.mode == fusedMode {
		b.schedule(results)
	}
	for _, r := range results {
		root := b.base[r.value]
		slot, ok := b.homes[root]
		if ok && slot == b.c.vals[r.slot].slot || b.mode == fusedMode && b.c.isLeaf(root) {
			continue
		}
		b.steps = append(b.steps, b.assign(r))
	}
}
