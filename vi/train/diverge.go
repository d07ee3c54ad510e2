package train

import (
	"errors"
	"fmt"
	"math"

	"elbo/graph"
)

// DivergedError says that and where a run stopped making sense.
type DivergedError struct {
	Step  int64
	Where *graph.NonFinite // the first value that is not finite; nil where there is none
	Row   string           // where its row comes from, "" if unknown
	// Elbo fell far below Best while every value was finite.
	Elbo, Best float64
}

// Error names the step, and the op, site and row where known, and the next step.
func (e *DivergedError) Error() string {
	switch {
	case e.Where != nil && e.Row != "":
		return fmt.Sprintf("train: %v; that row is %s", e.Where, e.Row)
	case e.Where != nil:
		return fmt.Sprintf("train: %v", e.Where)
	case e.Elbo < e.Best:
		return fmt.Sprintf("train: diverged: by step %d the bound fell from %.6g to %.6g nats; lower the learning rate",
			e.Step, e.Best, e.Elbo)
	}
	return fmt.Sprintf("train: the bound or a parameter is not finite by step %d", e.Step)
}

// backup is the state at the start of a block, from which a failure is located.
type backup struct {
	step   int64
	states map[string][]byte
}

// remember keeps the state at a block's start. A device that cannot be read has bigger
// problems, which the next run reports; then there is no backup.
func (l *Loop) remember() {
	l.backup = backup{}
	states := map[string][]byte{}
	for _, name := range l.states() {
		raw, err := l.cfg.Instance.GetBytes(name)
		if err != nil {
			return
		}
		states[name] = raw
	}
	l.backup = backup{step: l.p.Step, states: states}
}

// fell reports whether the bound has dropped so far below its best block that only
// divergence explains it: more than half its size and a thousand nats.
func (l *Loop) fell(elbo float64) bool {
	if l.p.BestBlock == 0 || elbo > l.p.BestBlock {
		l.p.BestBlock = elbo
	}
	return l.p.BestBlock-elbo > 1000+math.Abs(l.p.BestBlock)/2
}

// diverged runs the failed block again from its start, step by step and unfused, until the
// first value that is not finite shows.
func (l *Loop) diverged() error {
	out := &DivergedError{Step: l.p.Step}
	if l.backup.states == nil {
		return out
	}
	feed, done := l.cfg.Feed, func() error { return nil }
	from, to := l.backup.step, l.p.Step
	var err error
	switch {
	case feed != nil && l.cfg.Replay != nil:
		if feed, done, err = l.cfg.Replay(from); err != nil {
			return errors.Join(out, err)
		}
	case feed != nil:
		// The former batches are gone; the latest one is still bound.
		feed, from = nil, to-1
	}
	return errors.Join(l.locate(out, feed, from, to), done())
}

func (l *Loop) locate(out *DivergedError, feed Feed, from, to int64) error {
	in := l.cfg.Instance
	for name, raw := range l.backup.states {
		if err := in.SetBytes(name, raw); err != nil {
			return errors.Join(out, err)
		}
	}
	for step := from; step < to; step++ {
		if feed != nil {
			if err := feed(in, step); err != nil {
				return errors.Join(out, err)
			}
		}
		where, err := in.Locate(uint64(step))
		if err != nil {
			return errors.Join(out, err)
		}
		if where != nil {
			out.Step, out.Where = step, where
			if l.cfg.RowName != nil {
				out.Row = l.cfg.RowName(step, where.Row)
			}
			return out
		}
		if err := in.Run(uint64(step), 1); err != nil {
			return errors.Join(out, err)
		}
	}
	return out
}

func finiteAll(xs ...[]float64) bool {
	for _, x := range xs {
		for _, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return false
			}
		}
	}
	return true
}
