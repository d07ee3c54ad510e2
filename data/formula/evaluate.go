package formula

import (
	"fmt"
	"math"
)

// evaluate computes one part for a block. It says whether rows were masked as missing; masked says whether the mask
// holds such rows already. The common case, nothing missing and everything finite, costs one addition a value.
func (c *Coder) evaluate(p *part, recs []byte, n, lo int, masked, allowMissing bool) (bool, error) {
	p.prog.run(recs, c.recordBytes, n)
	clean := true
	for _, f := range p.factors {
		clean = f.read(recs, c.recordBytes, n) && clean
	}
	for _, l := range p.prog.loads {
		clean = clean && finite(p.prog.regs[l.reg][:n])
	}
	for _, o := range p.outputs {
		clean = clean && finite(p.prog.regs[o.reg][:n])
	}
	if clean {
		return false, nil
	}
	if !masked {
		clear(c.mask)
	}
	for _, f := range p.factors {
		if err := c.sortCells(f, recs, n, lo, allowMissing); err != nil {
			return false, err
		}
	}
	for _, l := range p.prog.loads {
		if err := c.sortValues(l, p.prog.regs[l.reg][:n], lo, allowMissing); err != nil {
			return false, err
		}
	}
	for _, o := range p.outputs {
		for r, v := range p.prog.regs[o.reg][:n] {
			if !c.mask[r] && v-v != 0 {
				return false, &RowError{Row: int64(lo + r), Column: o.text, Msg: "the value is " + nonFinite(v),
					Hint: hintFinite}
			}
		}
	}
	return true, nil
}

const hintFinite = "filter the rows or transform the column so that the value is finite"

// nonFinite words a value that is not a number.
func nonFinite(v float64) string {
	switch {
	case math.IsNaN(v):
		return "not a number"
	case v > 0:
		return "infinite"
	}
	return "minus infinity"
}

// sortCells handles the cells of a factor that are not levels: missing ones are masked, unseen ones follow the rule.
func (c *Coder) sortCells(f *factorReader, recs []byte, n, lo int, allowMissing bool) error {
	for r, i := range f.out[:n] {
		if i >= 0 {
			continue
		}
		f.out[r] = 0
		switch {
		case i == cellUnseen && c.unseen == UnseenReference && f != c.y.factor:
			continue
		case i == cellUnseen && (c.unseen == UnseenError || f == c.y.factor):
			level := f.label(recs[r*c.recordBytes:])
			return &RowError{Row: int64(lo + r), Column: f.column, Level: level,
				Msg:  fmt.Sprintf("level %q was not in the data of the fit (levels %s)", level, clipList(f.levels, 10)),
				Hint: "drop these rows, or choose to treat unseen levels as the reference or as missing"}
		case !allowMissing:
			return &RowError{Row: int64(lo + r), Column: f.column, Msg: "the value is missing", Hint: hintMissing}
		}
		c.mask[r] = true
	}
	return nil
}

const hintMissing = "drop these rows or fill the value in"

// sortValues masks missing numbers and refuses infinite ones.
func (c *Coder) sortValues(l load, values []float64, lo int, allowMissing bool) error {
	for r, v := range values {
		switch {
		case v-v == 0:
		case !math.IsNaN(v):
			return &RowError{Row: int64(lo + r), Column: l.column, Msg: "the value is " + nonFinite(v),
				Hint: hintFinite}
		case !allowMissing:
			return &RowError{Row: int64(lo + r), Column: l.column, Msg: "the value is missing", Hint: hintMissing}
		default:
			c.mask[r] = true
		}
	}
	return nil
}

// transform computes the columns of numeric variables from their inputs.
func (c *Coder) transform(n int) {
	for i := range c.vars {
		b := &c.vars[i]
		if b.v.Kind == Factor || b.plain() {
			continue
		}
		x := c.design.prog.regs[b.reg]
		switch {
		case b.v.Kind == Poly:
			polyColumns(b.v, x[:n], b.columns)
		case b.v.Kind == Spline:
			splineColumns(b.v, x[:n], b.columns)
		default:
			out, scale := b.columns[0][:n], divisor(b.v.Scale)
			for r := range out {
				out[r] = (x[r] - b.v.Center) / scale
			}
		}
	}
}
