package kernels

import (
	"math"
	"math/bits"
)

// Random numbers are Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy
// as 1, 2, 3"): a bijection of a 128-bit counter under a 64-bit key, so that any element of
// any stream is computed alone, on any device, in any order.
//
//	key     = (seed low, seed high)
//	counter = (block, stream, step low, step high)
//
// One counter yields four 32-bit words. Outputs are laid out in groups of 32 counters so
// that a vector unit needs no transposition: group g (counters 32g … 32g+31) fills elements
// 128g … 128g+127, element 128g + 32j + lane from word j of counter 32g + lane.
//
// A float32 uniform is (word>>8 + 1/2) 2⁻²⁴ rounded to float32 but kept at 1 - 2⁻²⁴ or below, a
// float64 uniform (word + 1/2) 2⁻³² : both lie strictly inside (0,1), and 2⁻³² resolution is
// what one word holds. Normals use the uniform before rounding.
//
// Normals are Box–Muller pairs of words (0,1) and (2,3): with r = sqrt(-2 log u_a) from the
// first word and angle 2π u_b from the second, outputs j=0,2 are r cos, j=1,3 are r sin.

// Philox returns the four words of one counter under a key.
func Philox(key [2]uint32, c [4]uint32) [4]uint32 {
	const m0, m1 = 0xD2511F53, 0xCD9E8D57
	const w0, w1 = 0x9E3779B9, 0xBB67AE85
	for range 10 {
		h0, l0 := bits.Mul32(m0, c[0])
		h1, l1 := bits.Mul32(m1, c[2])
		c = [4]uint32{h1 ^ c[1] ^ key[0], l1, h0 ^ c[3] ^ key[1], l0}
		key[0] += w0
		key[1] += w1
	}
	return c
}

// Counter returns the counter of block number b (up to 2³²) of a stream at a step.
func Counter(stream uint32, step uint64, b uint32) [4]uint32 {
	return [4]uint32{b, stream, uint32(step), uint32(step >> 32)}
}

// Key splits a seed.
func Key(seed uint64) [2]uint32 { return [2]uint32{uint32(seed), uint32(seed >> 32)} }

// StreamID hashes a site name to its stream number (FNV-1a, 32 bits). Builders refuse two
// sites of one program that collide.
func StreamID(site string) uint32 {
	h := uint32(2166136261)
	for i := range len(site) {
		h = (h ^ uint32(site[i])) * 16777619
	}
	return h
}

// Word returns the 32-bit word behind element i of a stream.
func Word(seed uint64, stream uint32, step uint64, i int) uint32 {
	g, j, lane := i/128, i%128/32, i%32
	return Philox(Key(seed), Counter(stream, step, uint32(32*g+lane)))[j]
}

// FillUniform sets dst[i] to element i of the stream, in (0,1) at the resolution of dt.
func FillUniform(dst []float64, dt DType, seed uint64, stream uint32, step uint64) {
	for i := range dst {
		dst[i] = uniform(Word(seed, stream, step, i), dt)
	}
}

// uniform is unit rounded to its type and kept below 1.
func uniform(w uint32, dt DType) float64 {
	if dt == F32 {
		return min(float64(float32(unit(w, dt))), 1-1./(1<<24))
	}
	return unit(w, dt)
}

func unit(w uint32, dt DType) float64 {
	if dt == F32 {
		return (float64(w>>8) + 0.5) / (1 << 24)
	}
	return (float64(w) + 0.5) / (1 << 32)
}

// FillNormal sets dst[i] to element i of the stream, standard normal. It evaluates
// Box–Muller in float64; devices agree with it to the op table's tolerance.
func FillNormal(dst []float64, dt DType, seed uint64, stream uint32, step uint64) {
	key := Key(seed)
	for g := 0; g*128 < len(dst); g++ {
		for lane := range 32 {
			w := Philox(key, Counter(stream, step, uint32(32*g+lane)))
			for pair := range 2 {
				r := math.Sqrt(-2 * math.Log(unit(w[2*pair], dt)))
				s, c := math.Sincos(2 * math.Pi * unit(w[2*pair+1], dt))
				base := 128*g + 64*pair + lane
				if base < len(dst) {
					dst[base] = r * c
				}
				if base+32 < len(dst) {
					dst[base+32] = r * s
				}
			}
		}
	}
}

// Permutation is a keyed bijection of [0, N): the order of rows in one epoch. It is a
// 6-round Feistel network on the smallest even number of bits that covers N, with
// cycle-walking for images outside; every device and the data loader compute the same order.
type Permutation struct {
	n, mask uint64
	half    uint
	keys    [6]uint32
}

// NewPermutation returns the order of epoch e under seed, for N ≥ 1 rows.
func NewPermutation(n, seed, epoch uint64) Permutation {
	half := max(uint(bits.Len64(n-1)+1)/2, 1)
	p := Permutation{n: n, half: half, mask: 1<<half - 1}
	for i := range 2 {
		w := Philox(Key(seed), [4]uint32{uint32(i), StreamID("epoch order"), uint32(epoch), uint32(epoch >> 32)})
		copy(p.keys[3*i:], w[:3])
	}
	return p
}

// At returns the i-th row of the order, 0 ≤ i < N.
func (p *Permutation) At(i uint64) uint64 {
	for {
		l, r := i>>p.half, i&p.mask
		for _, k := range p.keys {
			h := (uint32(r) ^ k) * 0x9E3779B1
			h ^= h >> 15
			h *= 0x85EBCA77
			h ^= h >> 13
			l, r = r, l^(uint64(h)&p.mask)
		}
		if i = l<<p.half | r; i < p.n {
			return i
		}
	}
}
