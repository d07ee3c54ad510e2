package lower

import (
	"strings"

	"elbo/kernels"
)

// touch is the memory a node reads and writes, as the parameters of its kernel say.
type touch struct {
	reads, writes []span
}

// span is a range of bytes of one piece of memory: a slot, a constant, the scratch arena, or a node's own
// partial results or counters.
type span struct {
	kind     ArgKind
	home     kernels.Home
	number   int
	from, to int
}

// touches lists what every node reads and writes. State is left out: its step number changes between steps
// alone, and of several indices out of range any may be the one that is told.
func (plan *Plan) touches(p *kernels.Program) []touch {
	out := make([]touch, len(plan.Nodes))
	for i := range plan.Nodes {
		t := &out[i]
		if g := plan.Nodes[i].Gemm; g != nil {
			t.reads = append(t.reads, plan.spanOf(p, g.A), plan.spanOf(p, g.B))
			t.writes = append(t.writes, plan.spanOf(p, g.C))
			continue
		}
		l := plan.Nodes[i].Launch
		params := plan.src.kernels[l.Kernel].params
		for k, a := range l.Args {
			switch {
			case a.Kind == ArgPartials || a.Kind == ArgCounters:
				t.writes = append(t.writes, span{kind: a.Kind, number: int(a.Value), to: 1})
			case a.Kind != ArgValue:
			case strings.HasPrefix(params[k], "const "):
				t.reads = append(t.reads, plan.spanOf(p, a.Value))
			default:
				t.writes = append(t.writes, plan.spanOf(p, a.Value))
			}
		}
	}
	return out
}

func (plan *Plan) spanOf(p *kernels.Program, id kernels.ValueID) span {
	v := &p.Values[id]
	if v.Home == kernels.InScratch {
		from := plan.ScratchAt[id]
		return span{ArgValue, v.Home, 0, from, from + p.Bytes(id)}
	}
	return span{ArgValue, v.Home, v.Slot, 0, max(p.Bytes(id), 1)}
}

// conflicts reports whether two nodes must keep their order: one writes what the other reads or writes.
func (t *touch) conflicts(o *touch) bool {
	return overlap(t.writes, o.writes) || overlap(t.writes, o.reads) || overlap(t.reads, o.writes)
}

func overlap(a, b []span) bool {
	for _, x := range a {
		for _, y := range b {
			if x.kind == y.kind && x.home == y.home && x.number == y.number && x.from < y.to && y.from < x.to {
				return true
			}
		}
	}
	return false
}

// follows lists for each node those it must follow: nodes before it in its step, and nodes from it on of the
// step before. (What it conflicts with in earlier steps those follow in turn, since every node writes.)
func (plan *Plan) follows(p *kernels.Program) (within, across [][]int) {
	touched := plan.touches(p)
	within, across = make([][]int, len(touched)), make([][]int, len(touched))
	for i := range touched {
		for k := range touched {
			if !touched[i].conflicts(&touched[k]) {
				continue
			}
			if k < i {
				within[i] = append(within[i], k)
			} else {
				across[i] = append(across[i], k)
			}
		}
	}
	return within, across
}

// levels sorts the nodes so that those of one level need nothing of each other: a node's level is one
// above the highest of those it follows.
func (plan *Plan) levels(p *kernels.Program) [][]int {
	var out [][]int
	within, _ := plan.follows(p)
	level := make([]int, len(plan.Nodes))
	for i, before := range within {
		for _, k := range before {
			level[i] = max(level[i], level[k]+1)
		}
		if level[i] == len(out) {
			out = append(out, nil)
		}
		out[level[i]] = append(out[level[i]], i)
	}
	return out
}
