package data

import "math"

// observe adds rows records to the column counts of the schema; row0 is the row number of the first.
// Records come in file order, a cache-sized chunk at a time, so this costs little beside parsing.
func (s *Schema) observe(rec []byte, rows int, row0 int64) {
	for i := range s.Columns {
		c := &s.Columns[i]
		if row0 == 0 {
			c.Integer = c.Kind == KindFloat
		}
		if c.Kind == KindFactor {
			c.observeCodes(rec, rows, s.RecordBytes)
		} else {
			c.observeFloats(rec, rows, s.RecordBytes, row0)
		}
	}
}

func (c *Column) observeCodes(rec []byte, rows, width int) {
	missing := int64(0)
	for r := 0; r < rows; r++ {
		if Code(rec[r*width:], c) == MissingCode {
			missing++
		}
	}
	c.Missing += missing
}

func (c *Column) observeFloats(rec []byte, rows, width int, row0 int64) {
	lo, hi, whole := c.Min, c.Max, c.Integer
	seen := row0 - c.Missing - c.Infinite // finite values so far
	if seen == 0 {
		lo, hi = math.Inf(1), math.Inf(-1)
	}
	missing := int64(0)
	for r := 0; r < rows; r++ {
		v := Float(rec[r*width:], c)
		if v-v != 0 { // NaN or ±Inf
			if v != v {
				missing++
				continue
			}
			if c.Infinite == 0 {
				c.InfRow = row0 + int64(r)
			}
			c.Infinite++
			continue
		}
		if v < lo {
			lo = v
		}
		if v > hi {
			hi = v
		}
		whole = whole && v == math.Trunc(v)
	}
	c.Missing += missing
	c.Integer = whole
	if lo <= hi {
		c.Min, c.Max = lo, hi
	}
}
