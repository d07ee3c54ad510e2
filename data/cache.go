package data

import (
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// cacheTable reads a cache file, by mapping or by positioned reads. A block is checked against its checksum the
// first time any of its rows is asked for.
type cacheTable struct {
	name    string
	file    *os.File
	mapped  []byte // the whole file, nil when read by position
	head    cacheHeader
	schema  *Schema
	lines   *lineMap
	sums    []uint32
	checked []atomic.Uint32 // one bit a block
	scratch sync.Pool       // *[]byte of one block, for checking by position
	closed  atomic.Bool
}

// openCache opens a cache; it takes a handle of its own, so that the source may be closed.
func openCache(src *source, opt *Options) (Table, *Report, error) {
	if src.gzip || src.name == "<stdin>" {
		return nil, nil, fmt.Errorf("data: %s: a cache is read in place, not compressed or piped (write it to a file): %w",
			src.name, ErrOption)
	}
	t, source, err := newCacheTable(src, opt.NoMmap)
	if err != nil {
		return nil, nil, err
	}
	if err := t.checkOptions(opt); err != nil {
		t.Close()
		return nil, nil, err
	}
	rep := &Report{File: src.name, Format: formatCache, Rows: t.head.rows, Schema: t.schema}
	if source != "" {
		rep.note("converted from %s", source)
	}
	rep.addNotes(t.SourceLine)
	return t, rep, nil
}

func newCacheTable(src *source, noMmap bool) (t *cacheTable, source string, err error) {
	f, err := os.Open(src.name)
	if err != nil {
		return nil, "", noInput(src.name, err)
	}
	t = &cacheTable{name: src.name, file: f}
	if source, err = t.load(noMmap); err != nil {
		f.Close()
		return nil, "", &Error{File: src.name, Msg: err.Error(), Hint: "convert the original file again", Err: err}
	}
	return t, source, nil
}

// load reads and checks header and trailer.
func (t *cacheTable) load(noMmap bool) (source string, err error) {
	info, err := t.file.Stat()
	if err != nil {
		return "", err
	}
	head := make([]byte, cacheHeaderBytes)
	if _, err := t.file.ReadAt(head, 0); err != nil {
		return "", fmt.Errorf("file ends within the header: %w: %w", ErrCorrupt, err)
	}
	h, err := decodeHeader(head, info.Size())
	if err != nil {
		return "", err
	}
	trailer := make([]byte, h.trailer)
	if _, err := t.file.ReadAt(trailer, cacheHeaderBytes+h.dataBytes()); err != nil && err != io.EOF {
		return "", err
	}
	tail, sums, err := decodeTrailer(trailer, h)
	if err != nil {
		return "", err
	}
	t.head, t.schema, t.lines, t.sums = *h, tail.Schema, tail.Lines, sums
	t.checked = make([]atomic.Uint32, (len(sums)+31)/32)
	if !noMmap {
		t.mapped, _ = mapFile(t.file, info.Size()) // a file system without mappings is read by position
	}
	return tail.Source, nil
}

// checkOptions refuses options that a cache, whose types are fixed, cannot honour.
func (t *cacheTable) checkOptions(opt *Options) error {
	if len(opt.Levels) > 0 {
		return fmt.Errorf("data: %s: levels of a cache are fixed; match them by label: %w", t.name, ErrOption)
	}
	for _, name := range keys(opt.Kinds) {
		c, _, ok := t.schema.Lookup(name)
		if !ok {
			return missingColumn(t.name, name, t.schema.Names())
		}
		if kind := opt.Kinds[name]; c.Kind != kind {
			return &Error{File: t.name, Column: name, Msg: fmt.Sprintf("is a %v in the cache, asked for as %v", c.Kind, kind),
				Hint: "convert the original file again with this kind", Err: ErrColumn}
		}
	}
	return opt.checkPresent(t.name, t.schema.Names())
}

func (t *cacheTable) Schema() *Schema { return t.schema }

func (t *cacheTable) Rows() int64 { return t.head.rows }

func (t *cacheTable) SourceLine(row int64) int64 {
	if t.lines == nil || row < 0 || row >= t.head.rows {
		return 0
	}
	return t.lines.line(row)
}

// Close releases mapping and file; a second call does nothing.
func (t *cacheTable) Close() error {
	if t.closed.Swap(true) {
		return nil
	}
	err := unmapFile(t.mapped)
	if closeErr := t.file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("data: close cache %s: %w", t.name, err)
	}
	return nil
}

