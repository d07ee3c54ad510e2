package lower

import "elbo/kernels"

// apartUpTo is the scratch memory in bytes within which every value has its own place. The program's own plan
// has values take over the places of others, which keeps a processor's cache small but makes nodes wait
// that could run side by side. Up to this size all of it stays in a card's cache; the nodes of larger
// programs fill the card by themselves.
const apartUpTo = 16 << 20

// place lays the scratch memory out.
func (plan *Plan) place(p *kernels.Program) {
	plan.ScratchAt = make([]int, len(p.Values))
	for i := range p.Instrs {
		in := &p.Instrs[i]
		for _, out := range in.Outs {
			switch {
			case p.Values[out].Home != kernels.InScratch:
			case (in.Op == kernels.View || in.Op == kernels.Assign) && sameStart(p, in.Args[0], out):
				plan.ScratchAt[out] = plan.ScratchAt[in.Args[0]]
			default:
				plan.ScratchAt[out] = plan.Scratch
				plan.Scratch += roundUp(max(p.Bytes(out), 1), 64)
			}
		}
	}
	if plan.Scratch <= apartUpTo {
		return
	}
	plan.Scratch = p.Scratch
	for i := range p.Values {
		plan.ScratchAt[i] = p.Values[i].Offset
	}
}

// sameStart reports whether two values begin at one address.
func sameStart(p *kernels.Program, a, b kernels.ValueID) bool {
	x, y := &p.Values[a], &p.Values[b]
	return x.Home == y.Home && x.Slot == y.Slot && x.Offset == y.Offset
}
