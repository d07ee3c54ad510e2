package data

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"unicode/utf8"
)

// slowField parses the field of column c at i by the full rules, stores it, and returns the index of the next field.
func (p *csvReader) slowField(c, i int, out []byte) (next int, err error) {
	var text []byte
	j, quoted := i, p.buf[i] == '"'
	if quoted {
		text, j, err = p.quotedField(c, i)
		if err != nil {
			return 0, err
		}
	} else {
		if j = fieldEnd(p.buf, i, p.end, p.delim); j < 0 {
			return 0, errShort
		}
		text = p.buf[i:j]
	}
	if p.buf[j] == '\n' {
		text = trimReturn(text, quoted)
	}
	if last := len(p.cols) - 1; (p.buf[j] == '\n') != (c == last) {
		return 0, p.ragged(c, j)
	}
	if err := p.store(c, text, quoted, out); err != nil {
		return 0, err
	}
	return j + 1, nil
}

// trimReturn drops the carriage return of a CRLF line end from an unquoted field.
func trimReturn(text []byte, quoted bool) []byte {
	if n := len(text); !quoted && n > 0 && text[n-1] == '\r' {
		return text[:n-1]
	}
	return text
}

// quotedField unescapes the field whose opening quote is at i; end is the index of the delimiter or line break.
func (p *csvReader) quotedField(c, i int) (text []byte, end int, err error) {
	p.scratch = p.scratch[:0]
	for i++; ; {
		k := bytes.IndexByte(p.buf[i:p.end], '"')
		if k < 0 {
			return nil, 0, errShort
		}
		p.scratch = append(p.scratch, p.buf[i:i+k]...)
		i += k + 1
		if p.buf[i] != '"' || i >= p.end {
			break
		}
		p.scratch = append(p.scratch, '"') // "" is one quote
		i++
	}
	if i >= p.end || p.buf[i] == '\r' && i+1 == p.end {
		return nil, 0, errShort
	}
	if p.buf[i] == '\r' && p.buf[i+1] == '\n' {
		i++
	}
	p.extra += int64(bytes.Count(p.scratch, []byte{'\n'}))
	if p.buf[i] != p.delim && p.buf[i] != '\n' {
		return nil, 0, p.fault(p.line+p.extra, p.cols[c].name,
			fmt.Sprintf("text %s after a closing quote", quoteShort(p.upToBreak(i))),
			`write a quote inside a quoted field as ""`, ErrFormat)
	}
	return p.scratch, i, nil
}

// upToBreak returns the text from i to the end of its field or line, for messages.
func (p *csvReader) upToBreak(i int) []byte {
	if j := fieldEnd(p.buf, i, p.end, p.delim); j >= 0 {
		return p.buf[i:j]
	}
	return p.buf[i:p.end]
}

// fieldEnd returns the index of the first delimiter or line break from i on, or -1 when there is none before end.
// The csvSlack zeros past end keep a match from lying there.
func fieldEnd(b []byte, i, end int, delim byte) int {
	delims := uint64(delim) * ones
	for ; i < end; i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		x, y := w^delims, w^('\n'*ones)
		if stop := ((x-ones)&^x | (y-ones)&^y) & highs; stop != 0 {
			return i + bits.TrailingZeros64(stop)>>3
		}
	}
	return -1
}

// ragged builds the error for a row with too few or too many fields; column c ended at j.
func (p *csvReader) ragged(c, j int) error {
	got := c + 1
	if p.buf[j] != '\n' {
		got += countFields(p.buf[j+1:p.end], p.delim)
	}
	msg := fmt.Sprintf("row has %d fields, the header has %d", got, len(p.cols))
	hint := "each row needs as many fields as the header; quote fields that hold the delimiter"
	return p.fault(p.line, "", msg, hint, ErrFormat)
}

// countFields counts the delimited fields up to the first line break outside quotes.
func countFields(s []byte, delim byte) int {
	n, quoted := 1, false
	for _, b := range s {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == delim:
			n++
		case b == '\n':
			return n
		}
	}
	return n
}

// store writes the value of a field to the record.
func (p *csvReader) store(c int, text []byte, quoted bool, out []byte) error {
	col := &p.cols[c]
	switch col.mode {
	case modeFactor:
		code := col.intern.find(text)
		if code == noCode {
			if err := p.checkLabel(col, text, quoted); err != nil {
				return err
			}
			code = col.intern.add(text)
		}
		binary.LittleEndian.PutUint32(out[col.off:], uint32(code))
	case modeFloat:
		v, ok := p.number(text)
		if !ok {
			return p.conflict(col, text, quoted)
		}
		binary.LittleEndian.PutUint64(out[col.off:], math.Float64bits(v))
	}
	return nil
}

// number reads a numeric field: a missing mark, or a number with blanks around it.
func (p *csvReader) number(text []byte) (float64, bool) {
	text = bytes.TrimSpace(text)
	for _, na := range p.na {
		if bytes.Equal(text, na) {
			return math.NaN(), true
		}
	}
	return parseNumber(text)
}

// conflict handles text in a column taken for numeric: an error if the user said it is, else the column is left
// alone until the file is read again.
func (p *csvReader) conflict(col *csvColumn, text []byte, quoted bool) error {
	if col.forced {
		return p.fault(p.line, col.name, fmt.Sprintf("%s is not a number", quoteShort(text)),
			"the column was asked to be numeric; correct the value or name it as a missing mark", ErrFormat)
	}
	if err := p.checkText(col, text, quoted); err != nil {
		return err
	}
	col.mode, col.conflict = modeSkip, true
	p.conflicts++
	return nil
}

// checkLabel refuses labels that no text file should hold, and too many labels.
func (p *csvReader) checkLabel(col *csvColumn, text []byte, quoted bool) error {
	if len(col.intern.levels)+len(col.intern.unseen) >= p.maxLevels {
		return p.fault(p.line, col.name, fmt.Sprintf("more than %d distinct texts", p.maxLevels),
			"leave the column out, or raise the limit on levels", ErrLimit)
	}
	return p.checkText(col, text, quoted)
}

// checkText refuses bytes that mean the file is not the text it seems to be.
func (p *csvReader) checkText(col *csvColumn, text []byte, quoted bool) error {
	switch {
	case bytes.IndexByte(text, 0) >= 0:
		return p.fault(p.line, col.name, "NUL byte", "the file is binary, or UTF-16: convert it to UTF-8", ErrFormat)
	case !quoted && bytes.IndexByte(text, '\r') >= 0:
		return p.fault(p.line, col.name, "carriage return without line feed",
			`convert old line ends with tr '\r' '\n'`, ErrFormat)
	case !utf8.Valid(text):
		return p.fault(p.line, col.name, fmt.Sprintf("%s is not UTF-8", quoteShort(text)),
			"convert the file with iconv -f LATIN1 -t UTF-8", ErrFormat)
	}
	return nil
}
