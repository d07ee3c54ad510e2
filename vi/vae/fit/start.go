package fit

import (
	"fmt"
	"maps"
	"slices"

	"elbo/graph"
	"elbo/vi/train"
)

// begin gives the parameters, and their moving averages, the values of Options.Start.
func (r *run) begin(in *graph.Instance) error {
	if r.o.Start == nil {
		return nil
	}
	p, err := r.o.Start()
	if err != nil {
		return err
	}
	if err := r.m.CheckParams(p); err != nil {
		return fmt.Errorf("fit: start: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		for _, slot := range []string{name, train.AverageSlot(name)} {
			if !in.Has(slot) {
				continue
			}
			if err := in.Set(slot, p[name]); err != nil {
				return fmt.Errorf("fit: start: %w", err)
			}
		}
	}
	return nil
}
