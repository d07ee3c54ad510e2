package formula

import (
	"math"
	"sort"

	"elbo/data"
)

// levelSet collects the levels of a factor that occur in used rows.
type levelSet struct {
	col    data.Column
	seen   []bool           // text column, by code
	values map[float64]bool // numeric column
	last   float64          // the value before, to skip repeats
	limit  int              // most distinct numbers
	cells  []int32          // codes of the block at hand
	floats []float64        // numbers of the block at hand
}

func newLevelSet(col *data.Column, limit int) *levelSet {
	s := &levelSet{col: *col, limit: limit, last: math.NaN()}
	if col.Kind == data.KindFactor {
		s.seen, s.cells = make([]bool, len(col.Levels)), make([]int32, blockRows)
	} else {
		s.values, s.floats = map[float64]bool{}, make([]float64, blockRows)
	}
	return s
}

// load reads the block and masks missing cells; it gives how many there were.
func (s *levelSet) load(recs []byte, recordBytes, n int, dropped []bool) (missing int64) {
	if s.seen == nil {
		loadFloats(s.floats[:n], recs[s.col.Offset:], recordBytes)
		for r, v := range s.floats[:n] {
			if v != v {
				dropped[r] = true
				missing++
			}
		}
		return missing
	}
	for r := range n {
		s.cells[r] = data.Code(recs[r*recordBytes:], &s.col)
		if s.cells[r] < 0 {
			dropped[r] = true
			missing++
		}
	}
	return missing
}

// add notes the levels of the rows that are used; it is false when there are too many.
func (s *levelSet) add(n int, dropped []bool) bool {
	if s.seen != nil {
		for r, code := range s.cells[:n] {
			if !dropped[r] {
				s.seen[code] = true
			}
		}
		return true
	}
	for r, v := range s.floats[:n] {
		if !dropped[r] && v != s.last {
			s.last = v
			s.values[v+0] = true // −0 + 0 is 0
		}
	}
	return len(s.values) <= s.limit
}

// sorted lists the levels: labels bytewise, numbers by value.
func (s *levelSet) sorted() []string {
	var out []string
	for code, seen := range s.seen {
		if seen {
			out = append(out, s.col.Levels[code])
		}
	}
	if s.seen != nil {
		sort.Strings(out)
		return out
	}
	values := make([]float64, 0, len(s.values))
	for v := range s.values {
		values = append(values, v)
	}
	sort.Float64s(values)
	for _, v := range values {
		out = append(out, numberLabel(v))
	}
	return out
}
