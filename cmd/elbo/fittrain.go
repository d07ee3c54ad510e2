package main

import (
	"errors"
	"io"
	"syscall"
	"time"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/drawfile"
	"elbo/cmd/internal/exit"
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
func (j *job) train() error {
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
		return j.explain(err)
	}
	if f.Training.Reason == train.Interrupted {
		return j.interrupted(f)
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
	return j.print(s)
}

// surroundings prepares what the fit needs beside the problem; log is nil without --out.
func (j *job) surroundings() (regress.Run, *rundir.Log, error) {
	run := regress.Run{
		Device: j.dev.Device, Resume: j.o.resume, Checkpoint: j.signals.checkpoint, CheckpointEvery: j.o.saveEvery,
		Metrics: j.progress.Metric, Stage: j.progress.Stage,
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
	broken := false
	run.Metrics = func(m train.Metric) {
		j.progress.Metric(m)
		if broken {
			return
		}
		record := metric{SchemaVersion: rundir.SchemaVersion, Metric: m, GradNorm: result.Number(m.GradNorm)}
		if err := log.Append(m.Step, record); err != nil {
			broken = true // the fit goes on; its results will say if the disk is full
			j.say("warning: metrics end at step %d: %v", m.Step, err)
		}
	}
	return run, log, nil
}

// explain adds what a user can do about an error under way.
func (j *job) explain(err error) error {
	t := trouble{dev: j.dev, need: j.problem.MemoryBytes(), fits: fitsFit, matmul: j.o.matmul}
	if j.dir != nil {
		t.resume = "elbo fit --resume --out " + j.o.out
	}
	if told := t.explain(err); told != nil {
		return told
	}
	var diverged *train.DivergedError
	switch {
	case errors.As(err, &diverged):
		return &exit.Error{Code: exit.Internal, Err: err,
			Hint: "look for extreme values in the columns of the formula, or try a smaller --lr, such as 0.03"}
	case j.dir != nil && exit.Of(err) == exit.IO:
		return &exit.Error{Code: exit.IO, Err: err,
			Hint: "the last good checkpoint is kept; free some space and go on with: " +
				"elbo fit --resume --out " + j.o.out}
	case errors.Is(err, train.ErrMismatch), errors.Is(err, train.ErrDamaged):
		return &exit.Error{Code: exit.Data, Err: err, Hint: "start anew with --overwrite, or choose another --out"}
	}
	return err
}

// interrupted says where the run stands and how to go on.
func (j *job) interrupted(f *regress.Fit) error {
	if j.dir == nil {
		j.say("interrupted at step %d; nothing is kept without --out", f.Training.Steps)
	} else {
		j.say("interrupted at step %d; go on with: elbo fit --resume --out %s", f.Training.Steps, j.o.out)
	}
	return ended(j.signals.code.Load())
}

// write stores the results; summary.json comes last and makes the run finished.
func (j *job) write(f *regress.Fit, s *result.Summary) error {
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

// print writes the result to standard output and returns the verdict of the gates.
func (j *job) print(s *result.Summary) error {
	var err error
	if j.o.asJSON {
		err = writeJSON(j.out, s)
	} else {
		if j.o.priorSummary {
			err = writePriors(j.out, j.style(), s.Priors)
		}
		if err == nil {
			err = s.WriteText(j.out, j.style())
		}
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return &exit.Error{Code: exit.IO, Msg: "cannot print the result", Err: err}
	}
	if gate := j.code(s.KHatValue(), s.Converged()); gate != nil {
		j.say("gate: %s", j.gateText(s))
		return gate
	}
	return nil
}
