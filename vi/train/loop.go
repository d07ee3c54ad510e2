package train

import (
	"context"
	"math"
	"time"

	"elbo/graph"
)

// Feed makes the inputs of a step ready: it writes or binds the batch slots of the instance.
// A nil Feed means inputs do not change, and the loop runs many steps per call.
type Feed func(in *graph.Instance, step int64) error

// Quantities maps parameters to what the stop rule watches: means of the quantities and
// their posterior sds (the unit their Monte-Carlo error is judged in), in a fixed order.
type Quantities func(param func(name string) []float64) (q, unit []float64)

// Budget bounds a run; zero fields do not bound.
type Budget struct {
	Steps  int64
	Epochs float64
	Time   time.Duration
}

// Config is a training run.
type Config struct {
	Step       *Step
	Instance   *graph.Instance
	Feed       Feed
	Rows       int64 // N, for epochs; 0 means 1
	Batch      int64 // rows of one step; 0 means Rows
	LR         float64
	Stop       StopConfig
	Budget     Budget
	Quantities Quantities
	// Checkpoints is where the run's state is kept; nil keeps none.
	Checkpoints *Store
	// CheckpointEvery is the time between checkpoints; 0 means 30 s.
	CheckpointEvery time.Duration
	// Fingerprint identifies data and model: a checkpoint of another one is refused.
	Fingerprint string
	// Metrics receives one record per block; nil drops them.
	Metrics func(Metric)
	// Epoch, if set, makes epochs the blocks and takes the convergence rule's place: it is called at each
	// epoch's end and returns the score Stop.Patience judges, such as the bound on validation data
	// (larger is better), or NaN for none. The instance holds the epoch's parameters and must keep them.
	Epoch func(EpochInfo) (score float64, err error)
	// Tick is called after every few steps; nil is not.
	Tick func(step int64)
	// Replay returns a feed that starts at an earlier step, to locate a non-finite value; nil
	// locates it in the latest batch only.
	Replay func(start int64) (Feed, func() error, error)
	// RowName tells where row i of a step's batch comes from, such as "line 17"; nil names the batch row alone.
	RowName func(step int64, i int) string
	// Checkpoint, when it can be received from, asks for a checkpoint at once (SIGUSR1).
	Checkpoint <-chan struct{}
}

// Metric is one line of metrics.jsonl.
type Metric struct {
	Step       int64   `json:"step"`
	Epoch      float64 `json:"epoch"`
	Wall       float64 `json:"wall"`
	Elbo       float64 `json:"elbo"`
	ElboEMA    float64 `json:"elbo_ema"`
	LR         float64 `json:"lr"`
	GradNorm   float64 `json:"grad_norm"`
	RowsPerSec float64 `json:"rows_per_s"`
	State      string  `json:"state"`
}

// Result is a finished run.
type Result struct {
	Reason    Reason
	Criterion float64 // largest Monte-Carlo standard error of an averaged quantity, in posterior sds; NaN if never known
	Steps     int64
	Epochs    float64
	Elbo      float64 // mean of the last block, or of all steps of a run shorter than one, nats; NaN if there were none
	Params    map[string][]float64
	MCSE      []float64 // Monte-Carlo standard error of each quantity, in its own scale; nil if never known
	// BestScore is the largest score of an epoch and BestEpoch (from 1) that epoch; 0 where no epoch had one.
	// With Stop.Patience the parameters are that epoch's.
	BestScore float64
	BestEpoch int64
}

// progress is everything beside the state slots that a run needs to go on.
type progress struct {
	Step    int64     `json:"step"`
	Stopper *Stopper  `json:"stopper"`
	LRScale float64   `json:"lr_scale"`
	Kept    int64     `json:"kept"`     // blocks in Sums
	Sums    []float64 `json:"sums"`     // sum of block means of all parameters, concatenated
	Elbo    float64   `json:"elbo"`     // last block
	EMA     float64   `json:"elbo_ema"` // smoothed over blocks
	Best    float64   `json:"best"`     // best smoothed bound a checkpoint was written at
	Wall    float64   `json:"wall"`     // seconds of former processes
	// BestBlock is the best block mean of the bound.
	BestBlock float64 `json:"best_block"`
	// Patience is the state of the rule on scores of epochs.
	Patience patience `json:"patience"`
}

// Loop is a run in progress.
type Loop struct {
	cfg      Config
	p        progress
	start    time.Time
	lastSave time.Time
	blockAt  time.Time
	// blockStep is the step blockAt is the time of.
	blockStep int64
	backup    backup
	best      map[string][]byte // state of the epoch with the best score
}

// New prepares a run at step 0.
func New(cfg Config) *Loop {
	return &Loop{cfg: cfg, p: progress{Stopper: NewStopper(cfg.Stop), LRScale: 1, Best: math.Inf(-1)}}
}

