package data

import "io"

const (
	csvBlockBytes = 256 << 10 // read at a time; stays in the second-level cache
	csvMaxLine    = 1 << 20   // longest row in bytes
	csvSlack      = 32        // readable bytes past the data, for eight-byte loads
)

// colMode says what the parser does with the fields of a column.
type colMode uint8

const (
	modeFloat colMode = iota
	modeFactor
	modeSkip
)

// csvColumn is one column of the file while it is parsed.
type csvColumn struct {
	mode     colMode
	off      int       // in the record
	intern   *interner // modeFactor
	name     string
	kept     bool
	forced   bool // to be numeric
	conflict bool // text appeared after it was taken for numeric; it must be read again as a factor
}

// csvReader parses the rows of a CSV text (RFC 4180, any one-byte delimiter, LF or CRLF) into records. It holds one
// block plus at most one row in memory.
type csvReader struct {
	src   *source
	in    io.ReadCloser
	delim byte
	cols  []csvColumn
	na    [][]byte
	// naEmpty: an empty field is missing. naNumeric: some missing mark reads as a number, so no fast path.
	naEmpty, naNumeric bool
	maxLevels          int

	buf      []byte // buf[pos:end] is unread text, with csvSlack bytes after end
	pos, end int
	eof      bool
	row      int64 // rows parsed
	line     int64 // 1-based line of the row at pos
	extra    int64 // line breaks inside the quotes of the current row
	lines    lineMap
	scratch  []byte // an unescaped quoted field

	conflicts int
}

// fill moves the unread text to the front and reads another block behind it.
func (p *csvReader) fill() error {
	if p.eof {
		return io.EOF
	}
	if p.buf == nil {
		p.buf = make([]byte, p.src.bufferBytes(csvMaxLine+csvBlockBytes)+csvSlack)
	}
	rest := p.end - p.pos
	if rest > csvMaxLine {
		return p.fault(p.line, "", "row is longer than 1 MiB", "look for an unbalanced quote or missing line ends",
			ErrFormat)
	}
	copy(p.buf, p.buf[p.pos:p.end])
	p.pos, p.end = 0, rest
	room := min(rest+csvBlockBytes, len(p.buf)-csvSlack)
	n, err := readFull(p.in, p.buf[rest:room])
	p.end += n
	if err == io.EOF {
		p.eof = true
		if p.end > 0 && p.buf[p.end-1] != '\n' {
			p.buf[p.end] = '\n'
			p.end++
		}
		err = nil
	}
	if err != nil {
		return p.src.readError(err, p.line)
	}
	clear(p.buf[p.end : p.end+csvSlack])
	return nil
}

// next parses up to limit rows into rec and returns how many; io.EOF comes with no rows at the end of the text.
func (p *csvReader) next(rec []byte, width, limit int) (rows int, err error) {
	for rows < limit {
		n, err := p.parseBuffered(rec[rows*width:], width, limit-rows)
		rows += n
		if err != nil && err != errShort {
			return rows, err
		}
		if err == nil && n > 0 {
			continue
		}
		if rows > 0 {
			return rows, nil // hand out what is complete before reading on
		}
		switch err := p.fill(); {
		case err == io.EOF && p.pos == p.end:
			return 0, io.EOF
		case err == io.EOF:
			return 0, p.unterminated()
		case err != nil:
			return 0, err
		}
	}
	return rows, nil
}

// unterminated is the error for text that ends inside quotes.
func (p *csvReader) unterminated() error {
	return p.fault(p.line, "", "quoted field never ends", "a quote opened in this row is not closed", ErrFormat)
}

// fault builds a located error.
func (p *csvReader) fault(line int64, column, msg, hint string, class error) error {
	return &Error{File: p.src.name, Line: line, Column: column, Msg: msg, Hint: hint, Err: class}
}

// lineMap maps rows to lines: it stores only the rows at which the distance between the two changes.
type lineMap struct {
	Rows  []int64 `json:"rows"`  // ascending
	Lines []int64 `json:"lines"` // line of that row
	next  int64   // line expected for the next row
	lost  bool    // too many changes to keep
}

const lineMapMax = 1 << 16

// add records that row is on line; rows come in order.
func (m *lineMap) add(row, line int64) {
	if line != m.next || len(m.Rows) == 0 {
		if len(m.Rows) >= lineMapMax {
			m.lost = true
		} else {
			m.Rows, m.Lines = append(m.Rows, row), append(m.Lines, line)
		}
	}
	m.next = line + 1
}

// line returns the line of a row, 0 when it is unknown.
func (m *lineMap) line(row int64) int64 {
	lo, hi := 0, len(m.Rows)
	for lo < hi { // the first entry beyond row
		if mid := (lo + hi) / 2; m.Rows[mid] <= row {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 || m.lost && lo == len(m.Rows) {
		return 0
	}
	return m.Lines[lo-1] + row - m.Rows[lo-1]
}
