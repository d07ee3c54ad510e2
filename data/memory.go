package data

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// memTable keeps its records in chunks of a power-of-two number of rows, so that reading never copies what is
// already there and the memory in use is the data plus less than one chunk.
type memTable struct {
	schema *Schema
	chunks [][]byte
	shift  uint // log2 of the rows of a chunk
	rows   int64
	lines  *lineMap

	maxBytes int64 // bound while loading; 0 is none
}

const chunkBytes = 1 << 20

// chunkShift returns log2 of the number of records of the given width in a chunk of at most 1 MiB, at least 0.
func chunkShift(width int) uint {
	return uint(bits.Len(uint(max(1, chunkBytes/max(1, width)))) - 1)
}

func newMemTable(s *Schema) *memTable {
	return &memTable{schema: s, shift: chunkShift(s.RecordBytes)}
}

// buffer returns room for at least one more record.
func (t *memTable) buffer() []byte {
	width, perChunk := t.schema.RecordBytes, 1<<t.shift
	used := int(t.rows & int64(perChunk-1))
	if used == 0 {
		t.chunks = append(t.chunks, make([]byte, perChunk*width))
	}
	return t.chunks[len(t.chunks)-1][used*width:]
}

// commit accepts the first rows records of the last buffer.
func (t *memTable) commit(rows int) error {
	t.rows += int64(rows)
	if size := t.rows * int64(t.schema.RecordBytes); t.maxBytes > 0 && size > t.maxBytes {
		return fmt.Errorf("data: table exceeds %d bytes in memory after %d rows (keep fewer columns, or convert the file "+
			"to a cache first): %w", t.maxBytes, t.rows, ErrLimit)
	}
	return nil
}

// trim gives back the unused end of the last chunk.
func (t *memTable) trim() {
	width, n := t.schema.RecordBytes, len(t.chunks)
	if n == 0 {
		return
	}
	used := int(t.rows-int64(n-1)<<t.shift) * width
	if used == 0 {
		t.chunks = t.chunks[:n-1]
		return
	}
	if used < len(t.chunks[n-1])/2 {
		t.chunks[n-1] = append(make([]byte, 0, used), t.chunks[n-1][:used]...)
	}
	t.chunks[n-1] = t.chunks[n-1][:used]
}

// recoding maps the provisional codes of a factor column to final ones.
type recoding struct {
	offset  int
	newCode []int32
}

// recode replaces the codes of factor columns, all in one pass over the records; negative codes stay.
func (t *memTable) recode(columns []recoding) {
	width := t.schema.RecordBytes
	for _, chunk := range t.chunks {
		for ; len(chunk) >= width; chunk = chunk[width:] {
			for i := range columns {
				at := chunk[columns[i].offset:]
				if code := int32(binary.LittleEndian.Uint32(at)); code >= 0 {
					binary.LittleEndian.PutUint32(at, uint32(columns[i].newCode[code]))
				}
			}
		}
	}
}

func (t *memTable) Schema() *Schema { return t.schema }

func (t *memTable) Rows() int64 { return t.rows }

func (t *memTable) SourceLine(row int64) int64 {
	if t.lines == nil || row < 0 || row >= t.rows {
		return 0
	}
	return t.lines.line(row)
}

func (t *memTable) Close() error { return nil }

func (t *memTable) Records(lo, hi int64, buf []byte) ([]byte, error) {
	if err := checkRange(lo, hi, t.rows); err != nil || lo == hi {
		return nil, err
	}
	width, mask := t.schema.RecordBytes, int64(1)<<t.shift-1
	if first := lo >> t.shift; first == (hi-1)>>t.shift {
		from := int(lo & mask)
		return t.chunks[first][from*width : (from+int(hi-lo))*width], nil
	}
	buf = grow(buf, int(hi-lo)*width)
	for n := 0; lo < hi; {
		from := int(lo & mask)
		took := copy(buf[n:], t.chunks[lo>>t.shift][from*width:])
		n += took
		lo += int64(took / width)
	}
	return buf, nil
}

func (t *memTable) Gather(rows []int64, dst []byte) error {
	width, mask := t.schema.RecordBytes, int64(1)<<t.shift-1
	if len(dst) < len(rows)*width {
		return fmt.Errorf("data: gather %d rows of %d bytes into %d bytes", len(rows), width, len(dst))
	}
	for k, row := range rows {
		if uint64(row) >= uint64(t.rows) {
			return rowRange(row, t.rows)
		}
		from := int(row&mask) * width
		copy(dst[k*width:(k+1)*width], t.chunks[row>>t.shift][from:from+width])
	}
	return nil
}

// grow returns buf with length n, reallocated when it is too small.
func grow(buf []byte, n int) []byte {
	if cap(buf) < n {
		return make([]byte, n)
	}
	return buf[:n]
}

func checkRange(lo, hi, rows int64) error {
	if lo < 0 || hi < lo || hi > rows {
		return fmt.Errorf("data: records [%d, %d) of a table of %d rows: out of range", lo, hi, rows)
	}
	return nil
}

func rowRange(row, rows int64) error {
	return fmt.Errorf("data: row %d of a table of %d rows: out of range", row, rows)
}