// Run trains until a rule ends the run or ctx is done (reason Interrupted, after a checkpoint).
// Budgets that are reached are no error; a non-finite bound is a *DivergedError.
func (l *Loop) Run(ctx context.Context) (*Result, error) {
	l.start, l.lastSave, l.blockAt = time.Now(), time.Now(), time.Now()
	l.blockStep = l.p.Step
	if err := l.setLR(); err != nil {
		return nil, err
	}
	l.remember()
	for {
		reason, err := l.next(ctx)
		if err != nil {
			return nil, err
		}
		if reason != "" {
			return l.finish(reason)
		}
	}
}

// next runs up to the end of the block, or a part of it that keeps the loop responsive.
func (l *Loop) next(ctx context.Context) (Reason, error) {
	switch {
	case ctx.Err() != nil:
		return Interrupted, l.save(false)
	case l.overBudget():
		return OutOfBudget, l.save(false)
	case l.cfg.Budget.Time > 0 && l.wall() >= l.cfg.Budget.Time.Seconds():
		return OutOfTime, l.save(false)
	}
	if err := l.maybeSave(); err != nil {
		return "", err
	}
	k := l.chunk()
	if err := l.advance(k); err != nil {
		return "", err
	}
	if l.cfg.Tick != nil {
		l.cfg.Tick(l.p.Step)
	}
	if l.p.Step%l.block() != 0 {
		return "", l.checkEarly()
	}
	done, err := l.endBlock()
	switch {
	case !done:
		return "", err
	case l.cfg.Epoch != nil:
		return NoImprovement, err
	}
	return Converged, err
}

// block returns the number of steps whose means are one record: an epoch's where epochs are
// scored.
func (l *Loop) block() int64 {
	if l.cfg.Epoch != nil {
		return l.stepsPerEpoch()
	}
	return l.cfg.Stop.block()
}

// checkEarly looks at the bound within a long block, so that a run that makes no sense ends soon.
func (l *Loop) checkEarly() error {
	if l.cfg.Epoch == nil || l.p.Step%100 != 0 {
		return nil
	}
	sum, err := l.cfg.Instance.Get(SlotElboSum)
	if err == nil && !finiteAll(sum) {
		err = l.diverged()
	}
	return err
}

// chunk returns the steps to run before the next decision.
func (l *Loop) chunk() int64 {
	block := l.block()
	k := min(block-l.p.Step%block, 25)
	if n := l.stepBudget(); n > 0 {
		k = min(k, n-l.p.Step)
	}
	return k
}

// advance runs k steps.
func (l *Loop) advance(k int64) error {
	in := l.cfg.Instance
	if l.cfg.Feed == nil {
		if err := in.Run(uint64(l.p.Step), int(k)); err != nil {
			return err
		}
		l.p.Step += k
		return nil
	}
	for range k {
		if err := l.cfg.Feed(in, l.p.Step); err != nil {
			return err
		}
		if err := in.Run(uint64(l.p.Step), 1); err != nil {
			return err
		}
		l.p.Step++
	}
	return nil
}

// StepsOf returns the largest number of steps the budget allows where an epoch has so many, 0 for no bound.
func (b Budget) StepsOf(stepsPerEpoch int64) int64 {
	n := b.Steps
	if b.Epochs > 0 {
		if m := int64(math.Ceil(b.Epochs * float64(stepsPerEpoch))); n == 0 || m < n {
			n = max(m, 1)
		}
	}
	return n
}

func (l *Loop) stepBudget() int64 { return l.cfg.Budget.StepsOf(l.stepsPerEpoch()) }

func (l *Loop) overBudget() bool {
	n := l.stepBudget()
	return n > 0 && l.p.Step >= n
}

func (l *Loop) stepsPerEpoch() int64 {
	n, b := max(l.cfg.Rows, 1), l.cfg.Batch
	if b <= 0 || b > n {
		b = n
	}
	return (n + b - 1) / b
}

func (l *Loop) wall() float64 { return l.p.Wall + time.Since(l.start).Seconds() }

func (l *Loop) setLR() error {
	return l.cfg.Instance.Set(SlotLR, []float64{l.cfg.LR * l.p.LRScale})
}

func (l *Loop) batch() int64 {
	if l.cfg.Batch <= 0 {
		return max(l.cfg.Rows, 1)
	}
	return min(l.cfg.Batch, max(l.cfg.Rows, 1))
}

func (l *Loop) epochs() float64 { return float64(l.p.Step) / float64(l.stepsPerEpoch()) }

// Step returns the number of steps done.
func (l *Loop) Step() int64 { return l.p.Step }

// SetFeed sets the source of batches, which may need to know where a resumed run begins.
func (l *Loop) SetFeed(f Feed) { l.cfg.Feed = f }
