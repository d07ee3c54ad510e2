// Package ref is the reference device: plain Go, no cgo, one thread.
//
// It is the oracle the other devices are compared with and the device of builds without cgo.
// It follows the contract of package kernels to the letter and keeps to simple means:
//
//   - Scalar functions are evaluated in float64 and rounded to the program's type after each
//     op, so a float32 program carries one rounding per op and no error of its own.
//   - Sums (fused or not) run over tiles of 256 points whose partial sums meet in a binary
//     tree; sums and matrix products accumulate in float64 in either type.
//   - Elementwise work runs tile by tile: a fused group never makes a whole intermediate.
//     Every elementwise instruction is a group of one.
//   - A program's scratch values live in one arena at the planned offsets. The arena starts
//     filled with NaN (-1 for integers), so that reading memory nobody wrote shows.
//
// Runs are synchronous: Run returns when the steps are done and reports their error; Sync
// reports the first error since the last Sync once more. After a failed run the program's
// states and outputs are undefined.
//
// Speed in processor time on one core at 2.6 GHz (bench_test.go): arithmetic 0.6 ns per
// element and op, exp 10 ns, softplus 21 ns, a normal 32 ns, matrix products 4 GFLOP/s,
// matrix times vector 0.3 ns per element. Runs allocate nothing.
package ref
