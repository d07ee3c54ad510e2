package formula

import (
	"runtime"
	"sync"

	"elbo/data"
)

// passRows is the length of the pieces that passes over the data are cut into. It is fixed, and pieces are merged
// in order, so that a result has the same bits for any number of workers.
const passRows = 1 << 14

// accumulator folds encoded rows.
type accumulator[A any] interface {
	// add takes n encoded rows of width p.
	add(x, y, w []float64, n, p int)
	// merge takes the sums of the piece that follows and leaves it ready for use again.
	merge(next A)
}

// fold streams the kept rows through clones of the coder, one piece a worker at a time, and merges the pieces in
// order.
func fold[A accumulator[A]](c *Coder, t data.Table, rows *RowSet, total A, fresh func() A) error {
	workers := runtime.GOMAXPROCS(0)
	coders, parts, errs := make([]*Coder, workers), make([]A, workers), make([]error, workers)
	for w := range workers {
		coders[w], parts[w] = c.Clone(), fresh()
	}
	for lo := int64(0); lo < t.Rows(); lo += int64(workers) * passRows {
		var wave sync.WaitGroup
		for w := range workers {
			from := lo + int64(w)*passRows
			if to := min(from+passRows, t.Rows()); from < to {
				wave.Go(func() { errs[w] = foldPiece(coders[w], t, rows, parts[w], from, to) })
			}
		}
		wave.Wait()
		for w := range workers {
			if errs[w] != nil {
				return errs[w]
			}
			total.merge(parts[w])
		}
	}
	return nil
}

// foldPiece folds the kept rows of one piece. The block of encoded rows stays within 256 KiB when the design is not
// too wide for it.
func foldPiece[A accumulator[A]](c *Coder, t data.Table, rows *RowSet, part A, from, to int64) error {
	p := c.enc.P()
	chunk := min(max(1<<15/max(p, 1), 8), blockRows)
	b := Block[float64]{X: make([]float64, chunk*p), Weight: make([]float64, chunk)}
	if c.HasResponse() {
		b.Y = make([]float64, chunk)
	}
	return ScanRange(t, rows, from, to, chunk, func(recs []byte, n int, _ int64) error {
		if err := c.EncodeRows(recs, n, &b); err != nil {
			return err
		}
		part.add(b.X, b.Y, b.Weight, n, p)
		return nil
	})
}
