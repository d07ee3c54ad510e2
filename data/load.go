package data

import "io"

// rowReader parses a text format into records.
type rowReader interface {
	// next parses up to limit rows of the given width into rec; io.EOF comes with no rows.
	next(rec []byte, width, limit int) (rows int, err error)
}

// rowSink takes records as they are parsed.
type rowSink interface {
	// buffer returns room for one or more records.
	buffer() []byte
	// commit accepts the first rows records of the last buffer.
	commit(rows int) error
}

// pump moves all rows from r to sink and returns their number; seen, when not nil, is shown each batch before it is
// committed.
func pump(r rowReader, s *Schema, sink rowSink, seen func(rec []byte, rows int, row0 int64) error) (int64, error) {
	var total int64
	for {
		rec := sink.buffer()
		n, err := r.next(rec, s.RecordBytes, len(rec)/s.RecordBytes)
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
		if seen != nil {
			if err := seen(rec, n, total); err != nil {
				return total, err
			}
		}
		if err := sink.commit(n); err != nil {
			return total, err
		}
		total += int64(n)
	}
}
