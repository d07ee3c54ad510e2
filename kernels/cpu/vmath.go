//go:build cgo

package cpu

// #include "tile.h"
//
// static void elbo_call_tile(int isa, int dtype, int op, long n, const void *a, const void *b, const void *c,
//                            void *out, double imm0, double imm1)
// {
//	void *fn = elbo_tiles(isa, dtype)[op];
//	if (dtype == 0)
//		((elbo_tile_fnf)fn)(n, a, b, c, out, (float)imm0, (float)imm1);
//	else
//		((elbo_tile_fnd)fn)(n, a, b, c, out, imm0, imm1);
// }
//
// static void elbo_call_fill(int isa, int dtype, int kind, void *out, long first, long n, uint64_t seed,
//                            uint32_t stream, uint64_t step)
// {
//	elbo_fills(isa, dtype)[kind](out, first, n, seed, stream, step);
// }
import "C"

import (
	"unsafe"

	"elbo/kernels"
	_ "elbo/kernels/scalar" // its headers are compiled into the tiles: a change there must rebuild this package
)

// float is the element type of a tile.
type float interface{ float32 | float64 }

func dtypeOf[T float]() C.int {
	var z T
	return C.int(unsafe.Sizeof(z)/4 - 1)
}

func pointerTo[T float](s []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }

// isaNumbers returns the instruction sets of this machine as tile.h numbers them.
func isaNumbers() []int {
	all := map[int][]int{0: {0}, 3: {0, 3}, 4: {0, 3, 4}}
	return all[int(C.elbo_best_isa())]
}

// callTile computes out = op(a, b, c) elementwise by the tile function of an instruction
// set; operands the op does not have may be nil.
func callTile[T float](isa int, op kernels.Op, a, b, c, out []T, imm0, imm1 float64) {
	C.elbo_call_tile(C.int(isa), dtypeOf[T](), C.int(op), C.long(len(out)), pointerTo(a), pointerTo(b),
		pointerTo(c), pointerTo(out), C.double(imm0), C.double(imm1))
}

// callFill fills out with elements first, first+1, ... of a random stream.
func callFill[T float](isa int, op kernels.Op, out []T, first int, seed uint64, stream uint32, step uint64) {
	kind := C.int(C.ELBO_FILL_UNIFORM)
	if op == kernels.RandNormal {
		kind = C.ELBO_FILL_NORMAL
	}
	C.elbo_call_fill(C.int(isa), dtypeOf[T](), kind, pointerTo(out), C.long(first), C.long(len(out)),
		C.uint64_t(seed), C.uint32_t(stream), C.uint64_t(step))
}
