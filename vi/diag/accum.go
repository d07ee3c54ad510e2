package diag

import "fmt"

// Accum sums one number per draw over a stream of batches: the log likelihood of every draw,
// gathered in O(draws) memory. Additions are compensated (Neumaier 1974), so the error does
// not grow with the number of batches; results depend on the order of calls only through the last bits,
// and the same order gives the same bits.
type Accum struct {
	sum, lost []float64
	batches   int64
}

// NewAccum returns an accumulator of zeros for the given number of draws.
func NewAccum(draws int) *Accum {
	return &Accum{sum: make([]float64, draws), lost: make([]float64, draws)}
}

// Add adds one batch's number for every draw.
func (a *Accum) Add(x []float64) error {
	if len(x) != len(a.sum) {
		return fmt.Errorf("diag: a batch of %d draws was added to an accumulator of %d", len(x), len(a.sum))
	}
	for i, v := range x {
		a.sum[i], a.lost[i] = addExact(a.sum[i], a.lost[i], v)
	}
	a.batches++
	return nil
}

// Merge adds another accumulator's sums, for workers that each saw a part of the stream.
// Merging in a fixed order gives the same bits every time.
func (a *Accum) Merge(o *Accum) error {
	if len(o.sum) != len(a.sum) {
		return fmt.Errorf("diag: accumulators of %d and %d draws do not merge", len(o.sum), len(a.sum))
	}
	for i := range a.sum {
		a.sum[i], a.lost[i] = addExact(a.sum[i], a.lost[i], o.sum[i])
		a.lost[i] += o.lost[i]
	}
	a.batches += o.batches
	return nil
}

// Sums returns the sum of every draw.
func (a *Accum) Sums() []float64 {
	out := make([]float64, len(a.sum))
	for i := range out {
		out[i] = a.sum[i] + a.lost[i]
	}
	return out
}

// Batches returns how many batches were added, merged ones included.
func (a *Accum) Batches() int64 { return a.batches }

// addExact returns sum + v and the running total of what rounding lost.
func addExact(sum, lost, v float64) (float64, float64) {
	t := sum + v
	switch {
	case t-t != 0:
		// Infinite or NaN: there is nothing to compensate.
		return t, 0
	case abs(sum) >= abs(v):
		lost += (sum - t) + v
	default:
		lost += (v - t) + sum
	}
	return t, lost
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
