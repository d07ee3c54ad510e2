package data

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// scanLibSVM reads the whole file for its greatest feature index, checking every line.
func scanLibSVM(src *source) (features int, err error) {
	p, err := openLibSVM(src)
	if err != nil {
		return 0, err
	}
	defer p.in.Close()
	p.scan = true
	for {
		if _, err := p.next(nil, 0, 1<<20); err == io.EOF {
			return p.largest, nil
		} else if err != nil {
			return 0, err
		}
	}
}

// libsvmSchema lays out the kept columns; offset maps feature indices to them.
func libsvmSchema(file string, features int, opt *Options) (s *Schema, offset []int32, err error) {
	for _, name := range append(keys(opt.Levels), keys(opt.Kinds)...) {
		if kind, ok := opt.Kinds[name]; !ok || kind != KindFloat {
			return nil, nil, fmt.Errorf("data: %s: column %q: LIBSVM columns are numeric, factors cannot be asked for: %w",
				file, name, ErrOption)
		}
	}
	names := make([]string, features+1)
	names[0] = "label"
	for k := 1; k <= features; k++ {
		names[k] = "f" + strconv.Itoa(k)
	}
	if err := opt.checkPresent(file, names); err != nil {
		return nil, nil, err
	}
	var cols []Column
	offset = make([]int32, features+1)
	for k, name := range names {
		offset[k] = -1
		if opt.wants(name) {
			offset[k] = int32(8 * len(cols))
			cols = append(cols, Column{Name: name, Kind: KindFloat})
		}
	}
	if len(cols) == 0 {
		return nil, nil, fmt.Errorf("data: %s: no column is kept (%s): %w", file,
			strings.Join(clip(names, 4), ", "), ErrOption)
	}
	return newSchema(cols), offset, nil
}

// readLibSVM reads the file into the sink that open returns: once for the number of features, unless the options give
// it, and once for the rows.
func readLibSVM(src *source, opt *Options, open func(*Schema) (rowSink, error)) (*Report, *lineMap, error) {
	features, passes := opt.NumFeatures, 1
	if features > libsvmMaxFeatures {
		return nil, nil, fmt.Errorf("data: %s: %d features, at most %d: %w", src.name, features, libsvmMaxFeatures, ErrLimit)
	}
	if features == 0 {
		var err error
		if features, err = scanLibSVM(src); err != nil {
			return nil, nil, err
		}
		passes = 2
	}
	schema, offset, err := libsvmSchema(src.name, features, opt)
	if err != nil {
		return nil, nil, err
	}
	p, err := openLibSVM(src)
	if err != nil {
		return nil, nil, err
	}
	defer p.in.Close()
	p.offset = offset
	sink, err := open(schema)
	if err != nil {
		return nil, nil, err
	}
	rows, err := pump(p, schema, sink, func(rec []byte, rows int, row0 int64) error {
		schema.observe(rec, rows, row0)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if rows == 0 {
		return nil, nil, &Error{File: src.name, Msg: "no rows", Hint: "each line is label index:value ...", Err: ErrEmpty}
	}
	rep := &Report{File: src.name, Format: formatLibSVM, Rows: rows, Passes: passes, Schema: schema}
	rep.addNotes(p.where.line)
	return rep, &p.where, nil
}

// loadLibSVM reads a LIBSVM source into memory.
func loadLibSVM(src *source, opt *Options) (Table, *Report, error) {
	var t *memTable
	rep, where, err := readLibSVM(src, opt, func(s *Schema) (rowSink, error) {
		t = newMemTable(s)
		t.maxBytes = opt.MaxBytes
		return t, nil
	})
	if err != nil {
		return nil, nil, err
	}
	t.trim()
	t.lines = where
	return t, rep, nil
}
