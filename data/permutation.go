package data

import "math/bits"

// Permutation is a keyed bijection of [0, N): the order of the rows in one epoch, without a table of N numbers.
//
// It is a Feistel network on the ⌈log₂N⌉-bit numbers whose halves take turns: L ^= F(R), R ^= F(L), six rounds, with
// F the high bits of a 64-bit mix of half and round key. Results of N and above are put through the network again
// (cycle walking, Black & Rogaway 2002): it stays a bijection, and as N is more than half the domain, fewer than two
// applications are expected. Short halves mix less per round, so there are 10 rounds up to 16 bits and 24 up to 8;
// with 10 rounds at 3 bits a chi-square test still tells pairs of positions from uniform.
type Permutation struct {
	N     int64
	Seed  uint64
	Epoch int64
}

const (
	permRounds      = 6
	permRoundsShort = 10 // up to 16 bits
	permRoundsTiny  = 24 // up to 8 bits
)

// permKeys is a permutation made ready for many calls.
type permKeys struct {
	n              uint64
	rightBits      uint
	leftMask       uint64
	rightMask      uint64
	toLeft, toRite uint // shifts that keep the top bits of a mix
	rounds         int
	key            [permRoundsTiny]uint64
}

// At returns the row at position i of the order, 0 <= i < N. For many positions use Loader.Indices, which derives
// the round keys once.
func (p Permutation) At(i int64) int64 {
	k := p.keys()
	return int64(k.at(uint64(i)))
}

// keys derives the round keys from seed and epoch.
func (p Permutation) keys() permKeys {
	width := uint(max(2, bits.Len64(uint64(max(1, p.N)-1))))
	right := (width + 1) / 2
	left := width - right
	k := permKeys{
		n: uint64(p.N), rightBits: right,
		leftMask: 1<<left - 1, rightMask: 1<<right - 1,
		toLeft: 64 - left, toRite: 64 - right,
		rounds: permRounds,
	}
	switch {
	case width <= 8:
		k.rounds = permRoundsTiny
	case width <= 16:
		k.rounds = permRoundsShort
	}
	state := splitMix(p.Seed) ^ splitMix(uint64(p.Epoch)+0x632be59bd9b4e019)
	for r := range k.key[:k.rounds] {
		state += 0x9e3779b97f4a7c15
		k.key[r] = splitMix(state)
	}
	return k
}

// at applies the network until the result is below n.
func (k *permKeys) at(x uint64) uint64 {
	for {
		l, r := x>>k.rightBits, x&k.rightMask
		for i := 0; i < k.rounds; i += 2 {
			l ^= halfMix(r, k.key[i]) >> (k.toLeft & 63)
			r ^= halfMix(l, k.key[i+1]) >> (k.toRite & 63)
		}
		if x = l<<(k.rightBits&63) | r; x < k.n {
			return x
		}
	}
}

// halfMix mixes a half-block with a round key; the high bits depend on all input bits.
func halfMix(x, key uint64) uint64 {
	x = (x ^ key) * 0xd6e8feb86659fd93
	return (x ^ x>>32) * 0xd6e8feb86659fd93
}

// splitMix is the finaliser of SplitMix64 (Steele, Lea & Flood 2014).
func splitMix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
