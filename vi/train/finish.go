package train

import "math"

// finish returns the averaged parameters: the mean of the averaging phase's blocks, or the
// latest block's, or the current values where no block has ended.
func (l *Loop) finish(r Reason) (*Result, error) {
	if err := l.cfg.Instance.Sync(); err != nil {
		return nil, err
	}
	out := &Result{
		Reason: r, Criterion: math.NaN(), Steps: l.p.Step, Epochs: l.epochs(), Elbo: l.p.Elbo,
		Params: map[string][]float64{},
	}
	if c := l.p.Stopper.Criterion; c >= 0 {
		out.Criterion, out.MCSE = c, l.p.Stopper.mcse()
	}
	if err := l.partialElbo(out); err != nil {
		return nil, err
	}
	if p := l.p.Patience; p.BestStep > 0 {
		out.BestScore, out.BestEpoch = p.BestScore, p.BestStep/l.block()
	}
	if err := l.useBest(); err != nil {
		return nil, err
	}
	at := 0
	for _, name := range l.cfg.Step.Params {
		cur, err := l.cfg.Instance.Get(name)
		if err != nil {
			return nil, err
		}
		if l.p.Kept > 0 {
			for i := range cur {
				cur[i] = l.p.Sums[at+i] / float64(l.p.Kept)
			}
			at += len(cur)
		}
		if !finiteAll(cur) {
			return nil, l.diverged()
		}
		out.Params[name] = cur
	}
	return out, nil
}

// partialElbo sets the bound of a run that ended before its first block did.
func (l *Loop) partialElbo(out *Result) error {
	if l.p.Step >= l.block() {
		return nil
	}
	sum, err := l.cfg.Instance.Get(SlotElboSum)
	if err != nil {
		return err
	}
	out.Elbo = sum[0] / float64(l.p.Step)
	return nil
}
