package formula

import (
	"errors"
	"fmt"

	"elbo/data"
)

// scanRows is how many records Scan hands out at a time unless told otherwise.
const scanRows = 4096

// Scan streams the kept rows of a table in order, at most chunk (0 means 4096) at a time: n records that lie one
// after the other, the first of them being kept row first. The records are read-only and valid until visit returns.
func Scan(t data.Table, rows *RowSet, chunk int, visit func(recs []byte, n int, first int64) error) error {
	return ScanRange(t, rows, 0, rows.Total(), chunk, visit)
}

// ScanRange is Scan over the table rows lo..hi−1 only, so that several goroutines can share a table; first still
// counts kept rows from the start of the table.
func ScanRange(t data.Table, rows *RowSet, lo, hi int64, chunk int, visit func(recs []byte, n int,
	first int64) error) error {
	if chunk <= 0 {
		chunk = scanRows
	}
	if rows.Total() != t.Rows() {
		return fmt.Errorf("formula: scan: row set of %d rows for a table of %d: %w", rows.Total(), t.Rows(), ErrData)
	}
	var buf, packed []byte
	width := t.Schema().RecordBytes
	first := rows.rank(lo)
	for ; lo < hi; lo += int64(chunk) {
		end := min(lo+int64(chunk), hi)
		if need := int(end-lo) * width; cap(buf) < need {
			buf = make([]byte, need)
		}
		recs, err := t.Records(lo, end, buf)
		if err != nil {
			return fmt.Errorf("formula: scan: rows %d to %d: %w", lo, end, err)
		}
		n := int(end - lo)
		if !rows.All() {
			packed = packed[:0]
			for r := range n {
				if rows.Contains(lo + int64(r)) {
					packed = append(packed, recs[r*width:(r+1)*width]...)
				}
			}
			recs, n = packed, len(packed)/max(width, 1)
		}
		if n == 0 {
			continue
		}
		if err := visit(recs, n, first); err != nil {
			return Locate(err, t, func(r int64) int64 { return rows.At(first + r) })
		}
		first += int64(n)
	}
	return nil
}

// rank counts the kept rows before a table row.
func (s *RowSet) rank(row int64) int64 {
	if s.words == nil {
		return row
	}
	// Binary search over At: kept rows before row are those i with At(i) < row.
	lo, hi := int64(0), s.kept
	for lo < hi {
		mid := (lo + hi) / 2
		if s.At(mid) < row {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// Locate completes a RowError that came from EncodeRows: tableRow gives the table row of a row of the block. Other
// errors pass.
func Locate(err error, t data.Table, tableRow func(blockRow int64) int64) error {
	var bad *RowError
	if !errors.As(err, &bad) || bad.located {
		return err
	}
	at := *bad
	at.Row = tableRow(bad.Row)
	at.Line = t.SourceLine(at.Row)
	at.located = true
	return &at
}
