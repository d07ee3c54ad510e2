package train

import (
	"math"
	"time"
)

// endBlock reads the block's means, clears the sums and asks the rule that ends runs.
func (l *Loop) endBlock() (done bool, err error) {
	mean, err := l.blockMeans()
	if err != nil {
		return false, err
	}
	if !finiteAll(mean.flat) {
		return false, l.diverged()
	}
	elbo := mean.get(SlotElbo)[0]
	if l.fell(elbo) {
		return false, &DivergedError{Step: l.p.Step, Elbo: elbo, Best: l.p.BestBlock}
	}
	if l.cfg.Epoch != nil {
		done, err = l.endEpoch(mean)
	} else {
		done, err = l.observe(mean)
	}
	return done, err
}

// observe asks the stopper about the block's quantities.
func (l *Loop) observe(mean *means) (done bool, err error) {
	q, unit := l.cfg.Quantities(mean.get)
	if !finiteAll(q, unit) {
		return false, l.diverged()
	}
	l.remember()
	before := l.p.Stopper.Averaging
	skipped := l.p.Stopper.Skip > 0
	v := l.p.Stopper.Observe(q, unit)
	params := mean.flat[mean.scalars:]
	switch {
	case v.Restart:
		l.p.LRScale, l.p.Sums, l.p.Kept = v.LRScale, nil, 0
		err = l.setLR()
	case before && !skipped:
		l.keep(params)
	default: // settling: the latest block stands for the run
		l.p.Sums, l.p.Kept = nil, 0
		l.keep(params)
	}
	l.report(mean.get(SlotElbo)[0])
	return v.Done, err
}

// keep adds a block's parameter means to the average.
func (l *Loop) keep(flat []float64) {
	if l.p.Sums == nil {
		l.p.Sums = make([]float64, len(flat))
	}
	for i, x := range flat {
		l.p.Sums[i] += x
	}
	l.p.Kept++
}

// means are the averages of one block: those of Step.Means, then parameters where they are averaged.
type means struct {
	names   []string
	size    []int
	flat    []float64
	scalars int // length of the part before the parameters
}

// get returns the mean of one name, nil for an unknown one.
func (m *means) get(name string) []float64 {
	at := 0
	for i, n := range m.names {
		if n == name {
			return m.flat[at : at+m.size[i]]
		}
		at += m.size[i]
	}
	return nil
}

// blockMeans reads and clears the block's sums.
func (l *Loop) blockMeans() (*means, error) {
	in, block := l.cfg.Instance, float64(l.block())
	m := &means{names: l.cfg.Step.Means}
	first := len(m.names)
	if l.cfg.Step.average {
		m.names = append(append([]string(nil), m.names...), l.cfg.Step.Params...)
	}
	for i, name := range m.names {
		x, err := in.Get(sumPrefix + name)
		if err != nil {
			return nil, err
		}
		if i == first {
			m.scalars = len(m.flat)
		}
		for _, v := range x {
			m.flat = append(m.flat, v/block)
		}
		m.size = append(m.size, len(x))
		if err := in.Set(sumPrefix+name, make([]float64, len(x))); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// report emits the block's metric.
func (l *Loop) report(elbo float64) Metric {
	l.p.Elbo = elbo
	if l.p.Step <= l.block() {
		l.p.EMA = elbo
	}
	l.p.EMA += 0.3 * (elbo - l.p.EMA)
	norm, err := l.cfg.Instance.Get(SlotGradNorm)
	if err != nil {
		norm = []float64{math.NaN()}
	}
	now := time.Now()
	rows := float64((l.p.Step-l.blockStep)*l.batch()) / max(now.Sub(l.blockAt).Seconds(), 1e-9)
	l.blockAt, l.blockStep = now, l.p.Step
	m := Metric{
		Step: l.p.Step, Epoch: l.epochs(), Wall: l.wall(), Elbo: elbo, ElboEMA: l.p.EMA,
		LR: l.cfg.LR * l.p.LRScale, GradNorm: norm[0], RowsPerSec: rows, State: l.p.Stopper.String(),
	}
	if l.cfg.Metrics != nil {
		l.cfg.Metrics(m)
	}
	return m
}
