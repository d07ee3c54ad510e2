package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/settings"
	"elbo/data"
	"elbo/data/formula"
	"elbo/vi/regress"
	"elbo/vi/train"
)

// fitFlags are the options of elbo fit.
type fitFlags struct {
	data, format, delimiter string
	naStrings               []string
	na                      string

	formula, family, guide string
	priors                 []string

	out                          string
	resume, overwrite            bool
	draws                        int
	prob                         float64
	requireKHat                  float64
	requireConverged             bool
	priorSummary, dryRun, asJSON bool
	dump                         string

	device, dtype      string
	matmul             string
	threads            int
	seed               uint64
	batch, particles   int
	lr, tolerance      float64
	maxSteps           int64
	maxEpochs          float64
	maxTime, saveEvery time.Duration

	config         string
	printConfig    bool
	quiet, verbose bool
}

// defaultKHat is what --require-khat means without a number.
const defaultKHat = "0.7"

// declare declares the flags in the order and groups of the help text.
func (o *fitFlags) declare(f *pflag.FlagSet) {
	families := strings.Join(regress.Families(), ", ")
	f.StringVarP(&o.data, "data", "d", "",
		"data `FILE`: CSV, TSV or LIBSVM text, plain or gzip, an elbo cache, or - for standard input")
	f.StringVarP(&o.formula, "formula", "f", "", "R-style `FORMULA`, such as 'y ~ x + C(g)'")
	f.StringVar(&o.family, "family", "gaussian",
		"response family `NAME`, with a link if not the default, as bernoulli(probit): "+families)
	f.StringArrayVar(&o.priors, "prior", nil,
		"`PRIOR` of a parameter or class, such as 'b=normal(0,1)' or 'b_x=student_t(3,0,2.5)'; repeatable")
	f.StringVar(&o.guide, "guide", "auto", "approximation `NAME`: "+strings.Join(regress.Guides(), ", "))
	group(f, "Model", "data", "formula", "family", "prior", "guide")

	f.StringVarP(&o.out, "out", "o", "", "write the run to `DIR`; without it only the table is printed")
	f.BoolVar(&o.overwrite, "overwrite", false, "replace the run in --out")
	f.BoolVar(&o.resume, "resume", false, "go on with the run in --out from its last checkpoint")
	f.IntVar(&o.draws, "draws", 1000, "`N` posterior draws, for draws.parquet and k-hat")
	f.Float64Var(&o.prob, "prob", 0.95, "probability `MASS` of the intervals")
	f.Float64Var(&o.requireKHat, "require-khat", 0,
		"exit with code 3 when k-hat is above `K`; 0.7 when no number is given")
	f.Lookup("require-khat").NoOptDefVal = defaultKHat
	f.BoolVar(&o.requireConverged, "require-converged", false,
		"exit with code 3 when a budget ended the run before the convergence rule did")
	f.BoolVar(&o.asJSON, "json", false, "print summary.json's object in place of the table")
	group(f, "Result", "out", "overwrite", "resume", "draws", "prob", "require-khat", "require-converged", "json")

	f.StringVar(&o.na, "na", "drop", "what to do with rows that miss values: `POLICY` drop or error")
	f.StringArrayVar(&o.naStrings, "na-string", nil,
		"`TEXT` that means missing; repeatable; replaces the usual ones (empty, NA, NaN, null, N/A)")
	f.StringVar(&o.delimiter, "delimiter", "",
		"`CHAR` between CSV fields, or the word tab; seen from the file when not given")
	f.StringVar(&o.format, "format", "", "file `FORMAT`: csv, libsvm or cache; seen from the file when not given")
	group(f, "Data", "na", "na-string", "delimiter", "format")

	f.StringVar(&o.device, "device", "auto", "device `NAME`: "+strings.Join(device.Names(), ", "))
	f.StringVar(&o.dtype, "dtype", "float64", "float `TYPE` of training steps: float64 or float32")
	f.StringVar(&o.matmul, "matmul", "fp32", "`PRECISION` of float32 matrix products: "+strings.Join(device.MatMuls(), ", ")+"; tf32 is faster and coarser, on cards that have it")
	f.IntVar(&o.threads, "threads", 0, "use `N` threads; 0 means all processors; results do not depend on it")
	f.Uint64Var(&o.seed, "seed", 1, "number `N` that fixes all random choices")
	f.IntVar(&o.batch, "batch", 0, "`N` rows a step; 0 means 256, or all when there are at most 2,048")
	f.IntVar(&o.particles, "particles", 0, "`N` Monte-Carlo particles a step, even; 0 means 8")
	f.Float64Var(&o.lr, "lr", 0, "first learning `RATE` in whitened coordinates; 0 means 0.1")
	f.Float64Var(&o.tolerance, "tolerance", 0,
		"converged when every average is known to this many posterior `SDS`; 0 means 0.02")
	f.Int64Var(&o.maxSteps, "max-steps", 0,
		"stop after `N` steps; 0 means no bound, or 100,000 when no budget is given")
	f.Float64Var(&o.maxEpochs, "max-epochs", 0, "stop after `N` passes over the data; 0 means no bound")
	f.DurationVar(&o.maxTime, "max-time", 0, "stop after this `TIME`, such as 90s or 2h; 0 means no bound")
	f.DurationVar(&o.saveEvery, "checkpoint-every", 30*time.Second, "`TIME` between checkpoints")
	group(f, "Training", "device", "dtype", "matmul", "threads", "seed", "batch", "particles", "lr", "tolerance",
		"max-steps", "max-epochs", "max-time", "checkpoint-every")

	f.BoolVar(&o.dryRun, "dry-run", false, "read data and formula, print design, priors and memory estimate, and stop")
	f.BoolVar(&o.priorSummary, "prior-summary", false, "print the priors, as given and on the scale of the columns")
	f.StringVar(&o.dump, "dump", "",
		"print `WHAT` was compiled and stop: graph (DOT), ir (instructions) or plan (memory, flops)")
	f.StringVar(&o.config, "config", "",
		"YAML `FILE` of options, keys named like the flags; flags and ELBO_* variables win")
	f.BoolVar(&o.printConfig, "print-config", false, "print all options as a configuration file and stop")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing but the result and errors")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "tell each stage and what was inferred from the data")
	group(f, "Other", "dry-run", "prior-summary", "dump", "config", "print-config", "quiet", "verbose")

	settings.Mark(f, settings.OnlyFlag, "config", "print-config", "resume", "overwrite", "dry-run", "prior-summary",
		"dump", "json", "quiet", "verbose")
	settings.Mark(f, settings.NotEnv, "data", "formula", "out")
}

