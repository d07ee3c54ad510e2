package formula

import (
	"fmt"
	"math"
)

// Float is the element type of encoded blocks.
type Float interface{ float32 | float64 }

// Block is where encoded rows go. A nil slice is not filled; at least n (X: (n−1)·Stride + P) elements are needed
// otherwise.
type Block[T Float] struct {
	X      []T // (n, P) row-major design, the intercept's column of ones included
	Stride int // elements from row to row of X; 0 means P
	Y      []T // coded response
	Offset []T // sum of the offset() terms, 0 without
	Weight []T // likelihood weights, 1 without
	Trials []T // number of trials, 1 without
	// Missing, when not nil, is set for rows where something asked for is missing, and those rows are filled with
	// NaN. When nil a missing value is an error.
	Missing []bool
}

// EncodeRows encodes n records into b. It does not allocate. A row that cannot be encoded gives a *RowError whose
// Row counts from the first record given.
func (c *Coder) EncodeRows(recs []byte, n int, b *Block[float64]) error { return encode(c, recs, n, b) }

// EncodeRows32 is EncodeRows in single precision; arithmetic is done in double precision and rounded once.
func (c *Coder) EncodeRows32(recs []byte, n int, b *Block[float32]) error {
	return encode(c, recs, n, b)
}

func encode[T Float](c *Coder, recs []byte, n int, b *Block[T]) error {
	p := c.enc.P()
	stride := b.Stride
	if stride == 0 {
		stride = p
	}
	if err := c.checkBlock(len(recs), n, stride, len(b.X), b.X != nil); err != nil {
		return err
	}
	for _, column := range [][]T{b.Y, b.Offset, b.Weight, b.Trials} {
		if column != nil && len(column) < n {
			return fmt.Errorf("formula: encode: a column of %d elements is too short for %d rows: %w", len(column),
				n, ErrData)
		}
	}
	if b.Missing != nil && len(b.Missing) < n {
		return fmt.Errorf("formula: encode: Missing has %d elements, %d rows need as many: %w", len(b.Missing), n,
			ErrData)
	}
	if err := c.available(b.Y != nil, b.Trials != nil, b.Weight != nil); err != nil {
		return err
	}
	for lo := 0; lo < n; lo += blockRows {
		m := min(blockRows, n-lo)
		part := recs[lo*c.recordBytes : (lo+m)*c.recordBytes]
		if err := encodeBlock(c, part, m, lo, stride, b); err != nil {
			return err
		}
	}
	return nil
}

// checkBlock refuses blocks that are too small.
func (c *Coder) checkBlock(recs, n, stride, have int, wantX bool) error {
	switch p := c.enc.P(); {
	case recs < n*c.recordBytes:
		return fmt.Errorf("formula: encode: %d bytes are too few for %d records of %d: %w", recs, n, c.recordBytes,
			ErrData)
	case stride < p:
		return fmt.Errorf("formula: encode: stride %d is less than the %d design columns: %w", stride, p, ErrData)
	case wantX && n > 0 && have < (n-1)*stride+p:
		return fmt.Errorf("formula: encode: X has %d elements, %d rows of stride %d need %d: %w", have, n, stride,
			(n-1)*stride+p, ErrData)
	}
	return nil
}

// available refuses to fill what the table has no columns for.
func (c *Coder) available(y, trials, weights bool) error {
	if y && c.response.err != nil {
		return fmt.Errorf("formula: encode: response: %w", c.response.err)
	}
	if trials && c.trials.err != nil {
		return fmt.Errorf("formula: encode: number of trials: %w", c.trials.err)
	}
	if weights && c.weights.err != nil {
		return fmt.Errorf("formula: encode: weights: %w", c.weights.err)
	}
	return nil
}

// encodeBlock encodes m ≤ blockRows records as rows lo, lo+1, ... of b.
func encodeBlock[T Float](c *Coder, recs []byte, m, lo, stride int, b *Block[T]) error {
	masked := false
	run := func(p *part) error {
		found, err := c.evaluate(p, recs, m, lo, masked, b.Missing != nil)
		masked = masked || found
		return err
	}
	if b.X != nil || b.Offset != nil {
		if err := run(&c.design); err != nil {
			return err
		}
	}
	if b.X != nil {
		c.transform(m)
		x := b.X[lo*stride:]
		if p := c.enc.P(); stride == p {
			clear(x[:m*p])
		} else {
			for r := range m {
				clear(x[r*stride : r*stride+p])
			}
		}
		for i := range c.terms {
			scatter(c, &c.terms[i], x, stride, m)
		}
	}
	if b.Offset != nil {
		fill(b.Offset[lo:lo+m], c.design.prog, c.offset, 0)
	}
	if b.Y != nil {
		if err := run(&c.response); err != nil {
			return err
		}
		respond(c, b.Y[lo:lo+m])
	}
	if b.Trials != nil {
		if err := run(&c.trials); err != nil {
			return err
		}
		fill(b.Trials[lo:lo+m], c.trials.prog, c.trial[0], 1)
		if c.trial[1] >= 0 {
			for r, v := range c.trials.prog.regs[c.trial[1]][:m] {
				b.Trials[lo+r] += T(v)
			}
		}
	}
	if b.Weight != nil {
		if err := run(&c.weights); err != nil {
			return err
		}
		fill(b.Weight[lo:lo+m], c.weights.prog, c.weight, 1)
	}
	if b.Missing != nil {
		markMissing(c, b, m, lo, stride, masked)
	}
	return nil
}

// fill copies a register, or a constant when there is none.
func fill[T Float](dst []T, p *program, reg int, otherwise T) {
	if reg < 0 {
		for r := range dst {
			dst[r] = otherwise
		}
		return
	}
	for r, v := range p.regs[reg][:len(dst)] {
		dst[r] = T(v)
	}
}

// respond codes the response.
func respond[T Float](c *Coder, dst []T) {
	if f := c.y.factor; f != nil {
		for r, i := range f.out[:len(dst)] {
			dst[r] = T(i)
		}
		return
	}
	fill(dst, c.response.prog, c.y.reg, 0)
	if c.y.signed {
		for r, v := range dst {
			dst[r] = (v + 1) / 2
		}
	}
}

// markMissing copies the mask out and blanks the masked rows.
func markMissing[T Float](c *Coder, b *Block[T], m, lo, stride int, masked bool) {
	if !masked {
		clear(b.Missing[lo : lo+m])
		return
	}
	nan := T(math.NaN())
	for r, gone := range c.mask[:m] {
		b.Missing[lo+r] = gone
		if !gone {
			continue
		}
		if b.X != nil {
			row := b.X[(lo+r)*stride:]
			for j := range c.enc.P() {
				row[j] = nan
			}
		}
		for _, column := range [][]T{b.Y, b.Offset, b.Weight, b.Trials} {
			if column != nil {
				column[lo+r] = nan
			}
		}
	}
}
