package data

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math/bits"
)

// A cache file, all numbers little-endian:
//
//	0      header, 4,096 bytes: magic, the numbers of cacheHeader, zeros, CRC-32C of all that
//	4096   records, row-major, in blocks of 2^BlockShift rows (the last may be short)
//	then   trailer: JSON of cacheTrailer, CRC-32C of each block, CRC-32C of the trailer up to here
//
// Every byte is under a checksum and the length must be exact, so any flipped bit and any truncation is seen: in
// header and trailer when the file is opened, in a block when it is first touched.
const (
	cacheHeaderBytes = 4096
	cacheBlockBytes  = 64 << 10
	cacheVersion     = 1
)

// cacheMagic opens every cache file; the line end catches transfers in text mode, the digits are the version.
const cacheMagic = "ELBO\r\n01"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// cacheHeader is what one needs to find everything else.
type cacheHeader struct {
	rows        int64
	recordBytes int64
	blockShift  int64 // log2 of the rows of a block
	trailer     int64 // bytes
	jsonBytes   int64 // of them, the JSON
}

// cacheTrailer is the JSON part of the trailer.
type cacheTrailer struct {
	SchemaVersion int      `json:"schema_version"`
	Source        string   `json:"source"`
	Schema        *Schema  `json:"schema"`
	Lines         *lineMap `json:"lines,omitempty"`
}

// blockShift returns log2 of the rows of a block: the most that keep it within 64 KiB, at least one.
func blockShift(recordBytes int) int64 {
	return int64(bits.Len(uint(max(1, cacheBlockBytes/max(1, recordBytes)))) - 1)
}

func (h *cacheHeader) fields() []*int64 {
	return []*int64{&h.rows, &h.recordBytes, &h.blockShift, &h.trailer, &h.jsonBytes}
}

func (h *cacheHeader) blocks() int64 { return (h.rows + 1<<h.blockShift - 1) >> h.blockShift }

func (h *cacheHeader) dataBytes() int64 { return h.rows * h.recordBytes }

// encode returns the header block.
func (h *cacheHeader) encode() []byte {
	b := make([]byte, cacheHeaderBytes)
	copy(b, cacheMagic)
	for i, f := range h.fields() {
		binary.LittleEndian.PutUint64(b[8+8*i:], uint64(*f))
	}
	binary.LittleEndian.PutUint32(b[cacheHeaderBytes-4:], crc32.Checksum(b[:cacheHeaderBytes-4], castagnoli))
	return b
}

// decodeHeader checks a header block against its checksum and the length of the file.
func decodeHeader(b []byte, size int64) (*cacheHeader, error) {
	sum := binary.LittleEndian.Uint32(b[cacheHeaderBytes-4:])
	if string(b[:len(cacheMagic)]) != cacheMagic || sum != crc32.Checksum(b[:cacheHeaderBytes-4], castagnoli) {
		return nil, fmt.Errorf("header fails its checksum: %w", ErrCorrupt)
	}
	h := &cacheHeader{}
	for i, f := range h.fields() {
		*f = int64(binary.LittleEndian.Uint64(b[8+8*i:]))
	}
	const most = 1 << 50 // keeps the products below 2⁶³
	switch {
	case h.rows < 1 || h.recordBytes < 8 || h.recordBytes > 1<<30 || h.rows > most/h.recordBytes,
		h.blockShift < 0 || h.blockShift > 40,
		h.trailer < 4 || h.jsonBytes < 2 || h.trailer > most || h.trailer != h.jsonBytes+4*h.blocks()+4:
		return nil, fmt.Errorf("header contradicts itself: %w", ErrCorrupt)
	case cacheHeaderBytes+h.dataBytes()+h.trailer != size:
		return nil, fmt.Errorf("file has %d bytes, the header says %d: %w", size,
			cacheHeaderBytes+h.dataBytes()+h.trailer, ErrCorrupt)
	}
	return h, nil
}

// encodeTrailer returns the trailer of JSON and block checksums.
func encodeTrailer(t *cacheTrailer, sums []uint32) (b []byte, jsonBytes int, err error) {
	if b, err = json.Marshal(t); err != nil {
		return nil, 0, fmt.Errorf("data: encode cache schema: %w", err)
	}
	jsonBytes = len(b)
	for _, s := range sums {
		b = binary.LittleEndian.AppendUint32(b, s)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)), jsonBytes, nil
}

// decodeTrailer checks a trailer and takes it apart.
func decodeTrailer(b []byte, h *cacheHeader) (*cacheTrailer, []uint32, error) {
	body, sum := b[:len(b)-4], binary.LittleEndian.Uint32(b[len(b)-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return nil, nil, fmt.Errorf("schema fails its checksum: %w", ErrCorrupt)
	}
	t := &cacheTrailer{}
	if err := json.Unmarshal(body[:h.jsonBytes], t); err != nil {
		return nil, nil, fmt.Errorf("schema is not JSON: %w: %w", ErrCorrupt, err)
	}
	if t.SchemaVersion != cacheVersion {
		return nil, nil, fmt.Errorf("schema version %d, this program reads %d: %w", t.SchemaVersion, cacheVersion, ErrCorrupt)
	}
	if err := t.Schema.validate(int(h.recordBytes)); err != nil {
		return nil, nil, err
	}
	if m := t.Lines; m != nil && len(m.Rows) != len(m.Lines) {
		return nil, nil, fmt.Errorf("line map has %d rows and %d lines: %w", len(m.Rows), len(m.Lines), ErrCorrupt)
	}
	sums := make([]uint32, h.blocks())
	for i := range sums {
		sums[i] = binary.LittleEndian.Uint32(body[h.jsonBytes+int64(4*i):])
	}
	return t, sums, nil
}

// validate checks that the columns of a schema from a file lie inside its records and have distinct names.
func (s *Schema) validate(recordBytes int) error {
	if s == nil || s.RecordBytes != recordBytes || len(s.Columns) == 0 {
		return fmt.Errorf("schema and header disagree: %w", ErrCorrupt)
	}
	s.buildIndex()
	if len(s.index) != len(s.Columns) {
		return fmt.Errorf("schema has columns of the same name: %w", ErrCorrupt)
	}
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Kind > KindFactor || c.Offset < 0 || c.Offset > recordBytes-c.Width() {
			return fmt.Errorf("column %q has kind %d at offset %d: %w", c.Name, c.Kind, c.Offset, ErrCorrupt)
		}
	}
	return nil
}

// checkCodes says whether every factor code in the records stands for a label or a missing value.
func (s *Schema) checkCodes(rec []byte) error {
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Kind != KindFactor {
			continue
		}
		lo, hi := MissingCode-int32(len(c.Unseen)), int32(len(c.Levels))
		for at := 0; at < len(rec); at += s.RecordBytes {
			if code := Code(rec[at:], c); code < lo || code >= hi {
				return fmt.Errorf("column %q has code %d of %d levels: %w", c.Name, code, hi, ErrCorrupt)
			}
		}
	}
	return nil
}