// check refuses values no later stage looks at.
func (o *fitFlags) check() error {
	need := func(flag, value, example string) error {
		if value == "" {
			return exit.Usagef("for example "+example, "--%s is needed", flag)
		}
		return nil
	}
	if err := need("data", o.data, "--data flights.csv.gz"); err != nil {
		return err
	}
	if err := need("formula", o.formula, "--formula 'y ~ x'"); err != nil {
		return err
	}
	for _, c := range []struct {
		option, value string
		choices       []string
	}{
		{"na", o.na, []string{"drop", "error"}}, {"dtype", o.dtype, []string{"float64", "float32"}},
		{"dump", o.dump, []string{"", "graph", "ir", "plan"}},
		{"format", o.format, []string{"", "csv", "libsvm", "cache"}},
	} {
		if err := oneOf(c.option, c.value, c.choices); err != nil {
			return err
		}
	}
	switch {
	case o.resume && o.out == "":
		return exit.Usagef("give the run directory with --out", "--resume needs --out")
	case o.resume && o.overwrite:
		return exit.Usagef("use one of them", "--resume and --overwrite contradict each other")
	case o.matmul == "tf32" && o.dtype == "float64":
		return exit.Usagef("add --dtype float32, or leave --matmul out", "--matmul tf32 concerns float32 alone")
	case o.quiet && o.verbose:
		return exit.Usagef("use one of them", "--quiet and --verbose contradict each other")
	}
	for _, c := range []struct {
		option string
		value  float64
	}{
		{"max-steps", float64(o.maxSteps)}, {"max-epochs", o.maxEpochs}, {"max-time", o.maxTime.Seconds()},
		{"checkpoint-every", o.saveEvery.Seconds()}, {"tolerance", o.tolerance}, {"require-khat", o.requireKHat},
	} {
		if !(c.value >= 0) || math.IsInf(c.value, 0) {
			return &regress.OptionError{Option: c.option, Value: strconv.FormatFloat(c.value, 'g', -1, 64),
				Problem: "is not a finite number of at least 0"}
		}
	}
	return nil
}

// oneOf refuses a value that is not among the choices.
func oneOf(option, value string, choices []string) error {
	var named []string
	for _, c := range choices {
		if c == value {
			return nil
		}
		if c != "" {
			named = append(named, c)
		}
	}
	hint := "choices: " + strings.Join(named, ", ")
	if n := data.Nearest(value, named); n != "" {
		hint = fmt.Sprintf("did you mean %q? %s", n, hint)
	}
	return &regress.OptionError{Option: option, Value: value, Problem: "is not known", Hint: hint}
}

// dataOptions says how the file is read.
func (o *fitFlags) dataOptions() (data.Options, error) {
	d := data.Options{Format: o.format, NA: o.naStrings}
	if len(o.naStrings) == 0 {
		d.NA = nil
	}
	var err error
	d.Delimiter, err = delimiter(o.delimiter)
	return d, err
}

// delimiter reads --delimiter.
func delimiter(s string) (byte, error) {
	switch {
	case s == "":
		return 0, nil
	case s == "tab" || s == `\t`:
		return '\t', nil
	case len(s) == 1:
		return s[0], nil
	}
	return 0, &regress.OptionError{Option: "delimiter", Value: s, Problem: "is not one character",
		Hint: "for example --delimiter ';' or --delimiter tab"}
}

// options returns what regress is asked for.
func (o *fitFlags) options() (regress.Options, error) {
	opt := regress.Options{
		Formula: o.formula, Family: o.family, Guide: o.guide, NA: formula.NAPolicy(o.na), Float32: o.dtype == "float32",
		Seed: o.seed, Draws: o.draws, Prob: o.prob, Batch: o.batch, Particles: o.particles, LR: o.lr,
		Budget: train.Budget{Steps: o.maxSteps, Epochs: o.maxEpochs, Time: o.maxTime},
		Stop:   train.StopConfig{Tolerance: o.tolerance},
	}
	if opt.Draws == 0 || opt.Prob == 0 {
		// regress reads zero as "the default"; a zero someone wrote is a mistake.
		name, value := "draws", "0"
		if opt.Prob == 0 {
			name = "prob"
		}
		return opt, &regress.OptionError{Option: name, Value: value, Problem: "is not positive"}
	}
	for _, text := range o.priors {
		p, err := regress.ParsePriorSetting(text)
		if err != nil {
			return opt, err
		}
		opt.Priors = append(opt.Priors, p)
	}
	return opt, nil
}
