package fit

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"elbo/graph"
	"elbo/vi/feed"
	"elbo/vi/optim"
	"elbo/vi/train"
	"elbo/vi/vae"
)

// ErrOption is the class of options that make no sense.
var ErrOption = errors.New("fit: invalid option")

// Options say how a model is trained.
type Options struct {
	// Device runs the programs.
	Device graph.Device
	// Train and Valid are the numbers of the images to train on and to validate with; nil means all
	// for Train and none for Valid.
	Train, Valid []int64
	// Resident says where the images are; the zero value decides by the device.
	Resident feed.Residency
	// Start returns the parameters to begin with in place of random ones, such as those vae.Load read from
	// another run; it is not called where Resume finds a checkpoint. Nil begins at random.
	Start func() (vae.Params, error)
	// Batch is the number of images of a step; 0 means 128.
	Batch int
	// LR is Adam's first learning rate, 0 means 1e-3; LRFinal is its last one, reached at the end of
	// the budget of epochs or steps along Schedule, one of Schedules.
	LR, LRFinal float64
	Schedule    string
	// EMA is the decay of moving averages of the parameters, such as 0.999: they are what is validated
	// and returned. 0 keeps none.
	EMA float64
	// ClipNorm bounds the norm of the gradient; 0 does not.
	ClipNorm float64
	// Budget bounds the run; Patience ends it after so many epochs without a better validation bound, 0 never.
	Budget   train.Budget
	Patience int64
	// Checkpoints, CheckpointEvery, Checkpoint and Fingerprint are those of train.Config; Resume goes
	// on from the newest checkpoint.
	Checkpoints     *train.Store
	CheckpointEvery time.Duration
	Checkpoint      <-chan struct{}
	Fingerprint     string
	Resume          bool
	// Placed hears where the images are, before the first step; Epoch of each epoch's end, Tick of every few
	// steps. Nil is fine.
	Placed func(feed.Placement)
	Epoch  func(Epoch) error
	Tick   func(step int64)
}

// schedules are the ways from LR to LRFinal.
var schedules = []string{"constant", "linear", "exponential", "cosine"}

// Schedules lists the names of Options.Schedule.
func Schedules() []string { return slices.Clone(schedules) }

// withDefaults fills empty fields and checks the rest.
func (o Options) withDefaults() (Options, error) {
	if o.Batch == 0 {
		o.Batch = 128
	}
	if o.LR == 0 {
		o.LR = 1e-3
	}
	if o.Schedule == "" {
		o.Schedule = "constant"
		if o.LRFinal > 0 {
			o.Schedule = "exponential"
		}
	}
	if o.LRFinal == 0 {
		o.LRFinal = o.LR
	}
	switch {
	case o.Device == nil:
		return o, fmt.Errorf("%w: a device is needed", ErrOption)
	case o.Batch < 1:
		return o, fmt.Errorf("%w: batch %d is not positive", ErrOption, o.Batch)
	case !(o.LR > 0) || math.IsInf(o.LR, 0):
		return o, fmt.Errorf("%w: lr %g is not a positive number", ErrOption, o.LR)
	case !(o.LRFinal > 0) || o.LRFinal > o.LR:
		return o, fmt.Errorf("%w: final lr %g is not between 0 and lr %g", ErrOption, o.LRFinal, o.LR)
	case !(o.EMA >= 0 && o.EMA < 1):
		return o, fmt.Errorf("%w: ema %g is not at least 0 and below 1", ErrOption, o.EMA)
	case !slices.Contains(schedules, o.Schedule):
		return o, fmt.Errorf("%w: schedule %q is not one of %s", ErrOption, o.Schedule, strings.Join(schedules, ", "))
	case o.Schedule != "constant" && o.Budget.Epochs == 0 && o.Budget.Steps == 0:
		return o, fmt.Errorf("%w: schedule %s needs a budget of epochs or steps to end at", ErrOption, o.Schedule)
	case o.Schedule == "constant" && o.LRFinal != o.LR:
		return o, fmt.Errorf("%w: final lr %g has no effect with schedule constant", ErrOption, o.LRFinal)
	case o.Patience > 0 && len(o.Valid) == 0:
		return o, fmt.Errorf("%w: patience needs validation images", ErrOption)
	}
	return o, nil
}

// schedule returns the factor of the learning rate over a run of that many steps an epoch.
func (o Options) schedule(stepsPerEpoch int64) optim.Schedule {
	total := o.Budget.StepsOf(stepsPerEpoch)
	final := o.LRFinal / o.LR
	switch o.Schedule {
	case "linear":
		return optim.Linear(total, final)
	case "exponential":
		return optim.Exponential(total, final)
	case "cosine":
		return optim.DownTo(final, optim.Cosine(total))
	}
	return nil
}
