package train

import (
	"fmt"
	"math"
)

// Reason says which rule ended a run.
type Reason string

// The reasons, as written to summary.json.
const (
	Converged   Reason = "converged"
	OutOfBudget Reason = "budget"
	OutOfTime   Reason = "time"
	Interrupted Reason = "interrupted"
	Diverged    Reason = "diverged"
	// NoImprovement says the score of an epoch did not improve for Patience epochs.
	NoImprovement Reason = "patience"
)

// StopConfig sets the convergence rule. The zero value is the default.
type StopConfig struct {
	// Tolerance is the Monte-Carlo standard error every averaged quantity must reach, in units
	// of its posterior sd; 0 means 0.02.
	Tolerance float64
	// BlockSteps is the number of steps whose mean is one observation; 0 means 100.
	BlockSteps int64
	// Off disables the rule: only budgets end the run.
	Off bool
	// Patience, where epochs are scored, is the number of epochs in a row without a better score after which the
	// run ends with the parameters of the best; 0 never ends it and returns the last.
	Patience int64
}

func (c StopConfig) tolerance() float64 {
	if c.Tolerance == 0 {
		return 0.02
	}
	return c.Tolerance
}

func (c StopConfig) block() int64 {
	if c.BlockSteps == 0 {
		return 100
	}
	return c.BlockSteps
}

// Constants of the rule.
const (
	settleBlocks = 6   // trailing blocks that must look stationary before averaging starts
	minBlocks    = 8   // blocks averaged at least
	skipBlocks   = 1   // blocks dropped after a change of step size
	driftZ       = 4.5 // |first half − second half| allowed, in standard errors, over all quantities
	maxHalvings  = 8   // step sizes tried
	maxBlocks    = 256 // blocks kept; beyond them neighbours merge
)

// Stopper decides, block by block, when the averaged iterates are good enough (Dhaka et al.
// 2020; Welandawe et al. 2022): run at a constant step until the trailing blocks show no
// drift, halve the step, average until every quantity's Monte-Carlo standard error is below
// the tolerance; if the average then differs from that of the former step by more than the
// tolerance allows, the constant step's bias is still visible and the step is halved again.
// Its fields are its whole state, so that it can be checkpointed as JSON.
type Stopper struct {
	Averaging bool        `json:"averaging"`
	Halvings  int         `json:"halvings"`
	Skip      int         `json:"skip"`
	Blocks    [][]float64 `json:"blocks"`    // quantities per block since the phase began
	Width     int         `json:"width"`     // blocks of training in one of Blocks, a power of two; 0 means 1
	Partial   []float64   `json:"partial"`   // sum of the blocks that do not yet make a whole one
	Parts     int         `json:"parts"`     // their number
	Units     []float64   `json:"units"`     // posterior sds of the latest block
	Former    []float64   `json:"former"`    // mean of the former phase
	Criterion float64     `json:"criterion"` // largest standard error, in sds; -1 while it is not known or not finite

	cfg StopConfig
}

// NewStopper returns a stopper at the start of a run.
func NewStopper(cfg StopConfig) *Stopper { return &Stopper{cfg: cfg, Criterion: -1} }

// Verdict is what a block leads to.
type Verdict struct {
	// Done says the run has converged.
	Done bool
	// Restart says averaging starts anew with the next block, at LRScale times the first learning rate.
	Restart bool
	LRScale float64
}

// Observe takes one block's quantities (means in the units' scale) and their posterior sds.
func (s *Stopper) Observe(q, units []float64) Verdict {
	s.Units = units
	if s.Skip > 0 {
		s.Skip--
		return Verdict{LRScale: s.scale()}
	}
	if !s.keep(q) {
		return Verdict{LRScale: s.scale()}
	}
	if !s.Averaging {
		s.Blocks = tail(s.Blocks, settleBlocks)
		if len(s.Blocks) == settleBlocks && s.stationary() {
			return s.restart()
		}
		return Verdict{LRScale: s.scale()}
	}
	if len(s.Blocks) < minBlocks {
		return Verdict{LRScale: s.scale()}
	}
	worst := s.worstError()
	if s.Criterion = worst; math.IsNaN(worst) || math.IsInf(worst, 0) {
		s.Criterion = -1
	}
	switch {
	case !(worst <= s.cfg.tolerance()) && s.stationary():
		return Verdict{LRScale: s.scale()}
	case !s.stationary() || s.biased():
		if s.Halvings < maxHalvings {
			return s.restart()
		}
		return Verdict{LRScale: s.scale()}
	}
	return Verdict{Done: !s.cfg.Off, LRScale: s.scale()}
}

