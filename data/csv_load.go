package data

import (
	"errors"
	"fmt"
)

// errConflict stops a pass that has met text in a column taken for numeric, after the rest has been looked at.
var errConflict = errors.New("column kinds changed")

// loadCSV reads a CSV source into memory.
func loadCSV(src *source, opt *Options) (Table, *Report, error) {
	var t *memTable
	r, err := readCSV(src, opt, func(s *Schema) (rowSink, error) {
		t = newMemTable(s)
		t.maxBytes = opt.MaxBytes
		return t, nil
	})
	if err != nil {
		return nil, nil, err
	}
	t.trim()
	t.lines = &r.p.lines
	t.recode(r.takeLevels())
	return t, r.report(), nil
}

// csvResult is a finished reading.
type csvResult struct {
	p      *csvReader
	schema *Schema
	rows   int64
	passes int
}

// readCSV reads a source into the sink that open returns, once, or twice when a column's kind changes on the way.
func readCSV(src *source, opt *Options, open func(*Schema) (rowSink, error)) (*csvResult, error) {
	var modes csvModes
	for passes := 1; ; passes++ {
		p, schema, err := openCSV(src, opt, modes)
		if err != nil {
			return nil, err
		}
		rows, err := readPass(p, schema, open)
		if closeErr := p.in.Close(); err == nil {
			err = closeErr
		}
		if err == errConflict {
			modes = p.modes()
			continue
		}
		if err != nil {
			return nil, err
		}
		return &csvResult{p: p, schema: schema, rows: rows, passes: passes}, nil
	}
}

// readPass reads all rows. After a conflict the rest is only parsed, to learn of all conflicts at once.
func readPass(p *csvReader, schema *Schema, open func(*Schema) (rowSink, error)) (int64, error) {
	if len(schema.Columns) == 0 {
		return 0, fmt.Errorf("data: %s: no column is kept: %w", p.src.name, ErrOption)
	}
	sink, err := open(schema)
	if err != nil {
		return 0, err
	}
	rows, err := pump(p, schema, sink, func(rec []byte, rows int, row0 int64) error {
		if p.conflicts > 0 {
			return errConflict
		}
		schema.observe(rec, rows, row0)
		return nil
	})
	if err == errConflict {
		if _, err := pump(p, schema, newScratch(schema), nil); err != nil {
			return 0, err
		}
		return 0, errConflict
	}
	if err == nil && rows == 0 {
		return 0, p.fault(0, "", "no rows after the header", "the file needs at least one row of data", ErrEmpty)
	}
	return rows, err
}

// scratchSink forgets what it is given.
type scratchSink struct{ buf []byte }

func newScratch(s *Schema) *scratchSink {
	return &scratchSink{buf: make([]byte, s.RecordBytes<<blockShift(s.RecordBytes))}
}

func (s *scratchSink) buffer() []byte        { return s.buf }
func (s *scratchSink) commit(rows int) error { return nil }

// takeLevels moves the labels from the parser to the schema and returns how codes change.
func (r *csvResult) takeLevels() []recoding {
	var changes []recoding
	for c := range r.p.cols {
		col := &r.p.cols[c]
		if col.mode != modeFactor {
			continue
		}
		column, _, _ := r.schema.Lookup(col.name)
		column.Unseen = col.intern.unseen
		if col.intern.frozen {
			column.Levels = col.intern.levels
			continue
		}
		var newCode []int32
		column.Levels, newCode = col.intern.sortLevels()
		changes = append(changes, recoding{column.Offset, newCode})
	}
	return changes
}
