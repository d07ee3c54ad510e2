package data

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// csvModes is what is known of the columns before a reading: nil on the first, the modes found by an earlier
// one afterwards.
type csvModes []colMode

// openCSV starts reading src: byte order mark, delimiter, header line, and the kinds of the columns, which come from
// modes or, when that is nil, from the first block of rows.
func openCSV(src *source, opt *Options, modes csvModes) (*csvReader, *Schema, error) {
	in, err := src.reader()
	if err != nil {
		return nil, nil, src.readError(err, 0)
	}
	p := &csvReader{src: src, in: in, line: 1, maxLevels: opt.MaxLevels}
	for _, na := range opt.NA {
		p.na = append(p.na, []byte(na))
		p.naEmpty = p.naEmpty || na == ""
		if v, ok := parseNumber([]byte(na)); ok && v == v {
			p.naNumeric = true
		}
	}
	if err := p.readHeader(opt); err != nil {
		in.Close()
		return nil, nil, err
	}
	if modes == nil {
		if err := p.infer(opt); err != nil {
			in.Close()
			return nil, nil, err
		}
	} else {
		for c := range p.cols {
			p.cols[c].mode = modes[c]
		}
	}
	return p, p.layout(opt), nil
}

// readHeader reads the first line that is not blank and sets up the columns.
func (p *csvReader) readHeader(opt *Options) error {
	if err := p.fill(); err != nil && err != io.EOF {
		return err
	}
	if err := p.checkMagic(); err != nil {
		return err
	}
	for p.pos < p.end {
		n := blankLine(p.buf, p.pos)
		if n == 0 {
			break
		}
		p.pos += n
		p.line++
	}
	if p.pos == p.end {
		return p.fault(0, "", "file is empty", "the first line names the columns", ErrEmpty)
	}

	// The header may run over several blocks and, inside quotes, over several lines.
	p.delim = opt.Delimiter
	if p.delim == 0 {
		p.delim = sniffDelimiter(p.buf[p.pos:p.end], p.src.baseExt())
	}
	fields, used := splitRow(p.buf[p.pos:p.end], p.delim)
	for used < 0 {
		if err := p.fill(); err == io.EOF {
			return p.unterminated()
		} else if err != nil {
			return err
		}
		fields, used = splitRow(p.buf[p.pos:p.end], p.delim)
	}
	if err := p.nameColumns(fields, opt); err != nil {
		return err
	}
	p.line += int64(bytes.Count(p.buf[p.pos:p.pos+used], []byte{'\n'}))
	p.pos += used
	return nil
}

// checkMagic strips a UTF-8 byte order mark and refuses what is not CSV text.
func (p *csvReader) checkMagic() error {
	b := p.buf[:p.end]
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		p.pos += 3
		return nil
	}
	for _, m := range binaryMagic {
		if bytes.HasPrefix(b, []byte(m.magic)) {
			return p.fault(0, "", "this is "+m.what+", not text", m.hint, ErrFormat)
		}
	}
	if k := bytes.IndexByte(b, 0); k >= 0 {
		line := 1 + int64(bytes.Count(b[:k], []byte{'\n'}))
		return p.fault(line, "", "NUL byte", "the file is binary, or UTF-16: convert it to UTF-8", ErrFormat)
	}
	if k := bytes.IndexByte(b, '\r'); k >= 0 && k < len(b)-2 && bytes.IndexByte(b[:len(b)-1], '\n') < 0 {
		return p.fault(1, "", "carriage return without line feed", `convert old line ends with tr '\r' '\n'`, ErrFormat)
	}
	return nil
}

// binaryMagic lists the first bytes of formats that users mistake for CSV.
var binaryMagic = []struct{ magic, what, hint string }{
	{"\xff\xfe", "UTF-16 text", "convert it with iconv -f UTF-16 -t UTF-8"},
	{"\xfe\xff", "UTF-16 text", "convert it with iconv -f UTF-16 -t UTF-8"},
	{"PK\x03\x04", "a zip archive or a spreadsheet", "unzip it, or save it as CSV"},
	{"PAR1", "a Parquet file", "write it as CSV"},
	{"\x28\xb5\x2f\xfd", "zstd-compressed data", "decompress it with zstd -d, or use gzip"},
	{"\xfd7zXZ", "xz-compressed data", "decompress it with xz -d, or use gzip"},
	{"BZh", "bzip2-compressed data", "decompress it with bzip2 -d, or use gzip"},
	{"\x1f\x8b", "data compressed twice", "decompress it once with gzip -d"},
}

// nameColumns makes a column of every header field; a blank name becomes "column" and its number.
func (p *csvReader) nameColumns(fields []string, opt *Options) error {
	p.cols = make([]csvColumn, len(fields))
	first := make(map[string]int, len(fields))
	for i, name := range fields {
		name = strings.TrimSpace(name)
		if name == "" {
			name = "column" + strconv.Itoa(i+1)
		}
		if j, twice := first[name]; twice {
			return p.fault(p.line, strconv.Itoa(i+1), fmt.Sprintf("name %q is also that of column %d", name, j+1),
				"give each column its own name; the first line must be a header", ErrFormat)
		}
		first[name] = i
		col := &p.cols[i]
		col.name, col.kept = name, opt.wants(name)
		if err := p.checkText(col, []byte(name), false); err != nil {
			return err
		}
	}
	names := p.names()
	for _, name := range slices.Concat(keys(opt.Kinds), keys(opt.Levels)) {
		if !slices.Contains(names, name) && !slices.Contains(opt.Optional, name) {
			return missingColumn(p.src.name, name, names)
		}
	}
	return opt.checkPresent(p.src.name, names)
}

func (p *csvReader) names() []string {
	names := make([]string, len(p.cols))
	for i := range p.cols {
		names[i] = p.cols[i].name
	}
	return names
}

// keys returns the keys of m in order.
func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// sniffDelimiter picks the commonest of the usual delimiters in the header line, outside quotes.
func sniffDelimiter(b []byte, ext string) byte {
	if ext == ".tsv" || ext == ".tab" {
		return '\t'
	}
	best, most := byte(','), 0
	for _, d := range []byte{',', ';', '\t', '|'} {
		if n := countFields(b, d); n > most {
			best, most = d, n
		}
	}
	return best
}

// splitRow splits the first row of b; used is its length with the line break, or -1 when b ends before the row.
func splitRow(b []byte, delim byte) (fields []string, used int) {
	var field []byte
	quoted := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '"' && i+1 < len(b) && b[i+1] == '"':
			field = append(field, '"')
			i++
		case c == '"' && (quoted || len(field) == 0):
			quoted = !quoted
		case quoted:
			field = append(field, c)
		case c == '\n':
			return append(fields, string(bytes.TrimSuffix(field, []byte{'\r'}))), i + 1
		case c == delim:
			fields, field = append(fields, string(field)), field[:0]
		default:
			field = append(field, c)
		}
	}
	return nil, -1
}
