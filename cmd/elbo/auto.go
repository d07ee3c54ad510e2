package main

import (
	"errors"
	"time"

	"elbo/cmd/internal/device"
	"elbo/graph"
	"elbo/kernels"
)

// Trials: steps before the clock starts (a device may do the first in a way of its own), and how
// long a run of steps must take to tell the time of one.
const (
	trialWarm = 2
	trialFor  = 20 * time.Millisecond
)

// timeSteps returns the time of a step, given what does so many of them.
func timeSteps(steps func(n int) error) (time.Duration, error) {
	if err := steps(trialWarm); err != nil {
		return 0, err
	}
	for n := 1; ; n *= 4 {
		start := time.Now()
		if err := steps(n); err != nil {
			return 0, err
		}
		if took := time.Since(start); took >= trialFor {
			return took / time.Duration(n), nil
		}
	}
}

// trialOf returns a trial of a program: its initial parameters, and inputs of zeros that are sent
// anew for each step, as a training's batches are. With read the outputs are fetched each time.
func trialOf(p *graph.Program, read bool) func(kernels.Device) (time.Duration, error) {
	return func(dev kernels.Device) (perStep time.Duration, err error) {
		in, err := p.Load(dev)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, in.Close()) }()
		zeros := map[string][]byte{}
		var outputs []string
		for _, s := range p.Slots() {
			switch {
			case s.Kind == kernels.SlotInput:
				zeros[s.Name] = make([]byte, s.Bytes())
			case s.Kind == kernels.SlotOutput && read:
				outputs = append(outputs, s.Name)
			}
		}
		step := uint64(0)
		one := func() error {
			for name, raw := range zeros {
				if err := in.SetBytes(name, raw); err != nil {
					return err
				}
			}
			if err := in.Run(step, 1); err != nil {
				return err
			}
			step++
			for _, name := range outputs {
				if _, err := in.GetBytes(name); err != nil {
					return err
				}
			}
			return nil
		}
		return timeSteps(func(n int) error {
			for range n {
				if err := one(); err != nil {
					return err
				}
			}
			return in.Sync()
		})
	}
}

// Sizes of a regression for Decide: passes over the rows to find the mode, steps of a usual
// training, and the elements of the design above which a compiled step costs too much to have for
// a trial alone.
const (
	modePasses  = 12
	usualSteps  = 4000
	trialDesign = 5e7
)

// work estimates a regression for --device auto.
func (j *fitJob) work() (device.Job, error) {
	p := j.problem
	rows, dim := float64(p.Rows()), float64(p.Dim())
	batch := min(rows, 256)
	w := device.Job{Flops: rows*dim*2*(modePasses*dim+float64(j.o.draws)) + usualSteps*batch*dim*8*6}
	if rows*dim < trialDesign {
		w.Trial = func(dev kernels.Device) (time.Duration, error) {
			said := p.Warnings // the fit itself will say them again
			defer func() { p.Warnings = said }()
			step, err := p.Compile(dev)
			if err != nil {
				return 0, err
			}
			return trialOf(step.Program, false)(dev)
		}
	}
	return w, nil
}

// largeStep is the work of a step above which a card is taken without a trial, in flops.
const largeStep = 1e10

// work estimates the training of an autoencoder for --device auto.
func (j *vaeJob) work() (device.Job, error) {
	step, err := j.compile()
	if err != nil {
		return device.Job{}, err
	}
	o := j.options()
	steps := float64(o.Budget.Steps)
	if steps == 0 {
		epochs := o.Budget.Epochs
		if epochs == 0 {
			epochs = 1 // a budget of time: at least that
		}
		steps = epochs * float64(len(j.rows)) / float64(max(o.Batch, 1))
	}
	flops := float64(step.Program.Flops())
	w := device.Job{Flops: steps * flops}
	if flops < largeStep {
		w.Trial = trialOf(step.Program, false)
	}
	return w, nil
}
