package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"elbo/cmd/internal/result"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/screen"
	"elbo/data/array"
	"elbo/vi/train"
	"elbo/vi/vae/fit"
)

// vaeMetric is a line of metrics.jsonl: an epoch. Bounds are nats per image.
type vaeMetric struct {
	SchemaVersion int           `json:"schema_version"`
	Step          int64         `json:"step"`
	Epoch         int64         `json:"epoch"`
	Wall          float64       `json:"wall"`
	Elbo          result.Number `json:"elbo"`
	ElboEMA       result.Number `json:"elbo_ema"`
	Recon         result.Number `json:"recon"`
	KL            result.Number `json:"kl"`
	ValidBound    result.Number `json:"valid_bound"`
	ValidBoundSE  result.Number `json:"valid_bound_se"`
	ValidKL       result.Number `json:"valid_kl"`
	ActiveUnits   int           `json:"active_units"` // -1 without validation images
	LR            float64       `json:"lr"`
	GradNorm      result.Number `json:"grad_norm"`
	ImagesPerS    result.Number `json:"images_per_s"`
}

// metricOf describes an epoch.
func metricOf(e fit.Epoch) vaeMetric {
	m := vaeMetric{
		SchemaVersion: rundir.SchemaVersion, Step: e.Metric.Step, Epoch: e.Epoch, Wall: e.Metric.Wall,
		Elbo: result.Number(e.Bound), ElboEMA: result.Number(e.Metric.ElboEMA), Recon: result.Number(e.Recon),
		KL: result.Number(e.KL), ActiveUnits: -1, LR: e.Metric.LR, GradNorm: result.Number(e.Metric.GradNorm),
		ImagesPerS: result.Number(e.Metric.RowsPerSec), ValidBound: result.Number(math.NaN()),
		ValidBoundSE: result.Number(math.NaN()), ValidKL: result.Number(math.NaN()),
	}
	if v := e.Valid; v != nil {
		m.ValidBound, m.ValidBoundSE, m.ValidKL = result.Number(v.Bound), result.Number(v.BoundSE), result.Number(v.KL)
		m.ActiveUnits = v.Active
	}
	return m
}

// train runs the training, writes the results and prints them.
func (j *vaeJob) train() error {
	o, log, err := j.surroundings()
	if err != nil {
		return err
	}
	j.signals.training.Store(true)
	res, err := fit.Run(j.signals.ctx, j.model, j.images, o)
	j.clear()
	if err = errors.Join(err, log.Close()); err != nil {
		return j.explain(err, j.trouble())
	}
	if res.Passed != nil {
		j.say("warning: resumed from an older checkpoint: %v", res.Passed)
	}
	if res.Training.Reason == train.Interrupted {
		return j.interrupted(res.Training.Steps)
	}
	s, err := j.finish(res)
	if err != nil {
		return j.explain(err, j.trouble())
	}
	return j.printSummary(s)
}

// surroundings prepares what the training needs beside model and data.
func (j *vaeJob) surroundings() (fit.Options, *rundir.Log, error) {
	o := j.options()
	var err error
	if o.Checkpoints, err = train.OpenStore(j.dir.Path(rundir.Checkpoints)); err != nil {
		return o, nil, err
	}
	if o.Fingerprint, err = j.fingerprint(o); err != nil {
		return o, nil, err
	}
	log, err := j.dir.OpenLog()
	if err != nil {
		return o, nil, err
	}
	batch := min(int64(o.Batch), int64(len(j.rows)))
	perEpoch := (int64(len(j.rows)) + batch - 1) / batch
	o.Tick = func(step int64) { j.epochs.Step(step%perEpoch, perEpoch) }
	add := j.appender(log)
	o.Epoch = func(e fit.Epoch) error {
		j.show(e, o.Budget)
		add(e.Metric.Step, metricOf(e))
		return j.sampleGrid(e)
	}
	return o, log, nil
}

// show prints the line of an epoch.
func (j *vaeJob) show(e fit.Epoch, b train.Budget) {
	l := screen.EpochLine{Epoch: e.Epoch, Train: e.Bound, Valid: math.NaN(), KL: e.KL, Recon: e.Recon, Active: -1,
		Latent: j.model.Config().Latent, Rate: e.Metric.RowsPerSec, Left: math.NaN()}
	if e.Valid != nil {
		l.Valid, l.Active = e.Valid.Bound, e.Valid.Active
	}
	if b.Epochs > 0 && e.Metric.Epoch > 0 {
		l.Left = e.Metric.Wall / e.Metric.Epoch * (b.Epochs - e.Metric.Epoch)
	}
	if b.Time > 0 {
		left := b.Time.Seconds() - e.Metric.Wall
		if math.IsNaN(l.Left) || left < l.Left {
			l.Left = left
		}
	}
	j.epochs.Line(l)
}

// gridSide is the number of images along a side of a grid of samples.
const gridSide = 8

// sampleGrid writes samples every few epochs, of the same latents each time.
func (j *vaeJob) sampleGrid(e fit.Epoch) error {
	if n := j.o.sampleEvery; n == 0 || e.Epoch%n != 0 || !j.pictures() {
		return nil
	}
	pixels, err := e.Runner.Sample(context.WithoutCancel(j.signals.ctx), gridSide*gridSide, j.model.Config().Seed)
	if err != nil {
		return err
	}
	folder := j.dir.Path(rundir.Samples)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return array.WriteGrid(filepath.Join(folder, fmt.Sprintf("epoch-%04d.png", e.Epoch)), j.images.Item(), pixels,
		array.GridConfig{})
}

// pictures reports whether items can be drawn.
func (j *vaeJob) pictures() bool {
	_, err := array.ImageShape(j.images.Item())
	return err == nil
}

// trouble describes the training to those that tell of one.
func (j *vaeJob) trouble() trouble {
	c := j.model.Config()
	return trouble{need: vaeMemory(c, j.o.batch), fits: vaeFits(c, j.dev),
		smooth: "try a smaller --lr, such as 0.0003, or bound the gradient with --clip 5"}
}
