package regress

import (
	"elbo/graph"
	"elbo/vi/train"
)

// Compile finds the mode and builds the step program that Fit would train, for showing it.
func (p *Problem) Compile(dev graph.Device) (*train.Step, error) {
	m, err := p.mode(dev)
	if err != nil {
		return nil, err
	}
	return p.compile(m)
}
