package regress

import (
	"time"

	"elbo/data/formula"
	"elbo/graph"
	"elbo/vi/feed"
	"elbo/vi/train"
)

// Options describe a regression. Formula and Family are required; zero values of the rest
// are the defaults.
type Options struct {
	Formula string
	// Family is a name with an optional link, such as "bernoulli(probit)".
	Family string
	// Guide is "fullrank", "meanfield", "map" or "auto"; empty means auto: full rank up to
	// AutoFullRank parameters, mean-field above.
	Guide  string
	Priors []PriorSetting
	NA     formula.NAPolicy
	// DType is the float type of training steps, float64 unless set; passes always use float64.
	Float32 bool
	Seed    uint64
	// Draws is the number of posterior draws for k-hat and the draws file; 0 means 1000.
	Draws int
	// Prob is the probability mass of the reported intervals; 0 means 0.95.
	Prob float64
	// Batch is the number of rows of a step; 0 means 256, or all rows when there are at most FullBatch.
	Batch int
	// Particles is the number of Monte-Carlo particles of a step, even; 0 means 8, for more than 32 parameters a
	// quarter of their number, at most 64.
	Particles int
	// LR is the first learning rate in whitened coordinates; 0 means 0.1, or less where that many particles cannot
	// hold a longer step stable (see rate.go).
	LR     float64
	Budget train.Budget
	Stop   train.StopConfig
	// Resident says where the rows are while a fit runs; the zero value decides by device and memory. It changes no
	// batch, so that a run may be resumed with another value.
	Resident feed.Residency `json:"-"`
	// BFloat16 keeps the predictors of training steps as bfloat16 numbers: each standardised one is rounded by at most
	// 2⁻⁸ (0.4 %) of itself, and they take half the memory of float32. Responses, weights, offsets and trials keep the
	// float type, and passes over all rows, the mode and k-hat among them, see the exact numbers.
	BFloat16 bool `json:",omitempty"`
}

// Defaults of the options.
const (
	AutoFullRank    = 1000
	FullBatch       = 2048
	defaultBatch    = 256
	defaultMaxSteps = 100000
)

// Run is what a fit needs of its surroundings.
type Run struct {
	Device          graph.Device
	Checkpoints     *train.Store
	CheckpointEvery time.Duration
	Checkpoint      <-chan struct{}
	Resume          bool
	// Fingerprint identifies the data; options are added to it.
	Fingerprint string
	Metrics     func(train.Metric)
	// Placed is told where the rows are, before the first pass over them; nil is not.
	Placed func(feed.Placement)
	// Stage is told what the fit is doing, for a progress line; nil is silent.
	Stage func(string)
}

func (o Options) withDefaults() Options {
	if o.Draws == 0 {
		o.Draws = 1000
	}
	if o.Prob == 0 {
		o.Prob = 0.95
	}
	if o.Guide == "" {
		o.Guide = "auto"
	}
	if o.Budget.Steps == 0 && o.Budget.Epochs == 0 && o.Budget.Time == 0 {
		o.Budget.Steps = defaultMaxSteps
	}
	return o
}

// Guides lists the guide names --guide takes.
func Guides() []string { return []string{"auto", "fullrank", "meanfield", "map"} }

func (o Options) check() error {
	known := false
	for _, g := range Guides() {
		known = known || g == o.Guide
	}
	switch {
	case o.Guide == "lowrank":
		return &OptionError{"guide", o.Guide, "is not available yet", "use fullrank or meanfield"}
	case !known:
		return &OptionError{"guide", o.Guide, "is not known", suggest(o.Guide, Guides())}
	case !(o.Prob > 0 && o.Prob < 1):
		return &OptionError{"prob", ftoa(o.Prob), "is not strictly between 0 and 1", ""}
	case o.Draws < 5:
		return &OptionError{"draws", itoa(o.Draws), "is below 5, the least k-hat can be computed from", ""}
	case o.Particles < 0 || o.Particles%2 != 0:
		return &OptionError{"particles", itoa(o.Particles), "is not a positive even number", "draws come in antithetic pairs"}
	case o.Batch < 0:
		return &OptionError{"batch", itoa(o.Batch), "is negative", ""}
	case !(o.LR >= 0 && o.LR < 2):
		return &OptionError{"lr", ftoa(o.LR), "is not between 0 and 2",
			"steps are taken in whitened coordinates; leave it out for an automatic choice"}
	}
	return nil
}
