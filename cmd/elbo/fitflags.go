package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/settings"
	"elbo/data"
	"elbo/data/formula"
	"elbo/vi/regress"
	"elbo/vi/train"
)

// fitFlags are the options of elbo fit.
type fitFlags struct {
	runFlags
	formatFlags
	na string

	formula, family, guide string
	priors                 []string

	draws                          int
	prob                           float64
	requireKHat                    float64
	requireConverged, priorSummary bool

	storage          string
	batch, particles int
	lr, tolerance    float64
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
	o.declareKeep(f)
	f.IntVar(&o.draws, "draws", 1000, "`N` posterior draws, for draws.parquet and k-hat")
	f.Float64Var(&o.prob, "prob", 0.95, "probability `MASS` of the intervals")
	f.Float64Var(&o.requireKHat, "require-khat", 0,
		"exit with code 3 when k-hat is above `K`; 0.7 when no number is given")
	f.Lookup("require-khat").NoOptDefVal = defaultKHat
	f.BoolVar(&o.requireConverged, "require-converged", false,
		"exit with code 3 when a budget ended the run before the convergence rule did")
	group(f, "Result", "out", "overwrite", "resume", "json", "draws", "prob", "require-khat", "require-converged")

	f.StringVar(&o.na, "na", "drop", "what to do with rows that miss values: `POLICY` drop or error")
	o.formatFlags.declare(f)
	group(f, "Data", "na", "na-string", "delimiter", "format")

	o.declareDevice(f, "float64")
	f.StringVar(&o.storage, "storage", "full",
		"`TYPE` of predictors in training steps: full (that of --dtype) or bf16, smaller and rounded by up to 2^-8 of their size")
	f.IntVar(&o.batch, "batch", 0, "`N` rows a step; 0 means 256, or all when there are at most 2,048")
	f.IntVar(&o.particles, "particles", 0, "`N` Monte-Carlo particles a step, even; 0 means 8")
	f.Float64Var(&o.lr, "lr", 0, "first learning `RATE` in whitened coordinates; 0 means 0.1")
	f.Float64Var(&o.tolerance, "tolerance", 0,
		"converged when every average is known to this many posterior `SDS`; 0 means 0.02")
	o.declareBudget(f, "100,000 steps")
	group(f, "Training", "device", "resident", "dtype", "storage", "matmul", "threads", "seed", "batch", "particles", "lr", "tolerance",
		"max-steps", "max-epochs", "max-time", "checkpoint-every")

	f.BoolVar(&o.priorSummary, "prior-summary", false, "print the priors, as given and on the scale of the columns")
	o.declareOther(f)
	group(f, "Other", "prior-summary", "dry-run", "dump", "config", "print-config", "quiet", "verbose")

	settings.Mark(f, settings.OnlyFlag, "prior-summary")
	settings.Mark(f, settings.NotEnv, "formula")
}

// storages are the values of --storage.
var storages = []string{"full", "bf16"}

// check refuses values no later stage looks at.
func (o *fitFlags) check() error {
	if err := o.runFlags.check("flights.csv.gz"); err != nil {
		return err
	}
	if o.formula == "" {
		return exit.Usagef("for example --formula 'y ~ x'", "--formula is needed")
	}
	for _, c := range []struct {
		option, value string
		choices       []string
	}{{"na", o.na, []string{"drop", "error"}}, {"storage", o.storage, storages}} {
		if err := oneOf(c.option, c.value, c.choices); err != nil {
			return err
		}
	}
	return atLeast(least{"tolerance", o.tolerance, 0}, least{"require-khat", o.requireKHat, 0})
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

// fitOptions returns what regress is asked for.
func (o *fitFlags) fitOptions() (regress.Options, error) {
	opt := regress.Options{
		Formula: o.formula, Family: o.family, Guide: o.guide, NA: formula.NAPolicy(o.na), Float32: o.dtype == "float32",
		Seed: o.seed, Draws: o.draws, Prob: o.prob, Batch: o.batch, Particles: o.particles, LR: o.lr,
		Budget: o.budget(), Resident: o.residency(), BFloat16: o.storage == "bf16",
		Stop: train.StopConfig{Tolerance: o.tolerance},
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
