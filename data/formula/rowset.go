package formula

import "math/bits"

// RowSet is an increasing set of table rows: those with no missing value in a used column. It takes about N/6 bytes
// for a table of N rows and nothing when every row is kept.
type RowSet struct {
	total int64
	kept  int64
	words []uint64 // bit r of the stream is row r; nil when every row is kept
	ranks []int64  // kept rows before each group of 8 words
	hints []int32  // group in which kept row 512·h lies
}

// AllRows is the set of the rows 0..n−1.
func AllRows(n int64) *RowSet { return &RowSet{total: n, kept: n} }

// Len counts the kept rows.
func (s *RowSet) Len() int64 { return s.kept }

// Total counts the rows of the table, kept or not.
func (s *RowSet) Total() int64 { return s.total }

// All says whether every row is kept, so that At is the identity.
func (s *RowSet) All() bool { return s.kept == s.total }

// Contains says whether a table row is kept.
func (s *RowSet) Contains(row int64) bool {
	if row < 0 || row >= s.total {
		return false
	}
	return s.words == nil || s.words[row>>6]>>(row&63)&1 == 1
}

// At gives the table row of the i-th kept row, 0 ≤ i < Len, in O(1).
func (s *RowSet) At(i int64) int64 {
	if s.words == nil {
		return i
	}
	g := int64(s.hints[i>>9])
	for g+1 < int64(len(s.ranks)) && s.ranks[g+1] <= i {
		g++
	}
	rest := int(i - s.ranks[g])
	for w := g << 3; ; w++ {
		n := bits.OnesCount64(s.words[w])
		if rest < n {
			return w<<6 + int64(selectBit(s.words[w], rest))
		}
		rest -= n
	}
}

// Map replaces indices of kept rows by table rows, in place.
func (s *RowSet) Map(index []int64) {
	if s.words == nil {
		return
	}
	for j, i := range index {
		index[j] = s.At(i)
	}
}

// selectBit gives the position of the k-th set bit (k from 0), by halving.
func selectBit(w uint64, k int) int {
	pos := 0
	for half := 32; half > 0; half >>= 1 {
		low := w & (1<<half - 1)
		if n := bits.OnesCount64(low); k >= n {
			k -= n
			w >>= half
			pos += half
		} else {
			w = low
		}
	}
	return pos
}

// rowSetBuilder collects the set while the rows stream by.
type rowSetBuilder struct{ set RowSet }

// add appends n rows, all kept unless dropped (which may be nil) says otherwise.
func (b *rowSetBuilder) add(n int, dropped []bool) {
	for r := range n {
		row := b.set.total + int64(r)
		if row>>6 == int64(len(b.set.words)) {
			b.set.words = append(b.set.words, 0)
		}
		if dropped == nil || !dropped[r] {
			b.set.words[row>>6] |= 1 << (row & 63)
			b.set.kept++
		}
	}
	b.set.total += int64(n)
}

// done builds the directory.
func (b *rowSetBuilder) done() *RowSet {
	s := &b.set
	if s.kept == s.total {
		s.words = nil
		return s
	}
	var before int64
	for w, word := range s.words {
		if w&7 == 0 {
			s.ranks = append(s.ranks, before)
		}
		n := int64(bits.OnesCount64(word))
		for int64(len(s.hints))<<9 < before+n {
			s.hints = append(s.hints, int32(w>>3))
		}
		before += n
	}
	return s
}
