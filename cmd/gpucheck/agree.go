//go:build elbo_cuda && linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// steps of the compared trainings, and how far what comes of them may part: what rounding in another
// order makes of so many steps.
const (
	agreeSteps = 200
	agreeWith  = 1e-3
)

// An app trains a model in a folder, and uses what it trained.
type app interface {
	// train takes steps on a device up to a number, going on where the folder has a run.
	train(device, dir string, steps int) error
	// outcome reads the run of a folder and uses it on a device.
	outcome(device, dir string) (*product, error)
}

// product is what came of a training.
type product struct {
	bounds map[int64]float64    // by step, nats
	params map[string][]float64 // of the approximation, or weights
	uses   map[string][]float64 // predictions and the like
}

// training is one application trained on CPU and card. Differences are relative: to the CPU's bound of
// a step, to the largest number of an array.
type training struct {
	Name    string
	Points  int     // bounds compared
	Bounds  float64 // largest difference of bounds
	Params  float64 // of parameters
	Uses    float64 // of predictions, computed where the training ran
	Crossed float64 // of both, where a run changed the device half way
	Last    float64 // the card's last bound, nats
}

// agreement trains every application on both devices, and half on one and half on the other.
func (o *options) agreement(r *report) (err error) {
	work, err := os.MkdirTemp("", "gpucheck-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	for _, a := range o.apps() {
		t, err := agree(a.app, a.name, filepath.Join(work, a.name), r.Machine.Card.Name)
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		r.Trainings = append(r.Trainings, t)
		for _, d := range t.differences() {
			if !(d.by < agreeWith) { // NaN counts
				r.fail("%s: %s part by %.2e after %d steps, more than %.0e", a.name, d.what, d.by, agreeSteps, agreeWith)
			}
		}
	}
	return o.interrupted(r, filepath.Join(work, "interrupted"))
}

// difference is one of a training's, by name.
type difference struct {
	what string
	by   float64
}

func (t *training) differences() []difference {
	return []difference{{"bounds", t.Bounds}, {"parameters", t.Params}, {"predictions", t.Uses},
		{"results of a run that changed the device", t.Crossed}}
}

// agree trains one application in all ways.
func agree(a app, name, dir, card string) (training, error) {
	t := training{Name: name}
	whole := func(device, folder string) (*product, error) {
		if err := a.train(device, folder, agreeSteps); err != nil {
			return nil, err
		}
		return a.outcome(device, folder)
	}
	cpu, err := whole("cpu", filepath.Join(dir, "cpu"))
	if err != nil {
		return t, err
	}
	got, err := whole(card, filepath.Join(dir, "card"))
	if err != nil {
		return t, err
	}
	if t.Points, t.Bounds, t.Last, err = compareBounds(cpu.bounds, got.bounds); err != nil {
		return t, err
	}
	if t.Params, err = compareArrays(cpu.params, got.params); err != nil {
		return t, err
	}
	if t.Uses, err = compareArrays(cpu.uses, got.uses); err != nil {
		return t, err
	}
	for _, way := range [][2]string{{"cpu", card}, {card, "cpu"}} {
		folder := filepath.Join(dir, "from "+way[0])
		if err := a.train(way[0], folder, agreeSteps/2); err != nil {
			return t, err
		}
		crossed, err := whole(way[1], folder)
		if err != nil {
			return t, err
		}
		for _, of := range [][2]map[string][]float64{{cpu.params, crossed.params}, {cpu.uses, crossed.uses}} {
			apart, err := compareArrays(of[0], of[1])
			if err != nil {
				return t, err
			}
			t.Crossed = larger(t.Crossed, apart)
		}
	}
	return t, nil
}
