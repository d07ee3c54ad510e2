package graph

import "elbo/kernels"

// StateNames lists the program's state slots in program order: what a checkpoint holds.
func (p *Program) StateNames() []string {
	var out []string
	for i := range p.kernel.Slots {
		if s := &p.kernel.Slots[i]; s.Kind == kernels.SlotState {
			out = append(out, s.Name)
		}
	}
	return out
}
