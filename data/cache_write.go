package data

import (
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// cacheWriter is a rowSink that writes blocks to a temporary file beside the target.
type cacheWriter struct {
	path   string
	file   *os.File
	schema *Schema
	head   cacheHeader
	block  []byte // being filled
	used   int    // bytes of it
	sums   []uint32
}

func newCacheWriter(path string, schema *Schema) (*cacheWriter, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, fmt.Errorf("data: create cache %s: %w", path, err)
	}
	w := &cacheWriter{path: path, file: f, schema: schema}
	w.head = cacheHeader{recordBytes: int64(schema.RecordBytes), blockShift: blockShift(schema.RecordBytes)}
	w.block = make([]byte, schema.RecordBytes<<w.head.blockShift)
	if _, err := f.Seek(cacheHeaderBytes, io.SeekStart); err != nil {
		w.abort()
		return nil, w.wrap(err)
	}
	return w, nil
}

func (w *cacheWriter) wrap(err error) error {
	return fmt.Errorf("data: write cache %s: %w", w.path, err)
}

func (w *cacheWriter) buffer() []byte { return w.block[w.used:] }

func (w *cacheWriter) commit(rows int) error {
	w.used += rows * w.schema.RecordBytes
	w.head.rows += int64(rows)
	if w.used < len(w.block) {
		return nil
	}
	return w.flush()
}

// flush writes the block so far.
func (w *cacheWriter) flush() error {
	if w.used == 0 {
		return nil
	}
	w.sums = append(w.sums, crc32.Checksum(w.block[:w.used], castagnoli))
	if _, err := w.file.Write(w.block[:w.used]); err != nil {
		return w.wrap(err)
	}
	w.used = 0
	clear(w.block) // padding stays zero
	return nil
}

// finish writes trailer and header and renames the file into place; after a crash there is the old file or the new
// one. The file is synced before the rename and the folder after it.
func (w *cacheWriter) finish(source string, lines *lineMap) (err error) {
	defer func() {
		if err != nil {
			w.abort()
		}
	}()
	if err := w.flush(); err != nil {
		return err
	}
	if lines != nil && lines.lost {
		lines = nil
	}
	trailer, jsonBytes, err := encodeTrailer(&cacheTrailer{
		SchemaVersion: cacheVersion, Source: source, Schema: w.schema, Lines: lines}, w.sums)
	if err != nil {
		return err
	}
	w.head.trailer, w.head.jsonBytes = int64(len(trailer)), int64(jsonBytes)
	if _, err := w.file.Write(trailer); err != nil {
		return w.wrap(err)
	}
	if _, err := w.file.WriteAt(w.head.encode(), 0); err != nil {
		return w.wrap(err)
	}
	if err := w.file.Chmod(0o644); err != nil {
		return w.wrap(err)
	}
	if err := w.file.Sync(); err != nil {
		return w.wrap(err)
	}
	if err := w.file.Close(); err != nil {
		return w.wrap(err)
	}
	if err := os.Rename(w.file.Name(), w.path); err != nil {
		return w.wrap(err)
	}
	return syncDir(filepath.Dir(w.path))
}

// abort removes the temporary file.
func (w *cacheWriter) abort() {
	w.file.Close()
	os.Remove(w.file.Name()) // the first error is the one to report
}

// syncDir makes a rename durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("data: sync folder %s: %w", dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("data: sync folder %s: %w", dir, err)
	}
	return nil
}

// WriteCache writes the table to a cache file, replacing path atomically. For text files too large for memory use
// Convert.
func WriteCache(path string, t Table) error {
	s := *t.Schema()
	w, err := newCacheWriter(path, &s)
	if err != nil {
		return err
	}
	var buf []byte
	for lo := int64(0); lo < t.Rows(); {
		room := w.buffer()
		hi := min(t.Rows(), lo+int64(len(room)/s.RecordBytes))
		recs, err := t.Records(lo, hi, buf)
		if err == nil {
			copy(room, recs)
			err = w.commit(int(hi - lo))
		}
		if err != nil {
			w.abort()
			return err
		}
		lo = hi
	}
	return w.finish("", tableLines(t))
}

// tableLines returns the line map of a table of this package.
func tableLines(t Table) *lineMap {
	switch t := t.(type) {
	case *memTable:
		return t.lines
	case *cacheTable:
		return t.lines
	}
	return nil
}
