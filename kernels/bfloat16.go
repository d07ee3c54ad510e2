package kernels

import "math"

// A bfloat16 is the upper half of a float32: its sign, its 8 bits of exponent and the first 7 of
// its fraction. It spans the range of float32; rounding to it changes a number of 2⁻¹²⁶ or more in
// magnitude by at most 2⁻⁸ (0.4 %) of itself.

// BFloat16 returns the bits of the bfloat16 nearest to x, of two as near the one with an even last
// bit. What is beyond the largest, (2 - 2⁻⁷)·2¹²⁷, by half a unit or more is infinite, what is
// below the smallest, 2⁻¹³³, by more than half is zero; signs stay. NaN stays NaN.
func BFloat16(x float64) uint16 {
	f := float32(x)
	bits := math.Float32bits(f)
	switch back := float64(f); {
	case x != x:
		return uint16(bits>>16) | 0x40 // a payload in the lower half alone would make an infinity
	case back != x:
		// Rounded once already, which may have made a tie: round to odd instead, toward zero
		// with the last bit set, so that the second rounding sees on which side x lies.
		if math.Abs(back) > math.Abs(x) {
			bits--
		}
		bits |= 1
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// BFloat16Value returns the number that bits stand for, exactly.
func BFloat16Value(bits uint16) float64 {
	return float64(math.Float32frombits(uint32(bits) << 16))
}
