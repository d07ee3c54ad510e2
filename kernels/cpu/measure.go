//go:build cgo

package cpu

// #include "exec.h"
//
// static double measure_fma(const elbo_isa *isa, int dtype, long rounds) { return isa->fma[dtype](rounds); }
import "C"

import (
	"time"

	"elbo/kernels"
)

// MeasureFMA returns the floating point operations a second that one thread reaches with
// fused multiply-adds in registers, at the best instruction set level: the floor of arithmetic. It is 0
// for types without arithmetic.
func MeasureFMA(dt kernels.DType) float64 {
	l, err := pickLevel("")
	if err != nil || dt != kernels.F32 && dt != kernels.F64 {
		return 0
	}
	return bestRate(func() float64 { return float64(C.measure_fma(l.isa, C.int(dt), 200_000)) })
}

// MeasureCopy returns the bytes a second, read plus written, that one thread moves between
// blocks of 64 MiB: the floor of memory traffic. It is 0 where there is no memory for them.
func MeasureCopy() float64 {
	const block, rounds = 64 << 20, 4
	p, err := allocate(2 * block)
	if err != nil {
		return 0
	}
	defer C.elbo_free(p)
	return bestRate(func() float64 {
		C.elbo_copy_halves((*C.char)(p), block, rounds)
		return 2 * block * rounds
	})
}

// bestRate returns the highest work per second of five rounds; the first warms up.
func bestRate(work func() float64) float64 {
	best := 0.0
	for range 5 {
		start := time.Now()
		done := work()
		best = max(best, done/time.Since(start).Seconds())
	}
	return best
}
