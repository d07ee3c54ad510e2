package array

import "golang.org/x/sys/cpu"

var haveFMA = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// scaleFMA writes fma(x, hi, x·lo) for n bytes, n a multiple of 8.
//
//go:noescape
func scaleFMA(dst *float32, src *byte, n int, hi, lo float32)

// prefetch asks for n bytes from p on, which need not be mapped.
//
//go:noescape
func prefetch(p *byte, n int)

// scaleVector scales as many bytes as fill whole vectors and returns how many.
func scaleVector(dst []float32, src []byte, divisor float32) int {
	n := len(src) &^ 7
	if !haveFMA || n == 0 {
		return 0
	}
	hi, lo := reciprocal(divisor)
	scaleFMA(&dst[0], &src[0], n, hi, lo)
	return n
}

// reciprocal returns 1/divisor as a sum of two float32.
func reciprocal(divisor float32) (hi, lo float32) {
	r := 1 / float64(divisor)
	hi = float32(r)
	return hi, float32(r - float64(hi))
}
