package main

import (
	"errors"
	"io"
	"time"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/drawfile"
	"elbo/cmd/internal/result"
	"elbo/cmd/internal/rundir"
	"elbo/data"
	"elbo/vi/regress"
	"elbo/vi/train"
)

// metric is a line of metrics.jsonl.
type metric struct {
	SchemaVersion int `json:"schema_version"`
	train.Metric
	GradNorm result.Number `json:"grad_norm"`
}

// train fits, writes the results and prints them.
func (j *fitJob) train() error {
	run, log, err := j.surroundings()
	if err != nil {
		return err
	}
	j.signals.training.Store(true)
	f, err := j.problem.Fit(j.signals.ctx, run)
	j.progress.Clear()
	if log != nil {
		err = errors.Join(err, log.Close())
	}
	if err != nil {
		return j.explain(err, j.trouble())
	}
	if f.Training.Reason == train.Interrupted {
		return j.interrupted(f.Training.Steps)
	}
	for _, w := range j.problem.Warnings {
		j.say("warning: %s", w)
	}
	s := result.New(f, result.Context{
		Data: j.o.data, Device: j.dev.Report(), DeviceLabel: device.Label(j.dev.Report()),
		WallS: time.Since(j.start).Seconds(), Version: version, Notes: j.notes,
	})
	if err := j.write(f, s); err != nil {
		return err
	}
	return j.printSummary(s)
}

// surroundings prepares what the fit needs beside the problem; log is nil without --out.
func (j *fitJob) surroundings() (regress.Run, *rundir.Log, error) {
	run := regress.Run{
		Device: j.dev.Device, Resume: j.o.resume, Checkpoint: j.signals.checkpoint, CheckpointEvery: j.o.saveEvery,
		Metrics: j.progress.Metric, Stage: j.progress.Stage, Placed: j.placed,
	}
	if j.dir == nil {
		return run, nil, nil
	}
	var err error
	if run.Checkpoints, err = train.OpenStore(j.dir.Path(rundir.Checkpoints)); err != nil {
		return run, nil, err
	}
	if run.Fingerprint, err = data.Fingerprint(j.table); err != nil {
		return run, nil, err
	}
	log, err := j.dir.OpenLog()
	if err != nil {
		return run, nil, err
	}
	add := j.appender(log)
	run.Metrics = func(m train.Metric) {
		j.progress.Metric(m)
		add(m.Step, metric{SchemaVersion: rundir.SchemaVersion, Metric: m, GradNorm: result.Number(m.GradNorm)})
	}
	return run, log, nil
}

// write stores the results; summary.json comes last and makes the run finished.
func (j *fitJob) write(f *regress.Fit, s *result.Summary) error {
	if j.dir == nil {
		return nil
	}
	if err := j.dir.Remove(rundir.Summary); err != nil {
		return err
	}
	if err := j.dir.Write(rundir.Draws, func(w io.Writer) error {
		return drawfile.Write(w, drawsOf(f), s.Metadata())
	}); err != nil {
		return err
	}
	if err := j.dir.WriteJSON(rundir.Model, f.Save()); err != nil {
		return err
	}
	if err := j.writeReport(s); err != nil {
		return err
	}
	if err := j.dir.WriteJSON(rundir.Summary, s); err != nil {
		return err
	}
	j.say("wrote %s: summary.json, report.html, draws.parquet, model.json", j.o.out)
	return nil
}

// drawsOf collects the draws on the user's scale with their log densities.
func drawsOf(f *regress.Fit) drawfile.Draws {
	d := drawfile.Draws{Names: f.Problem.ParameterNames(), Values: f.UserDraws(), LogQ: f.LogQ}
	d.LogP = make([]float64, len(f.LogQ))
	for i := range d.LogP {
		d.LogP[i] = f.LogLik[i] + f.LogPrior[i]
	}
	return d
}

// printSummary prints the result and returns the verdict of the gates.
func (j *fitJob) printSummary(s *result.Summary) error {
	err := j.print(func() error {
		if j.o.asJSON {
			return writeJSON(j.out, s)
		}
		if j.o.priorSummary {
			if err := writePriors(j.out, j.style(), s.Priors); err != nil {
				return err
			}
		}
		return s.WriteText(j.out, j.style())
	})
	if err != nil {
		return err
	}
	if gate := j.code(s.KHatValue(), s.Converged()); gate != nil {
		j.say("gate: %s", j.gateText(s))
		return gate
	}
	return nil
}
