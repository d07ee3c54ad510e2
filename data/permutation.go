package data

import "math/bits"

// Permutation is a keyed bijection of [0, N): the order of the rows in one epoch, without a table of N numbers. It
// is the order that devices compute for resident data (kernels.NewPermutation), so that a run sees the same batches
// whether its rows are streamed or resident; this package imports nothing of the module, hence the second writing,
// which golden rows in its test pin to the first.
//
// It is a Feistel network on the smallest even number of bits that covers N, of 6 rounds with the round function
//
//	h = (half xor key)·0x9e3779b1,  h ^= h>>15,  h *= 0x85ebca77,  h ^= h>>13   (mod 2³²)
//
// and keys from two Philox4x32-10 blocks. Results of N and above are put through the network again (cycle walking,
// Black & Rogaway 2002), which keeps it a bijection. Below some 20 rows, where the halves have one or two bits, orders
// are visibly not equally likely; every row still comes once an epoch.
type Permutation struct {
	N     int64
	Seed  uint64
	Epoch int64
}

// permKeys is a permutation made ready for many calls.
type permKeys struct {
	n    uint64
	half uint
	mask uint64
	key  [6]uint32
}

// At returns the row at position i of the order, 0 <= i < N. For many positions use Loader.Indices, which derives
// the keys once and overlaps the work.
func (p Permutation) At(i int64) int64 {
	k := p.keys()
	for x := uint64(i); ; {
		if x = k.apply(x); x < k.n {
			return int64(x)
		}
	}
}

// orderStream is the Philox stream of the keys: the 32-bit FNV-1a hash of "epoch order".
var orderStream = fnv32("epoch order")

// keys derives layout and round keys.
func (p Permutation) keys() permKeys {
	half := max(1, uint(bits.Len64(uint64(p.N)-1)+1)/2)
	k := permKeys{n: uint64(p.N), half: half, mask: 1<<half - 1}
	for i := range uint32(2) {
		w := philox([2]uint32{uint32(p.Seed), uint32(p.Seed >> 32)},
			[4]uint32{i, orderStream, uint32(p.Epoch), uint32(p.Epoch >> 32)})
		copy(k.key[3*i:], w[:3])
	}
	return k
}

// apply puts x through the network once; the result may be N or more.
func (k *permKeys) apply(x uint64) uint64 {
	mask := k.mask
	l, r := x>>(k.half&63), x&mask
	l ^= halfMix(r, k.key[0]) & mask
	r ^= halfMix(l, k.key[1]) & mask
	l ^= halfMix(r, k.key[2]) & mask
	r ^= halfMix(l, k.key[3]) & mask
	l ^= halfMix(r, k.key[4]) & mask
	r ^= halfMix(l, k.key[5]) & mask
	return l<<(k.half&63) | r
}

// halfMix is the round function.
func halfMix(x uint64, key uint32) uint64 {
	h := (uint32(x) ^ key) * 0x9e3779b1
	h = (h ^ h>>15) * 0x85ebca77
	return uint64(h ^ h>>13)
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
			pending[outside] = uint8(i)
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

// philox returns the words of one Philox4x32-10 counter under a key (Salmon et al. 2011).
func philox(key [2]uint32, c [4]uint32) [4]uint32 {
	for range 10 {
		h0, l0 := bits.Mul32(0xd2511f53, c[0])
		h1, l1 := bits.Mul32(0xcd9e8d57, c[2])
		c = [4]uint32{h1 ^ c[1] ^ key[0], l1, h0 ^ c[3] ^ key[1], l0}
		key[0] += 0x9e3779b9
		key[1] += 0xbb67ae85
	}
	return c
}

func fnv32(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}
