package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/settings"
	"elbo/data/formula"
	"elbo/vi/regress"
)

func (a *app) fitCommand() *cobra.Command {
	o := &fitFlags{}
	c := &cobra.Command{
		Use: "fit --data FILE --formula FORMULA", Short: "Fit a regression and say whether to trust it",
		GroupID: "model",
		Args:    noArgs,
		Long: `Fit a Bayesian regression by variational inference. Prints a table of parameters on the scale
of the data's columns, which rule ended the training, and k-hat, the diagnosis of the
approximation. With --out the run is kept: summary.json, report.html, draws.parquet and the
model that elbo predict reads.

  elbo fit --data flights.csv.gz --formula 'arr_delay ~ dep_delay + origin + C(month)' --out run
  elbo fit --data visits.csv --family poisson --formula 'visits ~ age + income' --prior 'b=normal(0,1)'
  elbo fit --resume --out run`,
		RunE: func(c *cobra.Command, _ []string) error { return a.fit(c, o) },
	}
	o.declare(c.Flags())
	choices(c, "family", regress.Families()...)
	choices(c, "guide", regress.Guides()...)
	choices(c, "device", device.Names()...)
	choices(c, "matmul", device.MatMuls()...)
	choices(c, "dtype", "float64", "float32")
	choices(c, "dump", "graph", "ir", "plan")
	choices(c, "na", "drop", "error")
	choices(c, "format", "csv", "libsvm", "cache")
	layoutHelp(c)
	return c
}

// fit resolves the options and runs the job.
func (a *app) fit(c *cobra.Command, o *fitFlags) error {
	file, err := o.readConfig(c)
	if err != nil {
		return err
	}
	resolved, err := settings.Resolve(c.Flags(), a.env, file)
	if err != nil {
		return err
	}
	if o.printConfig {
		return resolved.Write(a.out)
	}
	j := &job{app: a, o: o, settings: resolved}
	if o.threads > 0 {
		runtime.GOMAXPROCS(o.threads)
	}
	return resolved.Blame(j.run())
}

// readConfig reads --config, or the configuration of the run that is resumed.
func (o *fitFlags) readConfig(c *cobra.Command) (*settings.File, error) {
	names := settings.Names(c.Flags())
	switch {
	case o.config != "":
		return settings.ReadFile(o.config, names)
	case o.resume && o.out != "":
		if state, err := rundir.Look(o.out); err != nil || state != rundir.Finished && state != rundir.Unfinished {
			return nil, nil // Create will say what is wrong
		}
		if err := sameKind(o.out, rundir.KindFit); err != nil {
			return nil, err
		}
		return settings.ReadFile(filepath.Join(o.out, rundir.Config), names)
	}
	return nil, nil
}

// sameKind refuses to resume the run of another command.
func sameKind(out string, want rundir.Kind) error {
	kind := rundir.KindOf(out)
	if kind == want {
		return nil
	}
	return &exit.Error{Code: exit.Data, Msg: fmt.Sprintf("--resume: %s holds a run of %s, not of %s", out, kind, want),
		Hint: fmt.Sprintf("choose another --out, or go on with: %s --resume --out %s", kind, out)}
}

// run is the job from the options to the printed result.
func (j *job) run() error {
	if err := j.o.check(); err != nil {
		return err
	}
	opt, err := j.o.options()
	if err != nil {
		return err
	}
	j.options = opt
	if j.formula, err = formula.Parse(j.o.formula); err != nil {
		return err
	}
	if done, err := j.alreadyDone(); done || err != nil {
		return err
	}
	j.signals = watchSignals(j)
	defer j.signals.stop()
	if err := j.prepare(); err != nil {
		return err
	}
	defer j.close()
	switch {
	case j.o.dump != "":
		return j.dump()
	case j.o.dryRun:
		return j.dryRun()
	}
	if err := j.checkMemory(); err != nil {
		return err
	}
	if err := j.createDir(); err != nil {
		return err
	}
	return j.train()
}

// alreadyDone handles --out directories that decide the matter before any data is read: ones
// that must not be touched, and converged runs that are to be resumed.
func (j *job) alreadyDone() (bool, error) {
	if j.o.out == "" || j.o.dryRun || j.o.dump != "" {
		return false, nil
	}
	if err := rundir.Check(j.o.out, j.mode()); err != nil {
		return false, err
	}
	state, err := rundir.Look(j.o.out)
	if err != nil || state != rundir.Finished || !j.o.resume {
		return false, err
	}
	s, err := loadSummary(j.o.out)
	if err != nil || !s.Converged() {
		return false, err
	}
	j.say("note: %s holds a finished, converged run; nothing to resume", j.o.out)
	return true, j.print(s.Summary)
}

func (j *job) mode() rundir.Mode { return rundir.Mode{Resume: j.o.resume, Overwrite: j.o.overwrite} }

// createDir makes the run directory and writes what is known before the fit.
func (j *job) createDir() error {
	if j.o.out == "" {
		return nil
	}
	dir, state, err := rundir.Create(j.o.out, j.mode())
	if err != nil {
		return err
	}
	j.dir = dir
	if j.o.resume && (state == rundir.Unfinished || state == rundir.Finished) {
		j.say("note: resuming %s", j.o.out)
	}
	if err := j.writeConfig(); err != nil {
		return err
	}
	return j.dir.WriteJSON(rundir.Env, j.environment())
}

// close releases what the job holds.
func (j *job) close() {
	if j.dir != nil {
		_ = j.dir.Close() // only the lock is left, and the process is about to end
	}
	if j.table != nil {
		_ = j.table.Close()
	}
	if j.dev.Device != nil {
		_ = j.dev.Close()
	}
}

// cwd returns the working directory for env.json.
func cwd() string {
	d, err := os.Getwd()
	if err != nil {
		return ""
	}
	return d
}

// code turns the verdict on a finished fit into an exit code.
func (j *job) code(khat float64, converged bool) error {
	if want := j.o.requireKHat; want > 0 && !(khat <= want) {
		return ended(exit.Gate)
	}
	if j.o.requireConverged && !converged {
		return ended(exit.Gate)
	}
	return nil
}