// at returns the place of a row in the file.
func (t *cacheTable) at(row int64) int64 { return cacheHeaderBytes + row*t.head.recordBytes }

func (t *cacheTable) Records(lo, hi int64, buf []byte) ([]byte, error) {
	if err := checkRange(lo, hi, t.head.rows); err != nil || lo == hi {
		return nil, err
	}
	for b := lo >> t.head.blockShift; b <= (hi-1)>>t.head.blockShift; b++ {
		if err := t.check(b); err != nil {
			return nil, err
		}
	}
	if t.mapped != nil {
		return t.mapped[t.at(lo):t.at(hi):t.at(hi)], nil
	}
	buf = grow(buf, int(t.at(hi)-t.at(lo)))
	return buf, t.read(buf, lo)
}

func (t *cacheTable) Gather(rows []int64, dst []byte) error {
	width := t.head.recordBytes
	if int64(len(dst)) < int64(len(rows))*width {
		return fmt.Errorf("data: gather %d rows of %d bytes into %d bytes", len(rows), width, len(dst))
	}
	for k, row := range rows {
		if uint64(row) >= uint64(t.head.rows) {
			return rowRange(row, t.head.rows)
		}
		if err := t.check(row >> t.head.blockShift); err != nil {
			return err
		}
		out := dst[int64(k)*width : int64(k+1)*width]
		if t.mapped != nil {
			copy(out, t.mapped[t.at(row):])
		} else if err := t.read(out, row); err != nil {
			return err
		}
	}
	return nil
}

// read fills buf with records from row on.
func (t *cacheTable) read(buf []byte, row int64) error {
	if n, err := t.file.ReadAt(buf, t.at(row)); n < len(buf) {
		return fmt.Errorf("data: read cache %s at row %d: %w", t.name, row, err)
	}
	return nil
}

// check compares a block with its checksum unless that has been done. Two goroutines may do it at once, to the
// same end.
func (t *cacheTable) check(block int64) error {
	if t.closed.Load() {
		return fmt.Errorf("data: cache %s: %w", t.name, ErrClosed)
	}
	word, bit := &t.checked[block/32], uint32(1)<<(block%32)
	if word.Load()&bit != 0 {
		return nil
	}
	lo := block << t.head.blockShift
	hi := min(t.head.rows, lo+1<<t.head.blockShift)
	var recs []byte
	if t.mapped != nil {
		recs = t.mapped[t.at(lo):t.at(hi)]
	} else {
		pooled, _ := t.scratch.Get().(*[]byte)
		if pooled == nil {
			pooled = new([]byte)
		}
		defer t.scratch.Put(pooled)
		*pooled = grow(*pooled, int(t.at(hi)-t.at(lo)))
		recs = *pooled
		if err := t.read(recs, lo); err != nil {
			return err
		}
	}
	if err := t.checkBlock(block, recs); err != nil {
		return &Error{File: t.name, Msg: fmt.Sprintf("rows %d to %d: %v", lo, hi-1, err),
			Hint: "the disk or a transfer damaged it; convert the original file again", Err: err}
	}
	word.Or(bit)
	return nil
}

func (t *cacheTable) checkBlock(block int64, recs []byte) error {
	if crc32.Checksum(recs, castagnoli) != t.sums[block] {
		return fmt.Errorf("checksum differs: %w", ErrCorrupt)
	}
	return t.schema.checkCodes(recs)
}
