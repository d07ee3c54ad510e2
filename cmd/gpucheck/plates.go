//go:build elbo_cuda && linux

package main

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"elbo/cmd/internal/device"
	"elbo/graph"
	"elbo/graph/dist"
	"elbo/vi"
	"elbo/vi/family"
	"elbo/vi/model"
	"elbo/vi/svi"
	"elbo/vi/train"
)

// plates is a model written with package model and fitted by package svi, for which there is no
// command: y ~ Student(5, a + b·x, σ) with priors on a, b and σ, in batches of rows.
type plates struct {
	float32 bool
	fits    map[string]*fitted // by folder
}

// fitted is what is known of a training.
type fitted struct {
	bounds map[int64]float64
	result *svi.Result
}

const (
	plateRows  = 240
	plateBatch = 40
	plateCols  = 3
)

func newPlates(float32 bool) *plates { return &plates{float32: float32, fits: map[string]*fitted{}} }

// build returns the model of a batch.
func build(s *model.Scope) {
	x, y := s.Data("x", plateBatch, plateCols), s.Data("y", plateBatch)
	a := s.Sample("a", dist.Normal(s.Const(0), s.Const(5)))
	b := s.Sample("b", dist.Expand(dist.Normal(s.Const(0), s.Const(2)), plateCols))
	sigma := s.Sample("sigma", dist.Exponential(s.Const(1)))
	rows := s.Plate("rows", plateBatch)
	rows.Observe("y", dist.StudentT(s.Const(5), graph.Add(graph.MatMul(x, b), a), sigma), y)
}

// plateData draws rows of the model.
func plateData() svi.Data {
	r := rand.New(rand.NewPCG(7, 8))
	x, y := make([]float64, plateRows*plateCols), make([]float64, plateRows)
	for i := range y {
		y[i] = 0.5 + 0.6*r.NormFloat64()
		for j := range plateCols {
			x[i*plateCols+j] = r.NormFloat64()
			y[i] += x[i*plateCols+j] * math.Cos(float64(j))
		}
	}
	return svi.Data{"x": svi.Matrix(x, plateCols), "y": svi.Vector(y)}
}

func (p *plates) train(name, dir string, steps int) (err error) {
	m, err := model.New(build)
	if err != nil {
		return err
	}
	store, err := train.OpenStore(dir)
	if err != nil {
		return err
	}
	dev, err := device.Open(name, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	f := &fitted{bounds: map[int64]float64{}}
	var q vi.Family = family.FullRank{}
	if p.float32 {
		q = family.MeanField{}
	}
	f.result, err = svi.Fit(context.Background(), m, plateData(), svi.Options{
		Device: dev.Device, Seed: 3, Family: q, Float32: p.float32, Budget: train.Budget{Steps: int64(steps)},
		Checkpoints: store, Resume: true, Metrics: func(r train.Metric) { f.bounds[r.Step] = r.Elbo },
	})
	p.fits[dir] = f
	return err
}

// outcome has draws in place of predictions, and the bound over all rows, which the device of the
// training computed after its last step.
func (p *plates) outcome(_, dir string) (*product, error) {
	f := p.fits[dir]
	return &product{
		bounds: f.bounds, params: f.result.Training.Params,
		uses: map[string][]float64{"draws": f.result.Draws, "bound": {f.result.Elbo}},
	}, nil
}
