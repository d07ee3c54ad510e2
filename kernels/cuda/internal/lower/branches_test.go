package lower

import (
	"fmt"
	"slices"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// before says for each node of branches which nodes have ended when it begins: those before it on its stream,
// those it waits for, and what came before them. skip leaves out one wait of one node.
func before(t *testing.T, b *Branches, node, skip int) [][]bool {
	t.Helper()
	recorded := make([]int, b.Events) // the node of an event
	for e := range recorded {
		recorded[e] = -1
	}
	last := map[int]int{}
	out := make([][]bool, len(b.Nodes))
	for i := range b.Nodes {
		n := &b.Nodes[i]
		out[i] = make([]bool, len(b.Nodes))
		after := func(k int) {
			out[i][k] = true
			for j, yes := range out[k] {
				out[i][j] = out[i][j] || yes
			}
		}
		k, begun := last[n.Stream]
		if begun {
			after(k)
		} else if n.Stream > 0 && len(n.Waits) == 0 {
			t.Fatalf("stream %d begins without a wait", n.Stream)
		}
		for w, e := range n.Waits {
			if e != b.Fork && recorded[e] < 0 {
				t.Fatalf("node %d waits for event %d before it is recorded", i, e)
			}
			if e != b.Fork && (i != node || w != skip) {
				after(recorded[e])
			}
		}
		last[n.Stream] = i
		if n.Event >= 0 {
			recorded[n.Event] = i
		}
	}
	joined := make([]bool, len(b.Nodes))
	for _, e := range b.Joins {
		joined[recorded[e]] = true
		for j, yes := range out[recorded[e]] {
			joined[j] = joined[j] || yes
		}
	}
	if k, ok := last[0]; ok {
		joined[k] = true
		for j, yes := range out[k] {
			joined[j] = joined[j] || yes
		}
	}
	if i := slices.Index(joined, false); i >= 0 && node < 0 {
		t.Errorf("the first stream does not wait for node %d", i)
	}
	return out
}

// conflict says as the instructions tell, not the kernels' parameters, whether two nodes must keep their order;
// nodes of an instruction that has several are left to their parameters.
func conflict(p *kernels.Program, plan *Plan, touched []touch, i, k int) bool {
	single := func(n int) bool {
		same := func(m *Node) bool { return m.Instr == plan.Nodes[n].Instr }
		first := slices.IndexFunc(plan.Nodes, func(m Node) bool { return same(&m) })
		return first == n && (n+1 == len(plan.Nodes) || !same(&plan.Nodes[n+1]))
	}
	said := func(n int) touch {
		if !single(i) || !single(k) {
			return touched[n]
		}
		in, t := &p.Instrs[plan.Nodes[n].Instr], touch{}
		for _, id := range in.Args {
			t.reads = append(t.reads, plan.spanOf(p, id))
		}
		for _, id := range in.Outs {
			t.writes = append(t.writes, plan.spanOf(p, id))
		}
		return t
	}
	a, b := said(i), said(k)
	for x, s := range slices.Concat(a.writes, a.reads) {
		for y, o := range slices.Concat(b.writes, b.reads) {
			common := min(s.to, o.to) - max(s.from, o.from)
			o.from, o.to = s.from, s.to
			if s == o && common > 0 && (x < len(a.writes) || y < len(b.writes)) {
				return true
			}
		}
	}
	return false
}

// TestBranches: over the generated programs and those of PLANS.md, for any number of streams, nodes that touch
// the same memory keep their order, in a step and from step to step; without any of its waits a node would
// not; and what is a chain stays on one stream without events.
func TestBranches(t *testing.T) {
	spread := 0
	var programs []*kernels.Program
	for _, g := range kernelstest.Programs() {
		programs = append(programs, g.Program)
	}
	programs = append(programs, planned(t)...)
	for _, p := range programs {
		name := p.Name
		plan, err := Lower(p)
		if err != nil {
			t.Fatal(err)
		}
		touched, nodes := plan.touches(p), len(plan.Nodes)
		for _, c := range []struct{ streams, steps int }{{1, 2}, {2, 1}, {3, 2}, {4, 3}} {
			b := plan.Branches(p, c.streams, c.steps)
			ended := before(t, b, -1, -1)
			if len(b.Nodes) != nodes*c.steps || b.Streams > c.streams {
				t.Fatalf("%s: %d nodes on %d streams, want %d on up to %d", name, len(b.Nodes), b.Streams,
					nodes*c.steps, c.streams)
			}
			if b.Streams == 1 && (b.Events > 0 || b.Fork >= 0 || len(b.Joins) > 0) {
				t.Errorf("%s: %d events for one stream", name, b.Events)
			}
			if b.Streams > 1 {
				spread++
			}
			for i := range b.Nodes {
				for k := range i {
					if !ended[i][k] && conflict(p, plan, touched, i%nodes, k%nodes) {
						t.Fatalf("%s on %d streams: node %d does not wait for %d, and must", name, c.streams, i, k)
					}
				}
				for w, e := range b.Nodes[i].Waits {
					if c.steps > 2 {
						break // slow, and the shorter ones show it
					}
					from := slices.IndexFunc(b.Nodes, func(n Branch) bool { return n.Event == e })
					if from >= 0 && before(t, b, i, w)[i][from] {
						t.Fatalf("%s on %d streams: node %d waits for %d, which it follows anyway", name, c.streams, i, from)
					}
				}
			}
		}
	}
	if spread < len(programs)/4 {
		t.Errorf("%d of %d programs were spread", spread, len(programs))
	}
}

// TestChain: where every node needs the one before, there is one stream and nothing to wait for.
func TestChain(t *testing.T) {
	b := kernelstest.NewBuilder("chain", kernels.F32)
	x := b.State("x", nil, 8)
	b.Update(x, b.Elem(kernels.Exp, [2]float64{}, b.Elem(kernels.Neg, [2]float64{}, x)))
	p := b.Program()
	plan, err := Lower(p)
	if err != nil {
		t.Fatal(err)
	}
	if got := plan.Branches(p, 4, 3); got.Streams != 1 || got.Events != 0 {
		t.Errorf("%d streams, %d events", got.Streams, got.Events)
	}
}

// TestApart: values in between have places of their own in a small program, views and assignments in place
// excepted, and the program's own places in a large one.
func TestApart(t *testing.T) {
	for _, c := range []struct {
		rows  int
		apart bool
	}{{100, true}, {1 << 20, false}} {
		b := kernelstest.NewBuilder("apart", kernels.F32)
		x := b.Input("x", nil, c.rows, 4)
		for i := range 3 {
			e := b.Elem(kernels.Exp, [2]float64{}, b.Elem(kernels.Neg, [2]float64{}, x))
			b.Output(fmt.Sprint("y", i), b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0}}, e))
		}
		p := b.Program()
		plan, err := Lower(p)
		if err != nil {
			t.Fatal(err)
		}
		taken := map[int]bool{}
		for _, in := range p.Instrs {
			for _, out := range in.Outs {
				v := &p.Values[out]
				if v.Home != kernels.InScratch {
					continue
				}
				at := plan.ScratchAt[out]
				if at+p.Bytes(out) > plan.Scratch || at%64 != 0 {
					t.Errorf("value %d at %d of %d", out, at, plan.Scratch)
				}
				if !c.apart && at != v.Offset || c.apart && taken[at] {
					t.Errorf("%d rows: value %d at %d, the program says %d", c.rows, out, at, v.Offset)
				}
				taken[at] = true
			}
		}
	}
}

// TestOwnPieces: nodes share partial results or counters where they share the piece, and nowhere else.
func TestOwnPieces(t *testing.T) {
	plan, err := Lower(everyOp(kernels.F32))
	if err != nil {
		t.Fatal(err)
	}
	piece, size := map[Arg]kernels.ValueID{}, map[ArgKind]int{ArgPartials: plan.Partials, ArgCounters: 4 * plan.Counters}
	for i := range plan.Nodes {
		if plan.Nodes[i].Launch == nil {
			continue
		}
		for _, a := range plan.Nodes[i].Launch.Args {
			if size[a.Kind] == 0 {
				continue
			}
			where := Arg{Kind: a.Kind, Word: a.Word}
			if p, ok := piece[where]; ok && p != a.Value || int(a.Word) >= size[a.Kind] {
				t.Errorf("node %d: piece %d at %d of %d, where piece %d is", i, a.Value, a.Word, size[a.Kind], p)
			}
			piece[where] = a.Value
		}
	}
	if len(piece) < 20 {
		t.Errorf("%d pieces looked at", len(piece))
	}
}
