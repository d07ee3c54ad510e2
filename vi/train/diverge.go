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
	if states, err := l.read(l.states()); err == nil {
		l.backup = backup{step: l.p.Step, states: states}
	}
}

// fell reports whether the bound has dropped so far below its best block that only
// divergence explains it: more than half its size and a thousand nats.
func (l *Loop) fell(elbo float64) bool {
	if l.p.BestBlock == 0 || elbo > l.p.BestBlock {
		l.p.BestBlock = elbo
	}
	return l.p.BestBlock-elbo > 1000+math.Abs(l.p.BestBlock)/2
}

// diverged runs the failed block again from its start: at full speed up to the step whose
// bound or gradient is not finite, then that step unfused, until the first such value shows.
func (l *Loop) diverged() error {
	out := &DivergedError{Step: l.p.Step}
	if l.backup.states == nil {
		return out
	}
	from, to := l.backup.step, l.p.Step
	if l.cfg.Feed != nil && l.cfg.Replay == nil {
		// The former batches are gone; the latest one is still bound.
		from = to - 1
	}
	bad := to - 1
	err := l.replay(from, to, func(step int64) (bool, error) {
		ok, err := l.finiteStep(step)
		if !ok {
			bad = step
		}
		return ok, err
	})
	if err != nil {
		return errors.Join(out, err)
	}
	// A parameter may have left the finite range in the update of the step before.
	err = l.replay(from, bad+1, func(step int64) (bool, error) {
		if step < bad-1 {
			return true, l.cfg.Instance.Run(uint64(step), 1)
		}
		return l.locate(out, step)
	})
	return errors.Join(out, err)
}

// replay restores the backup and feeds the steps from … to-1 to do, which says whether to go on.
func (l *Loop) replay(from, to int64, do func(step int64) (bool, error)) (err error) {
	for name, raw := range l.backup.states {
		if err := l.cfg.Instance.SetBytes(name, raw); err != nil {
			return err
		}
	}
	var feed Feed
	if l.cfg.Feed != nil && l.cfg.Replay != nil {
		var done func() error
		if feed, done, err = l.cfg.Replay(from); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
	}
	for step := from; step < to; step++ {
		if feed != nil {
			if err := feed(l.cfg.Instance, step); err != nil {
				return err
			}
		}
		if more, err := do(step); err != nil || !more {
			return err
		}
	}
	return nil
}

// finiteStep runs a step and reports whether its bound and gradient are finite.
func (l *Loop) finiteStep(step int64) (bool, error) {
	in := l.cfg.Instance
	if err := in.Run(uint64(step), 1); err != nil {
		return false, err
	}
	for _, name := range []string{SlotElbo, SlotGradNorm} {
		if x, err := in.Get(name); err != nil || !finiteAll(x) {
			return false, err
		}
	}
	return true, nil
}

// locate runs a step and reports whether every value in it is finite; the first that is not
// goes to out.
func (l *Loop) locate(out *DivergedError, step int64) (bool, error) {
	in := l.cfg.Instance
	where, err := in.Locate(uint64(step))
	if err != nil {
		return false, err
	}
	if where == nil {
		return true, in.Run(uint64(step), 1)
	}
	out.Step, out.Where = step, where
	if l.cfg.RowName != nil {
		out.Row = l.cfg.RowName(step, where.Row)
	}
	return false, nil
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
