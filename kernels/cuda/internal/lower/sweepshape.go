package lower

import "slices"

// Limits of a sweep: the shared memory of a block, of which several should find room on a processor, and the
// float64 sums a thread keeps in registers.
const (
	sweepShared = 32 << 10
	mostShared  = 47 << 10
	mostSums    = 24
	fewestTile  = 8 // rows
)

// tiling says how the threads of a block share a tile of X.
type tiling struct {
	rows   int // T, a power of two
	vector int // V: elements that are loaded at once
	ld     int // from row to row in shared memory
	ahead  int // vectors a thread has under way
	blocks int
	upward []upward // of each product Xᵀ R
}

// upward is how threads share the columns of Xᵀ R: 256/width of them have the same, times vectors each.
type upward struct{ vector, width, times int }

// resident is the number of blocks that should share a processor: three have 77 KB of X under way where tiles
// fill their room, more than the 25 to 50 KB that hide the latency of fast memory. Wide sweeps and those in
// float64 need the registers more.
func (s *sweep) resident(size int) int {
	if size > 4 || slices.Max(s.rowColumns()) > 4 || 8*s.shared(s.tiling.rows, s.ld, size) > sweepShared {
		return 2
	}
	return 3
}

// fits chooses the tiling for elements of so many bytes, and reports whether there is one.
func (s *sweep) fits(size int) bool {
	vector := 16 / size
	if s.cols%vector != 0 {
		vector = 1
	}
	least := max(fewestTile, powerOfTwo(ceilDiv(s.rows+1, 32), 32, Threads)/2) // small N: a tile for each of many blocks
	for _, room := range []int{sweepShared, mostShared} {
		for t := Threads; t >= fewestTile; t /= 2 {
			if ld := leading(s.cols, t, vector, size); t <= least && 8*s.shared(t, ld, size) <= room {
				s.tiling = tiling{rows: t, vector: vector, ld: ld, ahead: ceilDiv(t*s.cols/vector, Threads)}
				tiles := ceilDiv(s.rows, t)
				s.blocks = ceilDiv(tiles, ceilDiv(tiles, blocksWanted))
				return s.shareUpward()
			}
		}
	}
	return false
}

// leading is the smallest row length in shared memory at which the threads that one access serves, lanes of
// them along a row and the rest on the rows after it, meet in no bank.
func leading(cols, rows, vector, size int) int {
	ld, lanes, served := cols/vector, Threads/rows, 128/(vector*size)
	for lanes < served && ld%(2*lanes) != lanes {
		ld++
	}
	return ld * vector
}

// shared is the shared memory, in doubles, for the tile, all W and the values by row; sums meet there too.
func (s *sweep) shared(rows, ld, size int) int {
	columns := 0
	for _, n := range s.rowColumns() {
		columns += n
	}
	wide := 0
	for i := range s.down {
		wide += s.down[i].n
	}
	return max(ceilDiv((rows*(ld+columns)+wide*ld)*size, 8), Threads)
}

// rowColumns lists the columns of the values by row.
func (s *sweep) rowColumns() []int {
	var out []int
	for i := range s.down {
		out = append(out, s.down[i].n)
	}
	for i := range s.groups {
		for _, o := range s.groups[i].outs {
			if o.join == store {
				out = append(out, s.groups[i].points)
			}
		}
	}
	return out
}

// shareUpward shares the columns of every product Xᵀ R, as long vectors as leave sums in registers.
func (s *sweep) shareUpward() bool {
	sums := 0
	for i := range s.up {
		u := upward{vector: s.vector}
		for u.vector > 1 && u.vector*s.up[i].n > 8 {
			u.vector /= 2
		}
		vectors := s.cols / u.vector
		u.width = powerOfTwo(vectors, 1, Threads)
		u.times = ceilDiv(vectors, u.width)
		sums += u.times * u.vector * s.up[i].n
		s.upward = append(s.upward, u)
	}
	return sums <= mostSums
}
