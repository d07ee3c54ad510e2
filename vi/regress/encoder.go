package regress

import (
	"fmt"

	"elbo/data/formula"
	"elbo/vi/feed"
)

// encoder makes batches: one goroutine uses it at a time.
type encoder struct {
	d     *design
	coder *formula.Coder
	inv   []float64
	block formula.Block[float64]
	recs  []byte
	index []int64
	size  int // B
}

func (d *design) newEncoder(size int) (*encoder, error) {
	c, err := d.enc.Bind(d.table.Schema(), formula.UnseenError)
	if err != nil {
		return nil, err
	}
	e := &encoder{d: d, coder: c, size: size, inv: make([]float64, d.lay.p)}
	for j, s := range d.lay.sd {
		e.inv[j] = 1 / s
	}
	e.block = formula.Block[float64]{
		X: make([]float64, size*d.lay.p), Y: make([]float64, size), Weight: make([]float64, size),
	}
	if d.offset {
		e.block.Offset = make([]float64, size)
	}
	if d.trials {
		e.block.Trials = make([]float64, size)
	}
	return e, nil
}

// gather encodes the kept rows given (at most B, padded to B).
func (e *encoder) gather(index []int64) error {
	e.d.kept.Map(index)
	recs := e.grow(len(index))
	if err := e.d.table.Gather(index, recs); err != nil {
		return err
	}
	if err := e.encode(recs, len(index)); err != nil {
		return formula.Locate(err, e.d.table, func(r int64) int64 { return index[r] })
	}
	return nil
}

// grow returns memory for n records.
func (e *encoder) grow(n int) []byte {
	need := n * e.d.table.Schema().RecordBytes
	if cap(e.recs) < need {
		e.recs = make([]byte, need)
	}
	return e.recs[:need]
}

// encode fills the block from n ≤ B records: standardised columns, and for the padding a
// copy of the first row with weight 0, so that every row is finite.
func (e *encoder) encode(recs []byte, n int) error {
	b := &e.block
	if err := e.coder.EncodeRows(recs, n, b); err != nil {
		return err
	}
	p := e.d.lay.p
	for r := range n {
		row := b.X[r*p : r*p+p]
		for j := range row {
			row[j] = (row[j] - e.d.lay.mean[j]) * e.inv[j]
		}
	}
	for r := n; r < e.size; r++ {
		copy(b.X[r*p:r*p+p], b.X[:p])
		b.Y[r], b.Weight[r] = b.Y[0], 0
		if b.Offset != nil {
			b.Offset[r] = b.Offset[0]
		}
		if b.Trials != nil {
			b.Trials[r] = b.Trials[0]
		}
	}
	return nil
}

// chunk encodes kept rows first … first+n−1.
func (e *encoder) chunk(first int64, n int) error {
	if e.d.kept.All() {
		e.grow(n)
		recs, err := e.d.table.Records(first, first+int64(n), e.recs)
		if err != nil {
			return fmt.Errorf("rows %d to %d: %w", first, first+int64(n), err)
		}
		return formula.Locate(e.encode(recs, n), e.d.table, func(r int64) int64 { return first + r })
	}
	e.index = e.index[:0]
	for i := range int64(n) {
		e.index = append(e.index, first+i)
	}
	return e.gather(e.index)
}

// column returns what the encoder holds of a batch input; nil where the design has none.
func (e *encoder) column(name string) []float64 {
	switch name {
	case inX:
		return e.block.X
	case inY:
		return e.block.Y
	case inWeight:
		return e.block.Weight
	case inOffset:
		return e.block.Offset
	}
	return e.block.Trials
}

// store writes what the encoder holds to a slot.
func (e *encoder) store(s *feed.Slot) {
	for _, name := range e.d.inputNames() {
		s.Set(name, e.column(name))
	}
}
