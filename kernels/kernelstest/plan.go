package kernelstest

import (
	"sort"

	"elbo/kernels"
)

// Program plans scratch memory, reusing what is no longer read, and returns the program.
func (b *Builder) Program() *kernels.Program {
	last := make([]int, len(b.p.Values))
	for i, in := range b.p.Instrs {
		for _, a := range in.Args {
			last[b.root[a]] = i
		}
		for _, o := range in.Outs {
			last[b.root[o]] = max(last[b.root[o]], i)
		}
	}
	live := map[kernels.ValueID]bool{}
	b.p.Scratch = 0
	for i, in := range b.p.Instrs {
		for _, o := range in.Outs {
			r := b.root[o]
			if b.p.Values[r].Home == kernels.InScratch && !live[r] && r == o {
				b.p.Values[r].Offset = b.place(live, b.p.Bytes(r))
				b.p.Scratch = max(b.p.Scratch, b.p.Values[r].Offset+roundUp(b.p.Bytes(r)))
				live[r] = true
			}
			b.p.Values[o].Offset = b.p.Values[r].Offset
		}
		for r := range live {
			if last[r] == i {
				delete(live, r)
			}
		}
	}
	return b.p
}

func roundUp(bytes int) int { return max((bytes+63)&^63, 64) }

// place returns the lowest offset where a value fits between the live ones.
func (b *Builder) place(live map[kernels.ValueID]bool, bytes int) int {
	ids := make([]kernels.ValueID, 0, len(live))
	for id := range live {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return b.p.Values[ids[i]].Offset < b.p.Values[ids[j]].Offset })
	at := 0
	for _, id := range ids {
		if at+roundUp(bytes) <= b.p.Values[id].Offset {
			break
		}
		at = b.p.Values[id].Offset + roundUp(b.p.Bytes(id))
	}
	return at
}
