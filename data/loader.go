package data

import "fmt"

// LoaderConfig sets up a Loader.
type LoaderConfig struct {
	Rows    int64  // N, at least 1
	Batch   int    // B, at least 1; a batch larger than N is N rows
	Seed    uint64 // of the order
	Shuffle bool   // false reads the rows in file order every epoch
}

// Loader says which rows make up the batch of a step. It is a pure function of its configuration and the step, so it
// has no state to save; every row occurs exactly once in each epoch of StepsPerEpoch steps, and the last batch of an
// epoch is short when B does not divide N. A Loader is safe for concurrent use.
type Loader struct {
	cfg   LoaderConfig
	steps int64 // per epoch
}

// NewLoader checks the configuration.
func NewLoader(cfg LoaderConfig) (*Loader, error) {
	if cfg.Rows < 1 || cfg.Batch < 1 {
		return nil, fmt.Errorf("data: loader over %d rows in batches of %d: both must be positive: %w",
			cfg.Rows, cfg.Batch, ErrOption)
	}
	if int64(cfg.Batch) > cfg.Rows {
		cfg.Batch = int(cfg.Rows)
	}
	b := int64(cfg.Batch)
	return &Loader{cfg: cfg, steps: (cfg.Rows + b - 1) / b}, nil
}

// Rows returns N.
func (l *Loader) Rows() int64 { return l.cfg.Rows }

// Batch returns B, the size of every batch but the last of an epoch.
func (l *Loader) Batch() int { return l.cfg.Batch }

// StepsPerEpoch returns ⌈N/B⌉.
func (l *Loader) StepsPerEpoch() int64 { return l.steps }

// Epoch returns the epoch that step (>= 0) belongs to.
func (l *Loader) Epoch(step int64) int64 { return step / l.steps }

// Size returns n, the number of rows in the batch of step: B, or what is left in the last one of an epoch.
func (l *Loader) Size(step int64) int {
	from := step % l.steps * int64(l.cfg.Batch)
	return int(min(int64(l.cfg.Batch), l.cfg.Rows-from))
}

// Scale returns N/n, the factor that makes the sum over the batch of step an unbiased estimate of the sum over all
// rows. Averaged over an epoch with weights n/N the estimates give the full sum exactly.
func (l *Loader) Scale(step int64) float64 { return float64(l.cfg.Rows) / float64(l.Size(step)) }

// Indices writes the rows of the batch of step to dst, which holds at least Size(step) numbers, and returns how many.
func (l *Loader) Indices(step int64, dst []int64) int {
	n := l.Size(step)
	dst = dst[:n]
	from := step % l.steps * int64(l.cfg.Batch)
	if !l.cfg.Shuffle {
		for k := range dst {
			dst[k] = from + int64(k)
		}
		return n
	}
	keys := Permutation{N: l.cfg.Rows, Seed: l.cfg.Seed, Epoch: l.Epoch(step)}.keys()
	keys.fill(uint64(from), dst)
	return n
}