// keep adds a block and reports whether Blocks has a new element. Memory is bounded: when
// maxBlocks are kept, neighbours merge and later blocks are collected at the new width.
func (s *Stopper) keep(q []float64) bool {
	if s.Partial == nil {
		s.Partial = make([]float64, len(q))
	}
	for j, x := range q {
		s.Partial[j] += x
	}
	if s.Parts++; s.Parts < s.Width {
		return false
	}
	for j := range s.Partial {
		s.Partial[j] /= float64(s.Parts)
	}
	s.Blocks = append(s.Blocks, s.Partial)
	s.Partial, s.Parts = nil, 0
	if len(s.Blocks) < maxBlocks {
		return true
	}
	s.Width = 2 * max(s.Width, 1)
	for i := range maxBlocks / 2 {
		a, b := s.Blocks[2*i], s.Blocks[2*i+1]
		for j := range a {
			a[j] = (a[j] + b[j]) / 2
		}
		s.Blocks[i] = a
	}
	s.Blocks = append([][]float64(nil), s.Blocks[:maxBlocks/2]...)
	return true
}

// restart begins averaging at half the step.
func (s *Stopper) restart() Verdict {
	s.Former = s.mean(0, len(s.Blocks))
	s.Averaging, s.Blocks, s.Skip = true, nil, skipBlocks
	s.Width, s.Partial, s.Parts = 0, nil, 0
	s.Halvings++
	return Verdict{Restart: true, LRScale: s.scale()}
}

func (s *Stopper) scale() float64 { return math.Ldexp(1, -s.Halvings) }

// stationary compares the halves of the blocks: no quantity may differ by more than the
// tolerance and driftZ standard errors at once.
func (s *Stopper) stationary() bool {
	n := len(s.Blocks)
	a, b := s.mean(0, n/2), s.mean(n-n/2, n)
	se := s.errors()
	// With few blocks a quantity's own standard error is a poor estimate; in units of the
	// posterior sd all quantities see similar noise, so the pooled one is its lower bound.
	pooled := 0.0
	for _, e := range se {
		pooled += e * e / float64(len(se))
	}
	for j := range a {
		// Each half holds n/2 blocks: the difference of halves has 2 × the standard error of the whole.
		noise := 2 * driftZ * math.Sqrt(math.Max(se[j]*se[j], pooled))
		if d := math.Abs(a[j]-b[j]) / s.Units[j]; !(d <= s.cfg.tolerance() || d <= noise) {
			return false
		}
	}
	return true
}

// biased reports whether the former step size gave a visibly different average.
func (s *Stopper) biased() bool {
	now := s.mean(0, len(s.Blocks))
	for j := range now {
		if d := math.Abs(now[j]-s.Former[j]) / s.Units[j]; !(d <= 5*s.cfg.tolerance()) {
			return true
		}
	}
	return false
}

// worstError returns the largest Monte-Carlo standard error of the averages, in sds.
func (s *Stopper) worstError() float64 {
	worst := 0.0
	for _, e := range s.errors() {
		if !(e <= worst) {
			worst = e
		}
	}
	return worst
}

// errors returns the standard error of every quantity's mean over the blocks, in sds, by batch
// means with a correction for the lag-one correlation left between blocks (pooled).
func (s *Stopper) errors() []float64 {
	n := len(s.Blocks)
	m := s.mean(0, n)
	out := make([]float64, len(m))
	var num, den float64
	for j := range m {
		v, c := 0.0, 0.0
		for i := range s.Blocks {
			d := s.Blocks[i][j] - m[j]
			v += d * d
			if i > 0 {
				c += d * (s.Blocks[i-1][j] - m[j])
			}
		}
		if v > 0 {
			num, den = num+c/v, den+1
		}
		out[j] = math.Sqrt(v/float64((n-1)*n)) / s.Units[j]
	}
	rho := 0.0
	if den > 0 {
		// The sample lag-one correlation of n points is biased by about −1/n.
		rho = min(max(num/den+1/float64(n), 0), 0.9)
	}
	for j := range out {
		out[j] *= math.Sqrt((1 + rho) / (1 - rho))
	}
	return out
}

func (s *Stopper) mean(lo, hi int) []float64 {
	m := make([]float64, len(s.Blocks[0]))
	for _, b := range s.Blocks[lo:hi] {
		for j, x := range b {
			m[j] += x
		}
	}
	for j := range m {
		m[j] /= float64(hi - lo)
	}
	return m
}

func tail[T any](x []T, n int) []T {
	if len(x) > n {
		return append(x[:0], x[len(x)-n:]...)
	}
	return x
}

// String describes the stopper for progress lines.
func (s *Stopper) String() string {
	if !s.Averaging {
		return "settling"
	}
	return fmt.Sprintf("averaging, mcse %.3f sd", s.Criterion)
}

// mcse returns the standard error of each quantity's average in its own scale.
func (s *Stopper) mcse() []float64 {
	if len(s.Blocks) < 2 {
		return nil
	}
	e := s.errors()
	for j := range e {
		e[j] *= s.Units[j]
	}
	return e
}
