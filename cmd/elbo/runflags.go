package main

import (
	"math"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/settings"
	"elbo/vi/feed"
	"elbo/vi/regress"
	"elbo/vi/train"
)

// runFlags are the options that elbo fit and elbo vae train share.
type runFlags struct {
	data, out                 string
	resume, overwrite, asJSON bool

	deviceFlags
	resident string
	dtype    string
	seed     uint64

	maxSteps           int64
	maxEpochs          float64
	maxTime, saveEvery time.Duration

	dryRun       bool
	dump, config string
	printConfig  bool
	remarkFlags
}

// declareKeep declares what happens to the run directory and its summary.
func (o *runFlags) declareKeep(f *pflag.FlagSet) {
	f.BoolVar(&o.overwrite, "overwrite", false, "replace the run in --out")
	f.BoolVar(&o.resume, "resume", false, "go on with the run in --out from its last checkpoint")
	f.BoolVar(&o.asJSON, "json", false, "print summary.json's object in place of the text")
}

// declareDevice declares what computes, in which type, from which seed.
func (o *runFlags) declareDevice(f *pflag.FlagSet, dtype string) {
	o.deviceFlags.declare(f)
	f.StringVar(&o.resident, "resident", "auto", "`WHEN` training data stays on the device: auto (on cards where it fits; in fit on the CPU too, up to 128 MiB), "+
		"never (the host feeds batches), always")
	f.StringVar(&o.dtype, "dtype", dtype, "float `TYPE` of training steps: float32 or float64")
	o.declareMatMul(f)
	f.Uint64Var(&o.seed, "seed", 1, "number `N` that fixes all random choices")
}

// declareBudget declares the budgets; otherwise says what bounds a run without any.
func (o *runFlags) declareBudget(f *pflag.FlagSet, otherwise string) {
	f.Int64Var(&o.maxSteps, "max-steps", 0, "stop after `N` steps; 0 means no bound")
	f.Float64Var(&o.maxEpochs, "max-epochs", 0, "stop after `N` passes over the data; 0 means no bound")
	f.DurationVar(&o.maxTime, "max-time", 0, "stop after this `TIME`, such as 90s or 2h; 0 means no bound; "+
		"without any of the three bounds, "+otherwise)
	f.DurationVar(&o.saveEvery, "checkpoint-every", 30*time.Second, "`TIME` between checkpoints")
}

// declareOther declares what to do in place of training, and what to tell.
func (o *runFlags) declareOther(f *pflag.FlagSet) {
	f.BoolVar(&o.dryRun, "dry-run", false, "read the data, print model and memory estimate, and stop")
	f.StringVar(&o.dump, "dump", "",
		"print `WHAT` was compiled and stop: graph (DOT), ir (instructions) or plan (memory, flops)")
	f.StringVar(&o.config, "config", "",
		"YAML `FILE` of options, keys named like the flags; flags and ELBO_* variables win")
	f.BoolVar(&o.printConfig, "print-config", false, "print all options as a configuration file and stop")
	o.remarkFlags.declare(f)
	settings.Mark(f, settings.OnlyFlag, "config", "print-config", "resume", "overwrite", "dry-run", "dump", "json",
		"quiet", "verbose")
	settings.Mark(f, settings.NotEnv, "data", "out")
}

// completeRun completes the values of the flags in shells.
func completeRun(c *cobra.Command) {
	completeDevice(c)
	choices(c, "dtype", "float32", "float64")
	choices(c, "resident", feed.Residencies()...)
	choices(c, "dump", "graph", "ir", "plan")
}

// check refuses values no later stage looks at.
func (o *runFlags) check(dataExample string) error {
	switch {
	case o.resume && o.out == "":
		return exit.Usagef("give the run directory with --out", "--resume needs --out")
	case o.resume && o.overwrite:
		return exit.Usagef("use one of them", "--resume and --overwrite contradict each other")
	case o.data == "" && o.resume:
		return rundir.NothingToResume(o.out)
	case o.data == "":
		return exit.Usagef("for example --data "+dataExample, "--data is needed")
	}
	if err := o.remarkFlags.check(); err != nil {
		return err
	}
	for _, c := range []struct {
		option, value string
		choices       []string
	}{
		{"dump", o.dump, []string{"", "graph", "ir", "plan"}}, {"dtype", o.dtype, []string{"float32", "float64"}},
		{"resident", o.resident, feed.Residencies()},
	} {
		if err := oneOf(c.option, c.value, c.choices); err != nil {
			return err
		}
	}
	if err := o.checkDType(o.dtype, "use --dtype float32, or leave --matmul out"); err != nil {
		return err
	}
	return atLeast(
		least{"max-steps", float64(o.maxSteps), 0}, least{"max-epochs", o.maxEpochs, 0},
		least{"max-time", o.maxTime.Seconds(), 0}, least{"checkpoint-every", o.saveEvery.Seconds(), 0},
	)
}

// least is an option with the smallest value it may have.
type least struct {
	option       string
	value, least float64
}

// atLeast refuses the first option that is too small or no finite number.
func atLeast(options ...least) error {
	for _, o := range options {
		if o.value >= o.least && !math.IsInf(o.value, 0) {
			continue
		}
		problem := "is not a finite number of at least 0"
		if o.least > 0 {
			problem = "is not a positive number"
		}
		return &regress.OptionError{Option: o.option, Value: strconv.FormatFloat(o.value, 'g', -1, 64), Problem: problem}
	}
	return nil
}

// budget bounds the run.
func (o *runFlags) budget() train.Budget {
	return train.Budget{Steps: o.maxSteps, Epochs: o.maxEpochs, Time: o.maxTime}
}

// residency says where training data is; check has refused other names.
func (o *runFlags) residency() feed.Residency {
	r, _ := feed.ParseResidency(o.resident)
	return r
}

func (o *runFlags) mode() rundir.Mode { return rundir.Mode{Resume: o.resume, Overwrite: o.overwrite} }
