package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/settings"
	"elbo/data/array"
	"elbo/graph/nn"
	"elbo/vi/regress"
	"elbo/vi/vae"
	"elbo/vi/vae/fit"
)

// vaeFlags are the options of elbo vae train.
type vaeFlags struct {
	runFlags
	labels, valid, startFrom string

	encoder, decoder             []string
	encoderLayers, decoderLayers string
	model                        vae.Config // fields that flags set directly

	batch                  int
	lr, lrFinal, clip, ema float64
	schedule               string
	patience               int64
	sampleEvery            int64
}

// defaultEpochs is the budget of a run that is given none.
const defaultEpochs = 50

// declare declares the flags in the order and groups of the help text.
func (o *vaeFlags) declare(f *pflag.FlagSet) {
	c := vae.Default(nil)
	m := &o.model
	f.StringVarP(&o.data, "data", "d", "",
		"`FILE` of images or other arrays: IDX, NPY (plain or gzip), NPZ as file.npz:name, CSV")
	f.StringVarP(&o.out, "out", "o", "", "write the run to `DIR`")
	f.StringVar(&o.labels, "labels", "",
		"`FILE` of labels for plots (or column, for CSV), or none; found beside the images by the usual names when not given")
	f.StringVar(&o.valid, "valid", "", "part of the images kept for validation: a `SHARE` below 1 or a count; "+
		"a tenth, at most 1,000, when not given; 0 is none")
	f.StringVar(&m.Scale, "scale", c.Scale,
		"`RULE` from stored values to numbers: auto (bytes are divided by 255), none, unit")
	f.StringVar(&m.Binarize, "binarize", "",
		"`WAY` to make pixels binary: "+strings.Join(array.BinarizeNames(), ", ")+"; dynamic for bernoulli when not given")
	group(f, "Data", "data", "out", "labels", "valid", "scale", "binarize")

	f.StringVar(&m.Arch, "arch", c.Arch, "`KIND` of networks: "+strings.Join(vae.Archs(), ", "))
	f.StringSliceVar(&o.encoder, "encoder", nil,
		"hidden `WIDTHS` of the encoder, as 200,200, or none for a linear map; 400 when not given")
	f.StringSliceVar(&o.decoder, "decoder", nil, "hidden `WIDTHS` of the decoder, likewise")
	f.StringVar(&o.encoderLayers, "encoder-layers", "",
		"`LAYERS` with --arch layers, as YAML: '[{layer: linear, units: 200, activation: tanh}]'")
	f.StringVar(&o.decoderLayers, "decoder-layers", "", "`LAYERS` of the decoder, likewise")
	f.StringVar(&m.Activation, "activation", c.Activation,
		"`NAME` of the hidden layers' activation: "+strings.Join(nn.ActivationNames(), ", "))
	f.IntVar(&m.Latent, "latent", c.Latent, "`N` latent dimensions")
	f.StringVar(&m.Likelihood, "likelihood", c.Likelihood, "`NAME`: "+strings.Join(vae.Likelihoods(), ", "))
	f.StringVar(&m.Prior, "prior", c.Prior, "`NAME`: "+strings.Join(vae.Priors(), ", "))
	f.IntVar(&m.Components, "components", 0, "`N` components of prior vamp; 0 means 100")
	f.StringVar(&m.Posterior, "posterior", c.Posterior, "`NAME`: "+strings.Join(vae.Posteriors(), ", "))
	f.IntVar(&m.Flows, "flows", 0, "`N` steps of posteriors iaf and planar; 0 means 4")
	f.IntVar(&m.FlowHidden, "flow-hidden", 0, "`N` hidden units of posterior iaf's networks; 0 means 100")
	group(f, "Model", "arch", "encoder", "decoder", "encoder-layers", "decoder-layers", "activation", "latent",
		"likelihood", "prior", "components", "posterior", "flows", "flow-hidden")

	f.StringVar(&m.Objective, "objective", c.Objective, "`NAME`: "+strings.Join(vae.Objectives(), ", "))
	f.IntVar(&m.K, "k", c.K, "`N` particles per image")
	f.Float64Var(&m.Alpha, "alpha", 0, "`ALPHA` of objective renyi")
	f.Float64Var(&m.Beta, "beta", 1, "`WEIGHT` of the KL")
	f.StringVar(&m.Anneal, "anneal", c.Anneal, "`WAY` to reach --beta: "+strings.Join(vae.Annealings(), ", "))
	f.IntVar(&m.AnnealSteps, "anneal-steps", 0, "`N` steps of the annealing, or of one cycle; 0 means 10,000")
	f.Float64Var(&m.FreeBits, "free-bits", 0, "`NATS` of KL per dimension that cost nothing")
	group(f, "Objective", "objective", "k", "alpha", "beta", "anneal", "anneal-steps", "free-bits")

	o.declareTraining(f)
}

