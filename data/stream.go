package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
)

// EachBlock calls f with the records of the table in order, in runs of about 64 KiB; row is the number of the first
// record of the run. The records are valid during the call only.
func EachBlock(t Table, f func(recs []byte, row int64) error) error {
	step := int64(1) << blockShift(t.Schema().RecordBytes)
	buf := make([]byte, step*int64(t.Schema().RecordBytes))
	for lo := int64(0); lo < t.Rows(); lo += step {
		recs, err := t.Records(lo, min(t.Rows(), lo+step), buf)
		if err != nil {
			return err
		}
		if err := f(recs, lo); err != nil {
			return err
		}
	}
	return nil
}

// Distinct returns the distinct values of a numeric column in ascending order, missing ones left out: the levels of
// the factor that the numbers make. It is an error if there are more than limit.
func Distinct(t Table, col *Column, limit int) ([]float64, error) {
	if col.Kind != KindFloat {
		return nil, fmt.Errorf("data: distinct values of %q: it is a %v with levels: %w", col.Name, col.Kind, ErrColumn)
	}
	seen := make(map[float64]struct{})
	last := 0.0
	width := t.Schema().RecordBytes
	err := EachBlock(t, func(recs []byte, _ int64) error {
		for ; len(recs) > 0; recs = recs[width:] {
			v := Float(recs, col)
			if v != v || v == last && len(seen) > 0 { // runs are common; a map look-up is not free
				continue
			}
			last = v
			seen[v] = struct{}{}
			if len(seen) > limit {
				return fmt.Errorf("data: column %q has more than %d distinct values: %w", col.Name, limit, ErrLimit)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	values := make([]float64, 0, len(seen))
	for v := range seen {
		values = append(values, v+0) // -0 becomes 0
	}
	slices.Sort(values)
	return values, nil
}

// Fingerprint identifies the content of a table: columns, kinds, labels and every record, the same for a text file and
// a cache made from it with the same columns. It is the hexadecimal SHA-256 of the schema and the CRC-32C of each
// block; a cache has the latter at hand, other tables are read once.
func Fingerprint(t Table) (string, error) {
	type column struct {
		Name   string
		Kind   Kind
		Levels []string
	}
	var cols []column
	for _, c := range t.Schema().Columns {
		cols = append(cols, column{c.Name, c.Kind, c.Levels})
	}
	head, err := json.Marshal(cols)
	if err != nil {
		return "", fmt.Errorf("data: fingerprint: %w", err)
	}
	h := sha256.New()
	h.Write(head)
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(t.Rows())))

	var sums []uint32
	if c, ok := t.(*cacheTable); ok {
		sums = c.sums
	} else if err := EachBlock(t, func(recs []byte, _ int64) error {
		sums = append(sums, crc32.Checksum(recs, castagnoli))
		return nil
	}); err != nil {
		return "", err
	}
	for _, s := range sums {
		h.Write(binary.LittleEndian.AppendUint32(nil, s))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
