package graph

import (
	"fmt"

	"elbo/kernels"
)

// program writes the planned steps as a kernels.Program.
func (b *backend) program(seed uint64) *kernels.Program {
	p := &kernels.Program{Name: b.c.name, DType: b.c.dt, Seed: seed, Scratch: b.size}
	w := writer{b: b, p: p, ids: map[V]kernels.ValueID{}, slots: map[int]int{}}
	for i := range b.steps {
		s := &b.steps[i]
		for _, v := range s.args {
			w.view(v)
		}
		p.Instrs = append(p.Instrs, kernels.Instr{
			Op: s.op, Args: w.values(s.args), Outs: w.values(s.outs), Attr: s.attr, Fused: s.fused, Site: s.site,
		})
	}
	return p
}

// writer numbers the values, slots and constants a program uses.
type writer struct {
	b     *backend
	p     *kernels.Program
	ids   map[V]kernels.ValueID
	slots map[int]int // slot of the code → slot of the program
}

// view writes the View instruction that makes v, before its first use, where v looks at a
// computed value in scratch memory under another shape.
func (w *writer) view(v V) {
	root := w.b.base[v]
	if _, done := w.ids[v]; done || root == v || !w.b.inScratch(v) {
		return
	}
	args := []kernels.ValueID{w.value(root)}
	w.p.Instrs = append(w.p.Instrs, kernels.Instr{
		Op: kernels.View, Args: args, Outs: []kernels.ValueID{w.value(v)}, Site: w.b.c.vals[v].site,
	})
}

func (w *writer) values(vs []V) []kernels.ValueID {
	out := make([]kernels.ValueID, len(vs))
	for i, v := range vs {
		out[i] = w.value(v)
	}
	return out
}

func (w *writer) value(v V) kernels.ValueID {
	if id, ok := w.ids[v]; ok {
		return id
	}
	x := &w.b.c.vals[v]
	out := kernels.Value{DType: x.dtype, Shape: x.shape}
	root := w.b.base[v]
	r := &w.b.c.vals[root]
	slot, homed := w.b.homes[root]
	switch {
	case r.slot >= 0:
		out.Home, out.Slot = kernels.InSlot, w.slot(r.slot)
	case homed:
		out.Home, out.Slot = kernels.InSlot, w.slot(slot)
	case r.op == kernels.OpNone:
		out.Home, out.Slot = kernels.InConst, w.constant(root)
	default:
		place, ok := w.b.where[root]
		if !ok {
			panic(fmt.Sprintf("graph: value %d (%v at %q) has no home", root, r.op, r.site))
		}
		out.Offset = place.offset
	}
	id := kernels.ValueID(len(w.p.Values))
	w.p.Values = append(w.p.Values, out)
	w.ids[v] = id
	return id
}

func (w *writer) slot(s int) int {
	if i, ok := w.slots[s]; ok {
		return i
	}
	w.slots[s] = len(w.p.Slots)
	w.p.Slots = append(w.p.Slots, w.b.c.slots[s].Slot)
	return w.slots[s]
}

// constant returns the index of a constant's data; views of one constant share it.
func (w *writer) constant(root V) int {
	if id, ok := w.ids[root]; ok {
		return w.p.Values[id].Slot
	}
	w.p.Consts = append(w.p.Consts, w.b.c.vals[root].data)
	return len(w.p.Consts) - 1
}
