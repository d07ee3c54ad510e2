package train

import (
	"fmt"
	"math"
	"time"
)

// EpochInfo is what a run knows at an epoch's end.
type EpochInfo struct {
	// Epoch counts the epochs done: 1 after the first.
	Epoch int64
	// Metric is the epoch's record; its Elbo is the mean over the epoch's steps.
	Metric Metric
	// Means are the epoch's averages of Step.Means by name, "elbo" among them.
	Means map[string][]float64
}

// patience is what the rule of StopConfig.Patience remembers; it is checkpointed as JSON.
type patience struct {
	BestScore float64 `json:"best_score"` // largest score of an epoch; of no meaning while BestStep is 0
	BestStep  int64   `json:"best_step"`  // step at its end, 0 while no epoch had a score
	Stale     int64   `json:"stale"`      // epochs since
}

// observe takes an epoch's score and reports whether it is the best so far. NaN is no score.
func (p *patience) observe(score float64, step int64) (better bool) {
	switch {
	case math.IsNaN(score):
		return false
	case p.BestStep == 0 || score > p.BestScore:
		*p = patience{BestScore: score, BestStep: step}
		return true
	}
	p.Stale++
	return false
}

// endEpoch reports the epoch, asks for its score and decides by patience. The state of the best
// epoch (statistics of layers belong to its parameters) is kept, in memory and as the best
// checkpoint, only where patience may return to it.
func (l *Loop) endEpoch(m *means) (done bool, err error) {
	metric := l.report(m.get(SlotElbo)[0])
	info := EpochInfo{Epoch: l.p.Step / l.block(), Metric: metric, Means: map[string][]float64{}}
	for _, name := range m.names {
		info.Means[name] = m.get(name)
	}
	score, err := l.cfg.Epoch(info)
	if err != nil {
		return false, fmt.Errorf("train: end of epoch %d: %w", info.Epoch, err)
	}
	better := l.p.Patience.observe(score, l.p.Step)
	limit := l.cfg.Stop.Patience
	if better && limit > 0 {
		if l.best, err = l.read(l.states()); err != nil {
			return false, err
		}
		err = l.save(true)
	}
	l.remember()
	l.blockAt = time.Now() // scoring is no part of the rate
	return limit > 0 && l.p.Patience.Stale >= limit, err
}

// read returns the bytes of states.
func (l *Loop) read(names []string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, name := range names {
		raw, err := l.cfg.Instance.GetBytes(name)
		if err != nil {
			return nil, err
		}
		out[name] = raw
	}
	return out, nil
}

// restoreBest brings the best state of a resumed run back: that of the checkpoint itself
// where its step was the best, else the best checkpoint's. Where that is damaged or another
// step's, patience starts anew.
func (l *Loop) restoreBest() (err error) {
	best := l.p.Patience.BestStep
	switch {
	case l.cfg.Stop.Patience == 0 || best == 0:
		return nil
	case best == l.p.Step:
		l.best, err = l.read(l.states())
		return err
	}
	snap, body, err := l.readBest()
	if err != nil || snap.Progress.Step != best {
		l.p.Patience = patience{}
		return nil
	}
	l.best = map[string][]byte{}
	for _, s := range snap.States {
		l.best[s.Name], body = body[:s.Bytes], body[s.Bytes:]
	}
	return nil
}

// useBest writes the best epoch's state into the instance, if there is one.
func (l *Loop) useBest() error {
	for name, raw := range l.best {
		if err := l.cfg.Instance.SetBytes(name, raw); err != nil {
			return err
		}
	}
	return nil
}
