package data

import "fmt"

// Convert writes the text file at in (or standard input, "-") to a cache at out, replacing it atomically. Memory is
// bounded by the labels of the factors and one block, whatever the size of the input: the text is read once to learn
// types and labels and once more to write. It returns the report that Open would give.
func Convert(in, out string, opt Options) (*Report, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	src, err := openSource(in)
	if err != nil {
		return nil, err
	}
	defer src.close()
	format, err := src.format(opt.Format)
	switch {
	case err != nil:
		return nil, err
	case format == formatCache:
		return nil, fmt.Errorf("data: convert %s: it is a cache already: %w", in, ErrOption)
	case format == formatLibSVM:
		return convertLibSVM(src, out, &opt)
	}
	return convertCSV(src, out, &opt)
}

func convertCSV(src *source, out string, opt *Options) (*Report, error) {
	first, err := readCSV(src, opt, func(s *Schema) (rowSink, error) { return newScratch(s), nil })
	if err != nil {
		return nil, err
	}
	first.takeLevels()
	rep := first.report()
	rep.Passes++

	// The second reading finds every label in place, in final order.
	p, schema, err := openCSV(src, opt, first.p.modes())
	if err != nil {
		return nil, err
	}
	defer p.in.Close()
	for c := range p.cols {
		if col := &p.cols[c]; col.mode == modeFactor {
			column, _, _ := first.schema.Lookup(col.name)
			col.intern = newInterner(opt.NA, column.Levels)
			for _, label := range column.Unseen {
				col.intern.add([]byte(label))
			}
		}
	}
	w, err := newCacheWriter(out, first.schema)
	if err != nil {
		return nil, err
	}
	rows, err := pump(p, schema, w, nil)
	if err == nil && (rows != first.rows || p.changed(first.schema)) {
		err = fmt.Errorf("data: convert %s: the file changed while it was read; try again", src.name)
	}
	if err != nil {
		w.abort()
		return nil, err
	}
	return rep, w.finish(src.name, &p.lines)
}

// changed says whether a second reading met kinds or labels that the first did not.
func (p *csvReader) changed(s *Schema) bool {
	for c := range p.cols {
		if col := &p.cols[c]; col.mode == modeFactor {
			if column, _, ok := s.Lookup(col.name); !ok || len(col.intern.unseen) != len(column.Unseen) {
				return true
			}
		}
	}
	return p.conflicts > 0
}

func convertLibSVM(src *source, out string, opt *Options) (*Report, error) {
	var w *cacheWriter
	rep, where, err := readLibSVM(src, opt, func(s *Schema) (rowSink, error) {
		var err error
		w, err = newCacheWriter(out, s)
		return w, err
	})
	if err != nil {
		if w != nil {
			w.abort()
		}
		return nil, err
	}
	return rep, w.finish(src.name, where)
}
