package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/screen"
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
	completeRun(c)
	choices(c, "na", "drop", "error")
	completeFormat(c)
	choices(c, "storage", storages...)
	layoutHelp(c)
	return c
}

// fit resolves the options and runs the job.
func (a *app) fit(c *cobra.Command, o *fitFlags) error {
	t, err := a.newJob(c, rundir.KindFit, &o.runFlags)
	if t == nil {
		return err
	}
	j := &fitJob{trainJob: t, o: o}
	if !o.quiet {
		j.progress = screen.NewProgress(j.err, j.errStyle(), o.verbose, j.left)
		j.line = j.progress
	}
	defer j.close()
	return t.settings.Blame(j.fit())
}

// fit is the job from the options to the printed result.
func (j *fitJob) fit() error {
	if err := j.o.check(); err != nil {
		return err
	}
	opt, err := j.o.fitOptions()
	if err != nil {
		return err
	}
	j.options = opt
	if j.formula, err = formula.Parse(j.o.formula); err != nil {
		return err
	}
	if done, err := j.printFinished(); done || err != nil {
		return err
	}
	j.signals = watchSignals(&j.teller)
	defer j.signals.stop()
	if err := j.prepare(); err != nil {
		return err
	}
	switch {
	case j.o.dump != "":
		return j.dump()
	case j.o.dryRun:
		return j.dryRun()
	}
	what := fmt.Sprintf("the fit of %d parameters", j.problem.Dim())
	if err := j.checkMemory(what, j.problem.MemoryBytes(), fitsFit); err != nil {
		return err
	}
	if err := j.createDir(); err != nil {
		return err
	}
	return j.train()
}

// printFinished prints a converged run that is to be resumed; true says that nothing is left to do.
func (j *fitJob) printFinished() (bool, error) {
	finished, err := j.finished()
	if !finished || err != nil {
		return false, err
	}
	s, err := loadSummary(j.o.out)
	if err != nil || !s.Converged() {
		return false, err
	}
	j.say("note: %s holds a finished, converged run; nothing to resume", j.o.out)
	return true, j.printSummary(s.Summary)
}

// code turns the verdict on a finished fit into an exit code.
func (j *fitJob) code(khat float64, converged bool) error {
	if want := j.o.requireKHat; want > 0 && !(khat <= want) {
		return ended(exit.Gate)
	}
	if j.o.requireConverged && !converged {
		return ended(exit.Gate)
	}
	return nil
}
