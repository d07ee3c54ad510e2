package main

import (
	"context"
	"math"
	"time"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/result"
	"elbo/cmd/internal/rundir"
	"elbo/vi/vae"
	"elbo/vi/vae/fit"
)

// finish evaluates the trained model and writes the results; summary.json comes last and makes the
// run finished.
func (j *vaeJob) finish(res *fit.Result) (*vaeSummary, error) {
	j.epochs.Stage("evaluating and writing the results")
	defer j.clear()
	if err := j.dir.Remove(rundir.Summary); err != nil {
		return nil, err
	}
	r, err := j.model.Load(j.dev.Device, res.Params)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	metrics, err := rundir.ReadLog[vaeMetric](j.o.out)
	if err != nil {
		return nil, err
	}
	s, err := j.summarise(res, r, metrics)
	if err != nil {
		return nil, err
	}
	if err := j.model.Save(j.dir.String(), res.Params); err != nil {
		return nil, err
	}
	if err := j.writeReport(s, r, metrics); err != nil {
		return nil, err
	}
	if err := j.dir.WriteJSON(rundir.Summary, s); err != nil {
		return nil, err
	}
	j.say("wrote %s: summary.json, report.html, weights.safetensors, model.json", j.o.out)
	return s, nil
}

// summarise evaluates the returned parameters on all images.
func (j *vaeJob) summarise(res *fit.Result, r *vae.Runner, metrics []vaeMetric) (*vaeSummary, error) {
	ctx, c := context.Background(), j.model.Config()
	opt := vae.BoundOptions{Seed: c.Seed}
	fitted, err := r.Bound(ctx, j.images, j.rows, opt)
	if err != nil {
		return nil, err
	}
	judge := fitted
	nan := result.Number(math.NaN())
	s := &vaeSummary{
		SchemaVersion: rundir.SchemaVersion, Kind: "vae", TrainBound: result.Number(fitted.Bound), ValidBound: nan,
		ValidBoundSE: nan, Epochs: res.Training.Epochs, Steps: res.Training.Steps, ImagesPerS: speed(metrics),
		Stop:        vaeStop{Reason: res.Training.Reason, BestEpoch: res.Training.BestEpoch, BestBound: nan},
		TrainImages: res.Images, ValidImages: int64(len(j.valid)), WallS: time.Since(j.start).Seconds(), Data: j.o.data, StartFrom: j.o.startFrom,
		Device: j.dev.Report().Name, DeviceLabel: device.Label(j.dev.Report()), DType: c.DType, Seed: c.Seed,
		Version: version, Model: c, Placement: res.Placement,
	}
	if len(j.valid) > 0 {
		if judge, err = r.Bound(ctx, j.images, j.valid, opt); err != nil {
			return nil, err
		}
		s.ValidBound, s.ValidBoundSE = result.Number(judge.Bound), result.Number(judge.BoundSE)
	}
	if s.Stop.BestEpoch > 0 {
		s.Stop.BestBound = result.Number(res.Training.BestScore)
	}
	s.KL, s.Recon = result.Number(judge.KL), result.Number(judge.Recon)
	s.ActiveUnits, s.KLPerDim = judge.Active, judge.KLPerDim
	for _, v := range res.Params {
		s.Parameters += int64(len(v))
	}
	return s, nil
}

// printSummary writes the result to standard output.
func (j *vaeJob) printSummary(s *vaeSummary) error {
	return j.print(func() error {
		if j.o.asJSON {
			return writeJSON(j.out, s)
		}
		return s.writeText(j.out, j.style())
	})
}
