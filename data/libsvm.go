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
