//go:build elbo_cuda && linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
)

// steps of the compared trainings, and how far their bounds may part: what rounding in another order
// makes of so many steps.
const (
	agreeSteps = 200
	agreeWith  = 1e-3
)

// training is one application trained on CPU and card.
type training struct {
	Name   string
	Points int     // bounds compared
	Apart  float64 // largest relative difference
	Last   float64 // the card's last bound, nats
}

// agreement trains both applications on both devices.
func (o *options) agreement(r *report) (err error) {
	work, err := os.MkdirTemp("", "gpucheck-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	steps := strconv.Itoa(agreeSteps)
	vae := []string{"vae", "train", "--data", filepath.Join(o.dir, "data", "shapes-images-idx3-ubyte"), "--valid", "0", "--sample-every", "0"}
	fit := []string{"fit", "--data", filepath.Join(o.dir, "data", "regression.csv"), "--family", "poisson",
		"--formula", "y ~ .", "--batch", "128"}
	if o.short { // an emulator multiplies matrices a thousand times slower than a card
		vae = append(vae, "--encoder", "16", "--decoder", "16", "--latent", "2", "--batch", "16")
		fit = append(fit, "--draws", "100")
	}
	for _, a := range []struct {
		name string
		args []string
	}{
		{"regression, float64", fit},
		{"regression, float32", append(fit[:len(fit):len(fit)], "--dtype", "float32")},
		{"autoencoder, float32", vae},
	} {
		var bounds [2]map[int64]float64
		for i, dev := range []string{"cpu", r.Machine.Card.Name} {
			dir := filepath.Join(work, a.name+" "+strconv.Itoa(i))
			args := append(append([]string{}, a.args...), "-q", "--max-steps", steps, "--device", dev, "--out", dir)
			if _, err := o.start("elbo", args...); err != nil {
				return err
			}
			if bounds[i], err = readBounds(filepath.Join(dir, "metrics.jsonl")); err != nil {
				return err
			}
		}
		t, err := compare(a.name, bounds[0], bounds[1])
		if err != nil {
			return err
		}
		r.Trainings = append(r.Trainings, t)
		if !(t.Apart < agreeWith) {
			r.fail("%s: the bounds of %d steps part by %.2e, more than %.0e", a.name, agreeSteps, t.Apart, agreeWith)
		}
	}
	return nil
}

// readBounds reads the bounds of a run by step.
func readBounds(path string) (map[int64]float64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	out := map[int64]float64{}
	for d := json.NewDecoder(bytes.NewReader(text)); d.More(); {
		var m struct {
			Step int64    `json:"step"`
			Elbo *float64 `json:"elbo"`
		}
		if err := d.Decode(&m); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if m.Elbo != nil {
			out[m.Step] = *m.Elbo
		}
	}
	return out, nil
}

// compare finds the largest relative difference between two paths over the same steps.
func compare(name string, cpu, card map[int64]float64) (training, error) {
	t := training{Name: name, Points: len(cpu)}
	if len(cpu) == 0 || len(cpu) != len(card) {
		return t, fmt.Errorf("%s: %d bounds on the CPU, %d on the card", name, len(cpu), len(card))
	}
	last := int64(-1)
	for step, want := range cpu {
		got, ok := card[step]
		if !ok {
			return t, fmt.Errorf("%s: the card has no bound at step %d", name, step)
		}
		apart := math.Abs(got-want) / max(math.Abs(want), 1e-300)
		if !(apart <= t.Apart) { // NaN counts
			t.Apart = apart
		}
		if step > last {
			last, t.Last = step, got
		}
	}
	return t, nil
}
