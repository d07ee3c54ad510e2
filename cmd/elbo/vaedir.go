package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/rundir"
)

// createDir makes the run directory and writes what is known before training.
func (j *vaeJob) createDir() error {
	dir, state, err := rundir.Create(j.o.out, j.mode())
	if err != nil {
		return err
	}
	j.dir = dir
	if j.o.resume && (state == rundir.Unfinished || state == rundir.Finished) {
		j.say("note: resuming %s", j.o.out)
	}
	err = j.dir.Write(rundir.Config, func(w io.Writer) error {
		fmt.Fprintf(w, "%s (elbo %s): vae; repeat it with: elbo vae train --config config.yaml --out DIR\n", rundir.Mark,
			version)
		return j.settings.Write(w)
	})
	if err != nil {
		return err
	}
	return j.dir.WriteJSON(rundir.Env, environmentOf(j.dev, j.start))
}

// close releases what the job holds.
func (j *vaeJob) close() {
	if j.dir != nil {
		_ = j.dir.Close() // only the lock is left, and the process is about to end
	}
	if j.dev.Device != nil {
		_ = j.dev.Close()
	}
}

// environmentOf is env.json of a run on a device.
func environmentOf(dev device.Opened, start time.Time) environment {
	r := dev.Report()
	return environment{
		SchemaVersion: rundir.SchemaVersion, Build: buildInfo(), Device: r.Name, DeviceLabel: device.Label(r),
		DeviceWhy: dev.Why, ISA: r.ISA, Threads: r.Threads, Processors: runtime.NumCPU(), Started: start.UTC(),
		Directory: cwd(), Command: os.Args,
	}
}
