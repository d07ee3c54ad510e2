package diag

import (
	"fmt"
	"math"
)

// Window keeps the last iterates of D parameters, coordinate by coordinate, to tell whether an
// optimiser has become stationary and how well the average of its iterates is known.
type Window struct {
	rows [][]float64 // one sequence per coordinate, oldest first
	max  int
}

// NewWindow returns an empty window for D coordinates that keeps at most size iterates.
func NewWindow(coordinates, size int) *Window {
	return &Window{rows: make([][]float64, coordinates), max: max(size, 1)}
}

// Add appends an iterate and forgets the oldest beyond the window's size.
func (w *Window) Add(iterate []float64) error {
	if len(iterate) != len(w.rows) {
		return fmt.Errorf("diag: an iterate of %d coordinates was added to a window of %d", len(iterate), len(w.rows))
	}
	for i, v := range iterate {
		if r := w.rows[i]; len(r) == w.max {
			copy(r, r[1:])
			r[len(r)-1] = v
			continue
		}
		w.rows[i] = append(w.rows[i], v)
	}
	return nil
}

// Len returns the number of iterates kept.
func (w *Window) Len() int {
	if len(w.rows) == 0 {
		return 0
	}
	return len(w.rows[0])
}

// Clear forgets all iterates.
func (w *Window) Clear() {
	for i := range w.rows {
		w.rows[i] = w.rows[i][:0]
	}
}

// Rhat returns SplitRhat of every coordinate's last n iterates (all of them when n ≤ 0).
func (w *Window) Rhat(n int) []float64 {
	return w.each(n, func(x []float64) float64 { return SplitRhat(x) })
}

// MaxRhat returns the largest SplitRhat, NaN if any is NaN.
func (w *Window) MaxRhat(n int) float64 {
	worst := math.Inf(-1)
	for _, r := range w.Rhat(n) {
		worst = math.Max(worst, r)
	}
	return worst
}

// Mean returns the average of every coordinate's last n iterates.
func (w *Window) Mean(n int) []float64 {
	return w.each(n, func(x []float64) float64 { m, _ := meanVar(x); return m })
}

// MCSE returns the Monte Carlo standard error of every coordinate's average.
func (w *Window) MCSE(n int) []float64 {
	return w.each(n, func(x []float64) float64 { return MCSE(x) })
}

func (w *Window) each(n int, f func(x []float64) float64) []float64 {
	out := make([]float64, len(w.rows))
	for i, r := range w.rows {
		if n > 0 && n < len(r) {
			r = r[len(r)-n:]
		}
		out[i] = f(r)
	}
	return out
}
