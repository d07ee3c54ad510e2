package data

// Table is N records of Schema().RecordBytes bytes each: in memory, in a memory-mapped cache, or in a cache that is
// read on demand. Records, Gather and SourceLine may be called from several goroutines at once, each with its own
// buffers; Close waits for nobody.
type Table interface {
	// Schema describes the records. It does not change.
	Schema() *Schema
	// Rows is N, the number of records.
	Rows() int64
	// Records returns the records [lo, hi) as one slice, (hi-lo)·RecordBytes long. The slice may alias the table's
	// own memory or buf, which is grown when too small: read it only, and only until buf is used again or the table
	// is closed. Keep what it returns as the next buf only if it came from buf; passing the same buf again is right.
	Records(lo, hi int64, buf []byte) ([]byte, error)
	// Gather copies the given rows, in that order, to dst, which holds at least len(rows)·RecordBytes bytes.
	Gather(rows []int64, dst []byte) error
	// SourceLine returns the 1-based line of the text file that row came from, or 0 when that is unknown.
	SourceLine(row int64) int64
	// Close releases files and mappings. Slices from Records must not be used afterwards.
	Close() error
}
