package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/screen"
	"elbo/data/array"
	"elbo/graph/nn"
	"elbo/vi/train"
	"elbo/vi/vae"
	"elbo/vi/vae/fit"
)

// vaeJob is one call of elbo vae train.
type vaeJob struct {
	*trainJob
	o *vaeFlags

	epochs      *screen.Epochs
	images      *array.Array
	model       *vae.Model
	rows, valid []int64
	begin       func() (vae.Params, error) // nil without --start-from
}

func (a *app) vaeTrainCommand() *cobra.Command {
	o := &vaeFlags{}
	c := &cobra.Command{
		Use: "train --data FILE --out DIR", Short: "Train a variational autoencoder", Args: noArgs,
		Long: `Train a variational autoencoder on images or other arrays. Prints a line per epoch; the run
directory holds summary.json, report.html, weights.safetensors, metrics.jsonl, checkpoints and
grids of samples.

  elbo vae train --data train-images-idx3-ubyte.gz --out run
  elbo vae train --data train-images-idx3-ubyte.gz --out run --encoder 200,200 --decoder 200,200 \
    --activation tanh --latent 50 --objective iwae --k 5 --lr-final 0.0001 --max-epochs 60
  elbo vae train --resume --out run
  elbo vae train --start-from run --config run/config.yaml --out longer --lr 0.0001`,
		RunE: func(c *cobra.Command, _ []string) error { return a.vaeTrain(c, o) },
	}
	o.declare(c.Flags())
	choices(c, "arch", vae.Archs()...)
	choices(c, "activation", nn.ActivationNames()...)
	choices(c, "likelihood", vae.Likelihoods()...)
	choices(c, "prior", vae.Priors()...)
	choices(c, "posterior", vae.Posteriors()...)
	choices(c, "objective", vae.Objectives()...)
	choices(c, "anneal", vae.Annealings()...)
	choices(c, "binarize", array.BinarizeNames()...)
	choices(c, "schedule", fit.Schedules()...)
	choices(c, "scale", "auto", "none", "unit")
	completeRun(c)
	layoutHelp(c)
	return c
}

// vaeTrain resolves the options and runs the job.
func (a *app) vaeTrain(c *cobra.Command, o *vaeFlags) error {
	t, err := a.newJob(c, rundir.KindVAE, &o.runFlags, nestedKeys...)
	if t == nil {
		return err
	}
	j := &vaeJob{trainJob: t, o: o}
	if !o.quiet {
		j.epochs = screen.NewEpochs(j.err, j.errStyle())
		j.line = j.epochs
	}
	defer j.close()
	return o.blame(t.settings, j.vae())
}

// vae is the job from the options to the printed result.
func (j *vaeJob) vae() error {
	if err := j.o.check(); err != nil {
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
		step, err := j.compile()
		if err != nil {
			return err
		}
		return j.dumpProgram(step.Program)
	case j.o.dryRun:
		return j.dryRun()
	}
	if err := j.createDir(); err != nil {
		return err
	}
	return j.train()
}

// printFinished prints a run that patience ended and that is to be resumed; true says that nothing is
// left to do.
func (j *vaeJob) printFinished() (bool, error) {
	finished, err := j.finished()
	if !finished || err != nil {
		return false, err
	}
	s, err := loadVAESummary(j.o.out)
	if err != nil || s.Stop.Reason != train.NoImprovement {
		return false, err
	}
	j.say("note: %s holds a finished run that patience ended; nothing to resume", j.o.out)
	return true, j.printSummary(s)
}

// prepare opens device and data and builds the model.
func (j *vaeJob) prepare() error {
	var err error
	if j.dev, err = j.o.deviceFlags.open(); err != nil {
		return err
	}
	if j.images, err = array.Open(j.o.data, array.Options{Labels: j.o.labels}); err != nil {
		return err
	}
	j.detail("%s", j.images)
	c, err := j.o.modelConfig(j.images.Item(), j.settings.Origins)
	if err != nil {
		return err
	}
	if err := c.Check(); err != nil {
		return err
	}
	if err := j.checkMemory("the model", vaeMemory(c, j.o.batch), vaeFits(c, j.dev)); err != nil {
		return err
	}
	if j.model, err = vae.New(c); err != nil {
		return err
	}
	if err := j.model.Accepts(j.images); err != nil {
		return err
	}
	if err := j.prepareStart(); err != nil {
		return err
	}
	n, err := j.o.validImages(j.images.Items())
	if err != nil {
		return err
	}
	if j.o.patience > 0 && n == 0 {
		return exit.Usagef("keep some with --valid, or leave --patience out", "--patience needs validation images")
	}
	if j.rows, j.valid, err = array.Split(j.images.Items(), n, c.Seed); err != nil {
		return err
	}
	return settle(&j.dev, &j.teller, j.work)
}

// options returns what package fit is asked for.
func (j *vaeJob) options() fit.Options {
	o := j.o
	budget := o.budget()
	if budget == (train.Budget{}) {
		budget.Epochs = defaultEpochs
	}
	return fit.Options{
		Device: j.dev.Device, Train: j.rows, Valid: j.valid, Batch: o.batch, LR: o.lr, LRFinal: o.lrFinal,
		Schedule: o.schedule, ClipNorm: o.clip, EMA: o.ema, Budget: budget, Patience: o.patience, Resume: o.resume,
		CheckpointEvery: o.saveEvery, Checkpoint: j.signals.checkpoint, Resident: o.residency(), Placed: j.placed, Start: j.begin,
	}
}

// fingerprint identifies data, model and options of training: a checkpoint of others is refused.
// Budgets may change, unless the learning rate depends on them.
func (j *vaeJob) fingerprint(o fit.Options) (string, error) {
	h := sha256.New()
	h.Write(j.images.Raw())
	budget := o.Budget
	if o.LRFinal == 0 && o.Schedule == "" || o.Schedule == "constant" {
		budget = train.Budget{}
	}
	budget.Time = 0
	text, err := json.Marshal(struct {
		Model                  vae.Config
		Rows                   int
		Valid                  int
		Batch                  int
		LR, LRFinal, Clip, EMA float64
		Schedule               string
		Budget                 train.Budget
		Patience               int64
		StartFrom              string `json:",omitempty"`
	}{
		j.model.Config(), len(j.rows), len(j.valid), o.Batch, o.LR, o.LRFinal, o.ClipNorm, o.EMA, o.Schedule, budget,
		o.Patience, j.o.startFrom,
	})
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil)), nil
}