// declareTraining declares what is about the run and not about the model.
func (o *vaeFlags) declareTraining(f *pflag.FlagSet) {
	f.StringVar(&o.startFrom, "start-from", "",
		"begin with the parameters of the finished `RUN`, of the same networks, in place of random ones")
	f.IntVar(&o.batch, "batch", 128, "`N` images a step")
	f.Float64Var(&o.lr, "lr", 0.001, "learning `RATE` of Adam")
	f.Float64Var(&o.lrFinal, "lr-final", 0, "learning `RATE` at the end of the budget; 0 means --lr")
	f.StringVar(&o.schedule, "schedule", "", "`WAY` from --lr to --lr-final: "+strings.Join(fit.Schedules(), ", ")+
		"; exponential when --lr-final is given")
	f.Float64Var(&o.clip, "clip", 0, "bound `NORM` of the gradient; 0 means none")
	f.Float64Var(&o.ema, "ema", 0.999,
		"`DECAY` of moving averages of the parameters, which are what is validated and kept; "+
			"0 means none")
	o.declareBudget(f, fmt.Sprintf("%d passes", defaultEpochs))
	f.Int64Var(&o.patience, "patience", 0,
		"stop after `N` epochs without a better validation bound, and keep the best; 0 means never, and keep the last")
	f.Int64Var(&o.sampleEvery, "sample-every", 5, "write a grid of samples every `N` epochs; 0 means never")
	o.declareDevice(f, "float32")
	group(f, "Training", "start-from", "batch", "lr", "lr-final", "schedule", "clip", "ema", "max-epochs", "max-steps",
		"max-time", "patience", "checkpoint-every", "sample-every", "device", "resident", "dtype", "matmul", "threads", "seed")

	o.declareKeep(f)
	o.declareOther(f)
	group(f, "Other", "overwrite", "resume", "json", "dry-run", "dump", "config", "print-config", "quiet", "verbose")
	settings.Mark(f, settings.NotEnv, "labels", "start-from")
}

// nestedKeys are options whose value in a file may be a list of mappings.
var nestedKeys = []string{"encoder-layers", "decoder-layers"}

// check refuses values no later stage looks at.
func (o *vaeFlags) check() error {
	if err := o.runFlags.check("train-images-idx3-ubyte.gz"); err != nil {
		return err
	}
	if o.out == "" && !o.dryRun && o.dump == "" {
		return exit.Usagef("for example --out run", "--out is needed: the run is written there")
	}
	if err := oneOf("schedule", o.schedule, append([]string{""}, fit.Schedules()...)); err != nil {
		return err
	}
	for _, check := range []func() error{o.checkSchedule, o.checkStart} {
		if err := check(); err != nil {
			return err
		}
	}
	return atLeast(
		least{"batch", float64(o.batch), 1}, least{"lr", o.lr, math.SmallestNonzeroFloat64},
		least{"lr-final", o.lrFinal, 0}, least{"clip", o.clip, 0}, least{"ema", o.ema, 0},
		least{"patience", float64(o.patience), 0}, least{"sample-every", float64(o.sampleEvery), 0},
	)
}

// checkSchedule refuses learning rates that end nowhere.
func (o *vaeFlags) checkSchedule() error {
	text := strconv.FormatFloat(o.lrFinal, 'g', -1, 64)
	bounded := o.maxEpochs > 0 || o.maxSteps > 0 || o.maxTime == 0 // without any budget there is a default
	switch {
	case o.ema >= 1:
		text = strconv.FormatFloat(o.ema, 'g', -1, 64)
		return &regress.OptionError{Option: "ema", Value: text, Problem: "is not below 1"}
	case o.lrFinal > o.lr:
		return &regress.OptionError{Option: "lr-final", Value: text, Problem: "is above --lr"}
	case o.schedule == "constant" && o.lrFinal > 0 && o.lrFinal != o.lr:
		return &regress.OptionError{Option: "lr-final", Value: text, Problem: "has no effect with --schedule constant"}
	case (o.lrFinal > 0 || o.schedule != "" && o.schedule != "constant") && !bounded:
		return exit.Usagef("add --max-epochs or --max-steps", "a learning rate that changes needs a budget to end at")
	}
	return nil
}

// validImages returns how many of n images are for validation.
func (o *vaeFlags) validImages(n int64) (int64, error) {
	if o.valid == "" {
		return min(n/10, 1000), nil
	}
	x, err := strconv.ParseFloat(o.valid, 64)
	bad := func(problem string) error {
		return &regress.OptionError{Option: "valid", Value: o.valid, Problem: problem,
			Hint: "for example --valid 0.1 or --valid 1000"}
	}
	switch {
	case err != nil || !(x >= 0) || math.IsInf(x, 0):
		return 0, bad("is neither a share nor a count")
	case x < 1:
		return int64(x * float64(n)), nil
	case x != math.Trunc(x):
		return 0, bad("is neither a share below 1 nor a whole number")
	case x >= float64(n):
		return 0, bad(fmt.Sprintf("leaves none of the %d images to train on", n))
	}
	return int64(x), nil
}
