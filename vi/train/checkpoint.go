package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// ErrMismatch says a checkpoint belongs to other data or another model.
var ErrMismatch = errors.New("checkpoint of another run")

// snapshot is the JSON header of a checkpoint; state bytes follow it in the order of States.
type snapshot struct {
	Fingerprint string    `json:"fingerprint"`
	Progress    progress  `json:"progress"`
	States      []stateID `json:"states"`
}

type stateID struct {
	Name  string `json:"name"`
	Bytes int    `json:"bytes"`
}

// maybeSave writes a checkpoint when one is due or asked for.
func (l *Loop) maybeSave() error {
	if l.cfg.Checkpoints == nil {
		return nil
	}
	every := l.cfg.CheckpointEvery
	if every == 0 {
		every = 30 * time.Second
	}
	select {
	case <-l.cfg.Checkpoint:
		return l.save(false)
	default:
	}
	if time.Since(l.lastSave) < every {
		return nil
	}
	return l.save(false)
}

// save writes the run's whole state, and as the best checkpoint too where it is best. A disk
// that refuses it is an error the run survives only by being told: the last good checkpoint stays.
func (l *Loop) save(best bool) error {
	if l.cfg.Checkpoints == nil {
		return nil
	}
	p := l.p
	p.Wall = l.wall()
	// Without scores the smoothed bound tells; before the first block ends there is none.
	if l.cfg.Epoch == nil && p.Step >= l.block() && p.EMA > p.Best {
		best, p.Best, l.p.Best = true, p.EMA, p.EMA
	}
	if math.IsInf(p.Best, -1) {
		p.Best = -math.MaxFloat64 // JSON has no infinity
	}
	snap := snapshot{Fingerprint: l.cfg.Fingerprint, Progress: p}
	var body []byte
	for _, name := range l.states() {
		raw, err := l.cfg.Instance.GetBytes(name)
		if err != nil {
			return err
		}
		snap.States = append(snap.States, stateID{name, len(raw)})
		body = append(body, raw...)
	}
	head, err := json.Marshal(snap)
	if err != nil {
		return fmt.Errorf("train: checkpoint header at step %d: %w", p.Step, err)
	}
	l.lastSave = time.Now()
	return l.cfg.Checkpoints.Save(p.Step, head, body, best)
}

// states lists the step's state slots in program order.
func (l *Loop) states() []string { return l.cfg.Step.Program.StateNames() }

// Resume sets the run to the newest valid checkpoint of the store; it reports whether there
// was one. A checkpoint of other data or another model is ErrMismatch.
func (l *Loop) Resume() (bool, error) {
	if l.cfg.Checkpoints == nil {
		return false, nil
	}
	head, body, err := l.cfg.Checkpoints.Latest()
	if err != nil || head == nil {
		return false, err
	}
	var snap snapshot
	if err := json.Unmarshal(head, &snap); err != nil {
		return false, fmt.Errorf("train: checkpoint header: %w", err)
	}
	if err := l.matches(snap, len(body)); err != nil {
		return false, err
	}
	for _, s := range snap.States {
		if err := l.cfg.Instance.SetBytes(s.Name, body[:s.Bytes]); err != nil {
			return false, err
		}
		body = body[s.Bytes:]
	}
	cfg := l.p.Stopper.cfg
	l.p = snap.Progress
	if l.p.Stopper == nil {
		return false, fmt.Errorf("train: checkpoint header has no stop rule: %w", ErrMismatch)
	}
	l.p.Stopper.cfg = cfg
	return true, l.restoreBest()
}

// readBest reads the best checkpoint, which must be this run's.
func (l *Loop) readBest() (snap snapshot, body []byte, err error) {
	head, body, err := l.cfg.Checkpoints.Best()
	if err != nil {
		return snap, nil, err
	}
	if err := json.Unmarshal(head, &snap); err != nil {
		return snap, nil, fmt.Errorf("train: best checkpoint: header: %v: %w", err, ErrDamaged)
	}
	return snap, body, l.matches(snap, len(body))
}

// matches compares a checkpoint with this run, naming what differs.
func (l *Loop) matches(s snapshot, body int) error {
	if s.Fingerprint != l.cfg.Fingerprint {
		return fmt.Errorf("train: data, formula or options differ from the checkpoint's: %w; "+
			"repeat the original command or choose another --out", ErrMismatch)
	}
	want := l.states()
	if len(want) != len(s.States) {
		return fmt.Errorf("train: checkpoint has %d states, the program %d: %w", len(s.States), len(want), ErrMismatch)
	}
	total := 0
	for i, st := range s.States {
		if slot := l.cfg.Step.Program.Slot(want[i]); st.Name != want[i] || st.Bytes != slot.Bytes() {
			return fmt.Errorf("train: state %q (%d bytes) where %q (%d bytes) was expected: %w",
				st.Name, st.Bytes, want[i], slot.Bytes(), ErrMismatch)
		}
		total += st.Bytes
	}
	if total != body {
		return fmt.Errorf("train: checkpoint body of %d bytes, %d expected: %w", body, total, ErrMismatch)
	}
	return nil
}
