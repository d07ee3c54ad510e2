//go:build cgo

package cpu

// #include "exec.h"
import "C"

import "elbo/kernels"

// partialMost is the most memory, in bytes, that the partial sums of all chunks of a group take.
const partialMost = 8 << 20

// chunksOf splits n items of the given cost (ns each) into chunks of at least 8 µs; it
// returns the items of a chunk and the number of chunks.
func chunksOf(n int, cost float64) (size, chunks int) {
	size = max(int(8000/max(cost, 1e-3)), 1)
	if n <= size {
		return max(n, 1), 1
	}
	return size, (n + size - 1) / size
}

// cost estimates the ns of one element from the op table's flops.
func (l *layout) cost() float64 {
	ns := 0.05 * float64(len(l.g.ins)+len(l.outs))
	for i, op := range l.g.code {
		ns += 0.04 + 0.02*float64(kernels.Info(l.g.code[i].Op).Flops)
		if op.Op == kernels.GammaGrad {
			ns += 50
		}
	}
	return ns * float64(l.c.p.DType.Size()) / 4
}

// chunk returns the elements of a chunk: some 8 µs of work, whole tiles, whole rows of trailing
// sums and of leading accumulators, and few enough that partial sums stay small.
func (l *layout) chunk(partials int) int {
	size, _ := chunksOf(l.n, l.cost())
	size = max(size, 4*C.ELBO_TILE)
	if partials > 0 {
		most := max(partialMost/(8*partials), 1)
		size = max(size, (l.n+most-1)/most)
	}
	unit := C.ELBO_TILE
	for i := range l.outs {
		switch o := &l.outs[i]; o.mode {
		case C.ELBO_OUT_LEAD:
			unit = lcm(unit, int(o.width))
		case C.ELBO_OUT_TRAIL:
			unit = lcm(unit, l.n/int(o.kept))
		}
		if unit >= l.n {
			return l.n
		}
	}
	return min(ceilTo(size, unit), ceilTo(l.n, unit))
}

func lcm(a, b int) int {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}

func ceilTo(n, multiple int) int { return (n + multiple - 1) / multiple * multiple }
