package data

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

const (
	libsvmMaxLine     = 1 << 20 // bytes
	libsvmMaxFeatures = 1 << 17 // a dense record of 1 MiB
)

// libsvmReader parses LIBSVM text, one row a line:
//
//	label index:value index:value ... # comment
//
// with indices from 1 in ascending order. Features that a line leaves out are zero. Records are dense: the label in
// column "label", feature k in column "f<k>".
type libsvmReader struct {
	src     *source
	in      io.ReadCloser
	lines   *bufio.Reader
	offset  []int32 // by feature index, 0 is the label; -1 is not kept
	largest int     // greatest index met, when scanning
	scan    bool    // learn the greatest index; store nothing
	row     int64
	line    int64
	where   lineMap
}

func openLibSVM(src *source) (*libsvmReader, error) {
	in, err := src.reader()
	if err != nil {
		return nil, src.readError(err, 0)
	}
	return &libsvmReader{src: src, in: in, lines: bufio.NewReaderSize(in, src.bufferBytes(libsvmMaxLine))}, nil
}

// next implements rowReader.
func (p *libsvmReader) next(rec []byte, width, limit int) (rows int, err error) {
	for rows < limit {
		text, err := p.readLine()
		if err == io.EOF && rows > 0 {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if len(text) == 0 {
			continue
		}
		out := rec[rows*width : (rows+1)*width]
		clear(out)
		if err := p.parse(text, out); err != nil {
			return rows, err
		}
		p.where.add(p.row, p.line)
		p.row++
		rows++
	}
	return rows, nil
}

// readLine returns the next line without comment and surrounding blanks.
func (p *libsvmReader) readLine() ([]byte, error) {
	text, err := p.lines.ReadSlice('\n')
	if err == io.EOF && len(text) > 0 {
		err = nil
	}
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, p.fault("", "line is longer than 1 MiB", "the file may not be LIBSVM text", ErrFormat)
	case err == io.EOF:
		return nil, err
	case err != nil:
		return nil, p.src.readError(err, p.line)
	}
	p.line++
	if k := bytes.IndexByte(text, '#'); k >= 0 {
		text = text[:k]
	}
	return bytes.TrimSpace(text), nil
}

// parse reads one line into a zeroed record.
func (p *libsvmReader) parse(text, out []byte) error {
	word, text := nextWord(text)
	label, ok := parseNumber(word)
	if !ok {
		return p.fault("label", quoteShort(word)+" is not a number", "a line starts with one numeric label", ErrFormat)
	}
	p.put(out, 0, label)
	last := 0
	for len(text) > 0 {
		word, text = nextWord(text)
		colon := bytes.IndexByte(word, ':')
		if colon < 0 {
			return p.fault("", quoteShort(word)+" has no colon", "features are index:value", ErrFormat)
		}
		index, err := strconv.ParseUint(string(word[:colon]), 10, 31)
		if err != nil || index == 0 {
			return p.fault("", "feature index "+quoteShort(word[:colon])+" is not a positive whole number",
				"indices start at 1", ErrFormat)
		}
		if int(index) <= last {
			return p.fault("f"+strconv.Itoa(int(index)), fmt.Sprintf("feature index %d comes after %d", index, last),
				"indices must ascend within a line", ErrFormat)
		}
		last = int(index)
		value, ok := parseNumber(word[colon+1:])
		if !ok {
			return p.fault("f"+strconv.Itoa(last), quoteShort(word[colon+1:])+" is not a number",
				"features are index:value", ErrFormat)
		}
		if !p.scan && last >= len(p.offset) {
			return p.fault("f"+strconv.Itoa(last), fmt.Sprintf("feature index %d, but there are %d features", last,
				len(p.offset)-1), "raise the number of features", ErrFormat)
		}
		p.put(out, last, value)
	}
	if last > libsvmMaxFeatures {
		return p.fault("f"+strconv.Itoa(last), fmt.Sprintf("feature index %d is beyond %d", last, libsvmMaxFeatures),
			"records are dense; hash or select features first", ErrLimit)
	}
	p.largest = max(p.largest, last)
	return nil
}

// put stores a value if its column is kept.
func (p *libsvmReader) put(out []byte, index int, v float64) {
	if !p.scan && p.offset[index] >= 0 {
		binary.LittleEndian.PutUint64(out[p.offset[index]:], math.Float64bits(v))
	}
}

// nextWord splits off the first word of blank-separated text that starts with one.
func nextWord(text []byte) (word, rest []byte) {
	k := bytes.IndexAny(text, " \t")
	if k < 0 {
		return text, nil
	}
	return text[:k], bytes.TrimLeft(text[k:], " \t")
}

func (p *libsvmReader) fault(column, msg, hint string, class error) error {
	return &Error{File: p.src.name, Line: p.line, Column: column, Msg: msg, Hint: hint, Err: class}
}

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
