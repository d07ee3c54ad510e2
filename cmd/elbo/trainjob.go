package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/settings"
	"elbo/graph"
	"elbo/vi/feed"
)

// trainJob is what a call of elbo fit and one of elbo vae train have in common.
type trainJob struct {
	*app
	teller
	kind     rundir.Kind
	run      *runFlags
	settings *settings.Resolved
	start    time.Time
	signals  *signals
	dev      device.Opened
	dir      *rundir.Dir // nil without --out
	former   []byte      // config.yaml as a resumed run had it
}

// newJob fills in the options that were not given and begins a job; it returns nil where the options
// were only to be printed. nested are the options that a file may give as lists of mappings.
func (a *app) newJob(c *cobra.Command, kind rundir.Kind, o *runFlags, nested ...string) (*trainJob, error) {
	file, err := o.readConfig(kind, settings.Names(c.Flags()), nested)
	if err != nil {
		return nil, err
	}
	resolved, err := settings.Resolve(c.Flags(), a.env, file)
	if err != nil {
		return nil, err
	}
	if o.printConfig {
		return nil, resolved.Write(a.out)
	}
	return &trainJob{app: a, teller: teller{to: a.err, level: &o.remarkFlags}, kind: kind, run: o, settings: resolved,
		start: time.Now()}, nil
}

// readConfig reads --config, or the configuration of the run that is resumed.
func (o *runFlags) readConfig(kind rundir.Kind, names, nested []string) (*settings.File, error) {
	switch {
	case o.config != "":
		return settings.ReadFile(o.config, names, nested...)
	case !o.resume || o.out == "":
		return nil, nil
	}
	state, err := rundir.Look(o.out)
	if err != nil || state != rundir.Finished && state != rundir.Unfinished {
		return nil, nil // who creates the directory will say what is wrong
	}
	if is := rundir.KindOf(o.out); is != kind {
		return nil, &exit.Error{Code: exit.Data, Msg: fmt.Sprintf("--resume: %s holds a run of %s, not of %s", o.out, is, kind),
			Hint: fmt.Sprintf("choose another --out, or go on with: %s --resume --out %s", is, o.out)}
	}
	return settings.ReadFile(filepath.Join(o.out, rundir.Config), names, nested...)
}

// keeps reports whether the job writes a run directory.
func (o *runFlags) keeps() bool { return o.out != "" && !o.dryRun && o.dump == "" }

// finished reports whether a finished run is to be resumed. It refuses directories that must not be
// touched before any data is read.
func (j *trainJob) finished() (bool, error) {
	if !j.run.keeps() {
		return false, nil
	}
	if err := rundir.Check(j.run.out, j.run.mode()); err != nil {
		return false, err
	}
	state, err := rundir.Look(j.run.out)
	return j.run.resume && state == rundir.Finished, err
}

// createDir makes the run directory and writes what is known before training.
func (j *trainJob) createDir() error {
	if !j.run.keeps() {
		return nil
	}
	dir, state, err := rundir.Create(j.run.out, j.run.mode())
	if err != nil {
		return err
	}
	j.dir = dir
	if j.run.resume && (state == rundir.Unfinished || state == rundir.Finished) {
		j.say("note: resuming %s", j.run.out)
		if j.former, err = rundir.Read(j.run.out, rundir.Config); err != nil {
			return err
		}
	}
	err = dir.Write(rundir.Config, func(w io.Writer) error {
		fmt.Fprintf(w, "%s (elbo %s); repeat it with: %s --config config.yaml --out DIR\n", rundir.Mark, version, j.kind)
		return j.settings.Write(w)
	})
	if err != nil {
		return err
	}
	return dir.WriteJSON(rundir.Env, j.environment())
}

// putBack gives a run that could not be resumed the options back that go with its checkpoints.
func (j *trainJob) putBack() error {
	if j.former == nil {
		return nil
	}
	return j.dir.Write(rundir.Config, func(w io.Writer) error {
		_, err := w.Write(j.former)
		return err
	})
}

// close releases what the job holds.
func (j *trainJob) close() {
	if j.dir != nil {
		_ = j.dir.Close() // only the lock is left, and the process is about to end
	}
	if j.dev.Device != nil {
		_ = j.dev.Close()
	}
}

// placed tells where the data of the training is, where that is not as everywhere.
func (j *trainJob) placed(p feed.Placement) {
	if j.run.residency() != feed.ResidentAuto || device.IsCard(j.dev.Report()) {
		j.say("data: %s", p)
	} else {
		j.detail("data: %s", p)
	}
}

// environment is env.json: what a run depends on beside its options.
type environment struct {
	SchemaVersion int       `json:"schema_version"`
	Build         build     `json:"build"`
	Device        string    `json:"device"`
	DeviceLabel   string    `json:"device_label"`
	DeviceWhy     string    `json:"device_why,omitempty"`
	ISA           string    `json:"isa,omitempty"`
	Threads       int       `json:"threads"`
	Processors    int       `json:"processors"`
	Started       time.Time `json:"started"`
	Directory     string    `json:"directory"`
	Command       []string  `json:"command"`
}

func (j *trainJob) environment() environment {
	r := j.dev.Report()
	return environment{
		SchemaVersion: rundir.SchemaVersion, Build: buildInfo(), Device: r.Name, DeviceLabel: device.Label(r),
		DeviceWhy: j.dev.Why, ISA: r.ISA, Threads: r.Threads, Processors: runtime.NumCPU(), Started: j.start.UTC(),
		Directory: cwd(), Command: os.Args,
	}
}

// cwd returns the working directory, "" where it is gone.
func cwd() string {
	d, err := os.Getwd()
	if err != nil {
		return ""
	}
	return d
}

// appender returns what writes records to a log. Training goes on when that fails: its results will
// say if the disk is full.
func (j *trainJob) appender(log *rundir.Log) func(step int64, record any) {
	broken := false
	return func(step int64, record any) {
		if broken {
			return
		}
		if err := log.Append(step, record); err != nil {
			broken = true
			j.say("warning: metrics end at step %d: %v", step, err)
		}
	}
}

// dumpProgram prints what --dump asks for.
func (j *trainJob) dumpProgram(p *graph.Program) error {
	switch j.run.dump {
	case "graph":
		return p.DumpGraph(j.out)
	case "ir":
		return p.DumpIR(j.out)
	}
	return p.DumpPlan(j.out)
}

// print writes the result to standard output. A reader that went away is no fault.
func (j *trainJob) print(write func() error) error {
	if err := write(); err != nil && !errors.Is(err, syscall.EPIPE) {
		return &exit.Error{Code: exit.IO, Msg: "cannot print the result", Err: err}
	}
	return nil
}
