// Package cpu is the device that runs programs on the processor, through C kernels.
//
// A program is compiled to a flat array of instructions in C memory; each names a kernel, its
// values and its extents. Small programs run serially: one cgo call runs all instructions of
// all steps asked for. An instruction with more than some 15 µs of work becomes a parallel
// region whose chunks the caller and the device's workers claim; what lies between regions is
// one cgo call each. Chunks follow from shapes alone and their partial results are combined in
// chunk order, so results do not depend on the number of threads.
//
// Kernels are compiled once for each instruction set level (level_base.c, level_avx2.c,
// level_avx512.c, from the same headers) and picked when the device is opened: the best the
// machine has, Options.ISA, or the environment variable ELBO_CPU_ISA (base, neon, avx2, avx512).
// Elementwise results agree bit for bit between levels; matrix products and the order of
// lanes in a few sums differ in rounding.
//
// Groups of elementwise operations run tile by tile (fused.h). Sums of float32 are formed from
// short float32 runs added in float64. Matrix products are the package's own (gemm.h, gemv.h).
// Denormals are kept: the kernels do not touch the processor's control register.
//
// Buffers are C memory aligned to 64 bytes, zeroed, with readable slack behind them; they are
// not moved and hold no Go pointers. Runs are synchronous. The package needs cgo; without it
// only this text is left, and the reference device takes over.
package cpu
