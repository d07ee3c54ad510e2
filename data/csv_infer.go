package data

import "slices"

// infer decides the kind of each column from the rows of the first block: numeric unless text appears, or as the
// options force it. Afterwards the reader stands at the first row again. A later surprise is a conflict, and the
// file is read once more.
func (p *csvReader) infer(opt *Options) error {
	for c := range p.cols {
		col := &p.cols[c]
		kind, forced := opt.Kinds[col.name]
		_, frozen := opt.Levels[col.name]
		switch {
		case !col.kept:
			col.mode = modeSkip
		case frozen || forced && kind == KindFactor:
			col.mode = modeFactor
		default:
			col.mode, col.forced = modeFloat, forced
		}
		col.off = 8 * c
	}
	p.setInterners(opt)

	// Read what is in the buffer into scratch records.
	pos, line := p.pos, p.line
	const rows = 64
	width := 8 * len(p.cols)
	scratch := make([]byte, rows*width)
	for {
		n, err := p.parseBuffered(scratch, width, rows)
		if err == errShort || n == 0 && err == nil {
			break
		}
		if err != nil {
			return err
		}
	}
	p.pos, p.line, p.row, p.extra, p.lines, p.conflicts = pos, line, 0, 0, lineMap{}, 0

	for c, mode := range p.modes() {
		p.cols[c].mode, p.cols[c].conflict = mode, false
	}
	return nil
}

// modes returns the present mode of each column, with conflicts settled as factors.
func (p *csvReader) modes() csvModes {
	modes := make(csvModes, len(p.cols))
	for c := range p.cols {
		modes[c] = p.cols[c].mode
		if p.cols[c].conflict {
			modes[c] = modeFactor
		}
	}
	return modes
}

// layout makes the schema of the kept columns and tells the parser where fields go.
func (p *csvReader) layout(opt *Options) *Schema {
	var cols []Column
	for c := range p.cols {
		switch col := &p.cols[c]; col.mode {
		case modeFloat:
			_, col.forced = opt.Kinds[col.name]
			cols = append(cols, Column{Name: col.name, Kind: KindFloat})
		case modeFactor:
			cols = append(cols, Column{Name: col.name, Kind: KindFactor})
		}
	}
	schema := newSchema(cols)
	for c := range p.cols {
		if col, _, ok := schema.Lookup(p.cols[c].name); ok {
			p.cols[c].off = col.Offset
		}
	}
	p.setInterners(opt)
	return schema
}

func (p *csvReader) setInterners(opt *Options) {
	for c := range p.cols {
		if col := &p.cols[c]; col.mode == modeFactor {
			var frozen []string
			if levels, ok := opt.Levels[col.name]; ok {
				frozen = append([]string{}, levels...)
			}
			col.intern = newInterner(opt.NA, frozen)
		}
	}
}

// skipped returns the names of the columns that are not kept.
func (p *csvReader) skipped() []string {
	var names []string
	for c := range p.cols {
		if !p.cols[c].kept {
			names = append(names, p.cols[c].name)
		}
	}
	return slices.Clip(names)
}
