package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

// errShort means that the row at pos is not complete in the buffer.
var errShort = errors.New("row is incomplete")

// parseBuffered parses up to limit rows that are whole in the buffer.
func (p *csvReader) parseBuffered(rec []byte, width, limit int) (rows int, err error) {
	lastBreak := bytes.LastIndexByte(p.buf[p.pos:p.end], '\n')
	if lastBreak < 0 {
		return 0, errShort
	}
	return p.parseRows(rec, width, limit, p.pos+lastBreak)
}

// parseRows parses up to limit rows that start at or before the line break at lastBreak. Plain fields take the
// paths here, which allocate nothing; whatever is unusual (quotes, blanks, signs, exponents, carriage returns,
// wrong field counts) goes through slowField. On errShort pos stays at the start of the unfinished row.
func (p *csvReader) parseRows(rec []byte, width, limit, lastBreak int) (rows int, err error) {
	b, delim, last := p.buf, p.delim, len(p.cols)-1
	delims := uint64(delim) * ones
	i := p.pos
	for rows < limit && i <= lastBreak {
		if blank := blankLine(b, i); blank > 0 {
			i += blank
			p.line++
			p.pos = i
			continue
		}
		out := rec[rows*width : (rows+1)*width]
		want := delim
		for c := range p.cols {
			col := &p.cols[c]
			if c == last {
				want = '\n'
			}
			if col.mode == modeFloat {
				if !p.naNumeric {
					if v, j := fastNumber(b, i, want); j >= 0 {
						binary.LittleEndian.PutUint64(out[col.off:], math.Float64bits(v))
						i = j + 1
						continue
					}
					if b[i] == want && p.naEmpty {
						binary.LittleEndian.PutUint64(out[col.off:], math.Float64bits(math.NaN()))
						i++
						continue
					}
					if c == last { // CRLF line ends
						if v, j := fastNumber(b, i, '\r'); j >= 0 && b[j+1] == '\n' {
							binary.LittleEndian.PutUint64(out[col.off:], math.Float64bits(v))
							i = j + 2
							continue
						}
					}
				}
			} else if b[i] != '"' {
				// The end of the field: the first delimiter or line break among the next eight bytes.
				w := binary.LittleEndian.Uint64(b[i:])
				x, y := w^delims, w^('\n'*ones)
				stop := ((x-ones)&^x | (y-ones)&^y) & highs
				n := bits.TrailingZeros64(stop) >> 3
				if n < 8 && b[i+n] == want {
					if col.mode == modeSkip {
						i += n + 1
						continue
					}
					size := n
					if c == last && n > 0 && b[i+n-1] == '\r' {
						size--
					}
					if code := col.intern.findShort(w&(1<<(8*uint(size))-1), size); code != noCode {
						binary.LittleEndian.PutUint32(out[col.off:], uint32(code))
						i += n + 1
						continue
					}
				}
			}
			if i, err = p.slowField(c, i, out); err != nil {
				p.extra = 0
				return rows, err
			}
		}
		p.lines.add(p.row, p.line)
		p.row++
		p.line += 1 + p.extra
		p.extra = 0
		rows++
		p.pos = i
	}
	return rows, nil
}

// blankLine returns the length of an empty line at i with its line break, or 0.
func blankLine(b []byte, i int) int {
	if b[i] == '\n' {
		return 1
	}
	if b[i] == '\r' && b[i+1] == '\n' {
		return 2
	}
	return 0
}
