package formula

import (
	"encoding/binary"
)

// key makes a term comparable.
func key(term []int) string {
	b := make([]byte, 0, 2*len(term))
	for _, v := range term {
		b = binary.AppendUvarint(b, uint64(v))
	}
	return string(b)
}

// termSet is an ordered set of terms.
type termSet struct {
	terms [][]int
	seen  map[string]bool
}

func (s *termSet) add(terms ...[]int) {
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	for _, t := range terms {
		if k := key(t); !s.seen[k] {
			s.seen[k] = true
			s.terms = append(s.terms, t)
		}
	}
}

// without removes terms.
func (s *termSet) without(drop [][]int) termSet {
	gone := map[string]bool{}
	for _, t := range drop {
		gone[key(t)] = true
	}
	var out termSet
	for _, t := range s.terms {
		if !gone[key(t)] {
			out.add(t)
		}
	}
	return out
}

// union merges two sorted lists of variables.
func union(a, b []int) []int {
	out := make([]int, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			out, a = append(out, a[0]), a[1:]
		case a[0] > b[0]:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}
