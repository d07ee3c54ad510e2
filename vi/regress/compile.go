package regress

import (
	"errors"

	"elbo/graph"
	"elbo/vi/train"
)

// Compile finds the mode and builds the step program that Fit would train, for showing it.
func (p *Problem) Compile(dev graph.Device) (step *train.Step, err error) {
	_, done, err := p.settle(Run{Device: dev})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	m, err := p.mode(dev)
	if err != nil {
		return nil, err
	}
	return p.compile(m)
}
