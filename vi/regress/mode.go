package regress

import (
	"math"
	"sort"

	"elbo/graph"
)

// mode is the posterior mode with the expansion of the likelihood there.
type mode struct {
	like   *anchor
	metric *metric
	passes int  // over all rows
	found  bool // Newton's method converged
}

// Newton's constants: a step is accepted when the log joint does not fall; the decrement λ²/2
// estimates how far, in nats, the mode is. At 1e-6 nats the anchor is within 0.0014 sd of it.
const (
	newtonPasses = 60
	newtonTol    = 1e-6
	warmRows     = 16384
)

// findMode runs damped Newton on the log joint: first on a sample of rows, to get near, then on all rows until the
// decrement is negligible.
func findMode(c *curvature, pe *priorExpansion, start []float64) (*mode, error) {
	m := &mode{}
	at := start
	if n := c.all.d.rows(); n > 4*warmRows {
		warm, err := newton(c, pe, at, sampleRows(n, warmRows), 1e-3, m)
		if err != nil {
			return nil, err
		}
		at = warm.at
	}
	m.passes = 0
	like, err := newton(c, pe, at, nil, newtonTol, m)
	if err != nil {
		return nil, err
	}
	return m, m.anchorAt(c, pe, like.at)
}

// sampleRows returns k of n rows in order, chosen without replacement. Files are often sorted, so that neither the
// first rows nor evenly spaced ones stand for all.
func sampleRows(n int64, k int) []int64 {
	order := graph.EpochOrder(uint64(n), 0, 0)
	rows := make([]int64, k)
	for i := range rows {
		rows[i] = int64(order(uint64(i)))
	}
	sort.Slice(rows, func(a, b int) bool { return rows[a] < rows[b] })
	return rows
}

// newton climbs the log joint from at and returns the expansion at the best point.
func newton(c *curvature, pe *priorExpansion, at []float64, sample []int64, tol float64, m *mode) (*anchor, error) {
	like, prior, err := expandBoth(c, pe, at, sample)
	if err != nil {
		return nil, err
	}
	m.found = false
	damp := 1.0
	for range newtonPasses {
		m.passes++
		step, decrement := ascent(like, prior)
		if decrement < tol {
			m.found = true
			return like, nil
		}
		next := make([]float64, len(at))
		moved := false
		for i := range next {
			next[i] = like.at[i] + damp*step[i]
			moved = moved || next[i] != like.at[i]
		}
		l2, p2, err := expandBoth(c, pe, next, sample)
		if err != nil {
			return nil, err
		}
		gain := l2.value + p2.value - like.value - prior.value
		switch {
		case !moved, math.Abs(gain) < 1e-12*math.Abs(like.value) && decrement < 1e-6:
			m.found = true
			return like, nil
		case gain >= 0 && finiteAll(l2.grad, l2.hess):
			like, prior = l2, p2
			damp = math.Min(1, 4*damp)
		default:
			if damp /= 4; damp < 1e-12 {
				return like, nil
			}
		}
	}
	return like, nil
}

func expandBoth(c *curvature, pe *priorExpansion, at []float64, sample []int64) (like, prior *anchor, err error) {
	if like, err = c.expand(at, sample); err != nil {
		return nil, nil, err
	}
	prior, err = pe.expand(at)
	return like, prior, err
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
