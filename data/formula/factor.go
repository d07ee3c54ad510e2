package formula

import (
	"encoding/binary"
	"fmt"
	"math"
	"sort"
	"strconv"

	"elbo/data"
)

// Codes of a factor cell that is not a level.
const (
	cellMissing int32 = -1
	cellUnseen  int32 = -2
)

// factorReader turns one column into indices of frozen levels, for a block of records.
type factorReader struct {
	column string
	levels []string
	col    data.Column
	out    []int32 // the block's indices, or cellMissing, cellUnseen

	byCode []int32 // text column: code → index

	values []float64 // numeric column: distinct values, sorted
	index  []int32   // their indices
	dense  []int32   // value − denseLo → index, when the values are small whole numbers
	lo     float64
}

// maxDense bounds the direct table of a factor of whole numbers: 256 KiB.
const maxDense = 1 << 16

// newFactorReader matches the levels by label to the codes, or by value to the numbers, of the column in this table.
func newFactorReader(column string, levels []string, s *data.Schema) (*factorReader, error) {
	col := find(s, column)
	if col == nil {
		return nil, absent(s, column)
	}
	f := &factorReader{column: column, levels: levels, col: *col, out: make([]int32, blockRows)}
	if col.Kind == data.KindFactor {
		f.matchLabels()
		return f, nil
	}
	return f, f.matchNumbers()
}

func (f *factorReader) clone() *factorReader {
	q := *f
	q.out = make([]int32, blockRows)
	return &q
}

// matchLabels maps the table's codes; levels learnt from numbers match labels that read as the same number.
func (f *factorReader) matchLabels() {
	index := make(map[string]int32, len(f.levels))
	for i, l := range f.levels {
		index[l] = int32(i)
	}
	f.byCode = make([]int32, len(f.col.Levels))
	for code, label := range f.col.Levels {
		i, ok := index[label]
		if v, err := strconv.ParseFloat(label, 64); !ok && err == nil {
			i, ok = index[numberLabel(v)]
		}
		if !ok {
			i = cellUnseen
		}
		f.byCode[code] = i
	}
}

// matchNumbers maps the numbers of a numeric column; levels that are not numbers cannot occur in it.
func (f *factorReader) matchNumbers() error {
	type level struct {
		value float64
		index int32
	}
	var known []level
	for i, l := range f.levels {
		if v, err := strconv.ParseFloat(l, 64); err == nil && !math.IsNaN(v) && numberLabel(v) == l {
			known = append(known, level{v, int32(i)})
		}
	}
	if len(known) == 0 && f.col.Missing == 0 {
		return fmt.Errorf("formula: column %q holds numbers, at fit time it was text with levels %s: %w", f.column,
			clipList(f.levels, 5), ErrData)
	}
	sort.Slice(known, func(i, j int) bool { return known[i].value < known[j].value })
	whole := true
	for _, k := range known {
		f.values, f.index = append(f.values, k.value), append(f.index, k.index)
		whole = whole && k.value == math.Trunc(k.value)
	}
	if n := len(known); n > 0 && whole && known[n-1].value-known[0].value < maxDense {
		f.lo = known[0].value
		f.dense = make([]int32, int(known[n-1].value-f.lo)+1)
		for i := range f.dense {
			f.dense[i] = cellUnseen
		}
		for _, k := range known {
			f.dense[int(k.value-f.lo)] = k.index
		}
	}
	return nil
}

// read fills out for n records and says whether every cell is a level.
func (f *factorReader) read(recs []byte, recordBytes, n int) bool {
	out := f.out[:n]
	worst := int32(0)
	if f.col.Kind == data.KindFactor {
		for r := range out {
			code := int32(binary.LittleEndian.Uint32(recs[r*recordBytes+f.col.Offset:]))
			i := min(code, cellMissing)
			if code >= 0 {
				i = cellUnseen
				if int(code) < len(f.byCode) {
					i = f.byCode[code]
				}
			}
			out[r] = max(i, cellUnseen)
			worst = min(worst, i)
		}
		return worst == 0
	}
	for r := range out {
		v := math.Float64frombits(binary.LittleEndian.Uint64(recs[r*recordBytes+f.col.Offset:]))
		out[r] = f.lookup(v)
		worst = min(worst, out[r])
	}
	return worst == 0
}

// lookup gives the index of a number.
func (f *factorReader) lookup(v float64) int32 {
	if f.dense != nil {
		if d := v - f.lo; d >= 0 && d < float64(len(f.dense)) && d == math.Trunc(d) {
			return f.dense[int(d)]
		}
	} else if i := sort.SearchFloat64s(f.values, v); i < len(f.values) && f.values[i] == v {
		return f.index[i]
	}
	if math.IsNaN(v) {
		return cellMissing
	}
	return cellUnseen
}

// label gives the text of the cell in a record, for messages.
func (f *factorReader) label(rec []byte) string {
	if f.col.Kind == data.KindFactor {
		if l, ok := f.col.Label(data.Code(rec, &f.col)); ok {
			return l
		}
		return "?"
	}
	return numberLabel(data.Float(rec, &f.col))
}
