package ref

// pairSum adds vectors of width numbers in float64. Leaves meet in a binary tree, so the
// error grows with the logarithm of their number and the order never depends on the data.
type pairSum struct {
	width  int
	levels [][]float64 // levels[l] holds a sum of 2^l leaves when bit l of full is set
	full   uint64
	cur    []float64 // the leaf being filled
	begun  bool
}

// reset forgets all leaves.
func (s *pairSum) reset() { s.full, s.begun = 0, false }

// leaf returns the current leaf, zeros at first.
func (s *pairSum) leaf() []float64 {
	if s.cur == nil {
		s.cur = make([]float64, s.width)
	}
	if !s.begun {
		clear(s.cur)
		s.begun = true
	}
	return s.cur
}

// push closes the current leaf, if one was begun, and carries it up the tree.
func (s *pairSum) push() {
	if !s.begun {
		return
	}
	s.begun = false
	l := 0
	for ; s.full>>l&1 == 1; l++ {
		for i, x := range s.levels[l] {
			s.cur[i] = x + s.cur[i]
		}
		s.full &^= 1 << l
	}
	if l == len(s.levels) {
		s.levels = append(s.levels, make([]float64, s.width))
	}
	s.levels[l], s.cur = s.cur, s.levels[l]
	s.full |= 1 << l
}

// total returns the sum of all pushed leaves; it is valid until the next leaf.
func (s *pairSum) total() []float64 {
	sum := s.leaf()
	s.begun = false
	first := true
	for l := range s.levels {
		switch {
		case s.full>>l&1 == 0:
		case first:
			copy(sum, s.levels[l])
			first = false
		default:
			for i, x := range s.levels[l] {
				sum[i] = x + sum[i]
			}
		}
	}
	return sum
}

// sumOf adds a short run in four interleaved sums.
func sumOf[T float](x []T) float64 {
	var s0, s1, s2, s3 float64
	for ; len(x) >= 4; x = x[4:] {
		s0 += float64(x[0])
		s1 += float64(x[1])
		s2 += float64(x[2])
		s3 += float64(x[3])
	}
	for _, v := range x {
		s0 += float64(v)
	}
	return (s0 + s1) + (s2 + s3)
}
