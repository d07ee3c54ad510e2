package data

import "math/bits"

// Permutation is a keyed bijection of [0, N): the order of the rows in one epoch, without a table of N numbers.
//
// It is a Feistel network on the numbers of w bits, w = max(2, ⌈log₂N⌉) and rounded up to even below 8, split into a
// right half of ⌈w/2⌉ bits and a left half of the rest. Rounds come in pairs, L ^= F(R) then R ^= F(L), where with
// the 64-bit key kᵣ of round r
//
//	y = (x xor kᵣ)·m,   F(x) = ((y xor y>>32)·m)>>32,   m = 0xd6e8feb86659fd93,
//
// cut to the bits of the half that it is added to. Results of N and above are put through the network again (cycle
// walking, Black & Rogaway 2002): it stays a bijection, and as N is more than half the domain (or N is tiny), few
// applications are needed. There are 4 rounds, 6 up to 16 bits and 24 up to 8, since short halves mix less per
// round: half as many at 3 bits, and a chi-square test over a million seeds tells the first rows from uniform.
//
// The keys are successive outputs of SplitMix64 (Steele, Lea & Flood 2014) started at
// mix(Seed) xor mix(Epoch + 0x632be59bd9b4e019), mix being its finaliser.
type Permutation struct {
	N     int64
	Seed  uint64
	Epoch int64
}

const (
	permRounds      = 4
	permRoundsShort = 6  // up to 16 bits
	permRoundsTiny  = 24 // up to 8 bits
)

// permKeys is a permutation made ready for many calls.
type permKeys struct {
	n         uint64
	rightBits uint
	leftMask  uint64
	rightMask uint64
	key       [permRounds]uint64
	more      [][2]uint64 // further rounds, in pairs
	store     [(permRoundsTiny - permRounds) / 2][2]uint64
}

// At returns the row at position i of the order, 0 <= i < N. For many positions use Loader.Indices, which derives
// the keys once and overlaps the work.
func (p Permutation) At(i int64) int64 {
	var k permKeys
	k.init(p)
	for x := uint64(i); ; {
		if x = k.apply(x); x < k.n {
			return int64(x)
		}
	}
}

// init derives the layout and the keys.
func (k *permKeys) init(p Permutation) {
	width := uint(max(2, bits.Len64(uint64(max(1, p.N)-1))))
	if width < 8 {
		width += width & 1
	}
	rounds := permRounds
	switch {
	case width <= 8:
		rounds = permRoundsTiny
	case width <= 16:
		rounds = permRoundsShort
	}
	right := (width + 1) / 2
	k.n, k.rightBits = uint64(p.N), right
	k.leftMask, k.rightMask = 1<<(width-right)-1, 1<<right-1
	state := splitMix(p.Seed) ^ splitMix(uint64(p.Epoch)+0x632be59bd9b4e019)
	next := func() uint64 {
		state += 0x9e3779b97f4a7c15
		return splitMix(state)
	}
	for r := range k.key {
		k.key[r] = next()
	}
	k.more = k.store[:(rounds-permRounds)/2]
	for r := range k.more {
		k.more[r] = [2]uint64{next(), next()}
	}
}

// apply puts x through the network once; the result may be N or more.
func (k *permKeys) apply(x uint64) uint64 {
	leftMask, rightMask := k.leftMask, k.rightMask
	l, r := x>>(k.rightBits&63), x&rightMask
	l ^= halfMix(r^k.key[0]) & leftMask
	r ^= halfMix(l^k.key[1]) & rightMask
	l ^= halfMix(r^k.key[2]) & leftMask
	r ^= halfMix(l^k.key[3]) & rightMask
	for i := range k.more {
		l ^= halfMix(r^k.more[i][0]) & leftMask
		r ^= halfMix(l^k.more[i][1]) & rightMask
	}
	return l<<(k.rightBits&63) | r
}

// fill writes the images of from, from+1, ... to dst. It applies the network to a block at a time and then again to
// those results that are out of range, listed without a branch: in this form neighbouring indices overlap in the
// processor, while a loop that walks each index to its end waits for mispredicted exits.
func (k *permKeys) fill(from uint64, dst []int64) {
	const block = 256
	var pending [block]uint8
	for len(dst) > 0 {
		part := dst[:min(block, len(dst))]
		outside := 0
		for i := range part {
			x := k.apply(from + uint64(i))
			part[i] = int64(x)
			pending[outside&(block-1)] = uint8(i)
			outside += int((k.n - 1 - x) >> 63) // 1 when x >= n
		}
		for outside > 0 {
			again := 0
			for _, i := range pending[:outside] {
				x := k.apply(uint64(part[i]))
				part[i] = int64(x)
				pending[again] = i
				again += int((k.n - 1 - x) >> 63)
			}
			outside = again
		}
		dst, from = dst[len(part):], from+uint64(len(part))
	}
}

// halfMix multiplies, folds, multiplies and keeps the high half, which depends on every bit of x.
func halfMix(x uint64) uint64 {
	const m = 0xd6e8feb86659fd93
	x *= m
	return (x ^ x>>32) * m >> 32
}

// splitMix is the finaliser of SplitMix64.
func splitMix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
