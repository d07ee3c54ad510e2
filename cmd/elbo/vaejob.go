package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/screen"
	"elbo/cmd/internal/settings"
	"elbo/data/array"
	"elbo/graph/nn"
	"elbo/vi/train"
	"elbo/vi/vae"
	"elbo/vi/vae/fit"
)

// vaeJob is one call of elbo vae train.
type vaeJob struct {
	*app
	o        *vaeFlags
	settings *settings.Resolved

	start       time.Time
	signals     *signals
	line        *screen.Epochs
	dev         device.Opened
	images      *array.Array
	model       *vae.Model
	rows, valid []int64
	dir         *rundir.Dir
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
  elbo vae train --resume --out run`,
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
	choices(c, "device", device.Names()...)
	choices(c, "matmul", device.MatMuls()...)
	choices(c, "dtype", "float32", "float64")
	choices(c, "scale", "auto", "none", "unit")
	choices(c, "dump", "graph", "ir", "plan")
	layoutHelp(c)
	return c
}

// vaeTrain resolves the options and runs the job.
func (a *app) vaeTrain(c *cobra.Command, o *vaeFlags) error {
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
	j := &vaeJob{app: a, o: o, settings: resolved}
	if o.threads > 0 {
		runtime.GOMAXPROCS(o.threads)
	}
	return o.blame(resolved, j.run())
}

// readConfig reads --config, or the configuration of the run that is resumed.
func (o *vaeFlags) readConfig(c *cobra.Command) (*settings.File, error) {
	names := settings.Names(c.Flags())
	switch {
	case o.config != "":
		return settings.ReadFile(o.config, names, nestedKeys...)
	case o.resume && o.out != "":
		if state, err := rundir.Look(o.out); err != nil || state != rundir.Finished && state != rundir.Unfinished {
			return nil, nil // Create will say what is wrong
		}
		path := filepath.Join(o.out, rundir.Config)
		if err := sameKind(o.out, rundir.KindVAE); err != nil {
			return nil, err
		}
		return settings.ReadFile(path, names, nestedKeys...)
	}
	return nil, nil
}

// run is the job from the options to the printed result.
func (j *vaeJob) run() error {
	if err := j.o.check(); err != nil {
		return err
	}
	if done, err := j.alreadyDone(); done || err != nil {
		return err
	}
	j.signals = watchSignals(j)
	defer j.signals.stop()
	defer j.close()
	if err := j.prepare(); err != nil {
		return err
	}
	switch {
	case j.o.dump != "":
		return j.dump()
	case j.o.dryRun:
		return j.dryRun()
	}
	if err := j.createDir(); err != nil {
		return err
	}
	return j.train()
}

// alreadyDone handles --out directories that decide the matter before any data is read.
func (j *vaeJob) alreadyDone() (bool, error) {
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
	s, err := loadVAESummary(j.o.out)
	if err != nil || s.Stop.Reason != train.NoImprovement {
		return false, err
	}
	j.say("note: %s holds a finished run that patience ended; nothing to resume", j.o.out)
	return true, j.print(s)
}

func (j *vaeJob) mode() rundir.Mode { return rundir.Mode{Resume: j.o.resume, Overwrite: j.o.overwrite} }

// prepare opens device and data and builds the model.
func (j *vaeJob) prepare() error {
	j.start = time.Now()
	var err error
	if j.dev, err = device.OpenWith(j.o.device, device.Options{Threads: j.o.threads, MatMul: j.o.matmul}); err != nil {
		return err
	}
	if !j.dev.Undecided() {
		j.chosen(j.dev)
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
	if err := j.checkMemory(c); err != nil {
		return err
	}
	if j.model, err = vae.New(c); err != nil {
		return err
	}
	if err := j.model.Accepts(j.images); err != nil {
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
	return j.settle()
}

// options returns what package fit is asked for.
func (j *vaeJob) options() fit.Options {
	o := j.o
	budget := train.Budget{Steps: o.maxSteps, Epochs: o.maxEpochs, Time: o.maxTime}
	if budget == (train.Budget{}) {
		budget.Epochs = defaultEpochs
	}
	return fit.Options{
		Device: j.dev.Device, Train: j.rows, Valid: j.valid, Batch: o.batch, LR: o.lr, LRFinal: o.lrFinal,
		Schedule: o.schedule, ClipNorm: o.clip, EMA: o.ema, Budget: budget, Patience: o.patience, Resume: o.resume,
		CheckpointEvery: o.saveEvery, Checkpoint: j.signals.checkpoint,
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
	}{
		j.model.Config(), len(j.rows), len(j.valid), o.Batch, o.LR, o.LRFinal, o.ClipNorm, o.EMA, o.Schedule, budget,
		o.Patience,
	})
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// clear removes the progress line.
func (j *vaeJob) clear() { j.line.Clear() }

// say prints a remark to standard error, unless --quiet.
func (j *vaeJob) say(format string, args ...any) {
	if j.o.quiet {
		return
	}
	j.clear()
	fmt.Fprintf(j.err, format+"\n", args...)
}

// detail prints a remark with --verbose only.
func (j *vaeJob) detail(format string, args ...any) {
	if j.o.verbose {
		j.say(format, args...)
	}
}
