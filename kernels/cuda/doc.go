// Package cuda is the NVIDIA GPU device, through gorgonia.org/cu.
//
// Without the build tag elbo_cuda this file is all there is of it, and nothing of CUDA is linked into
// a program. With the tag, Open returns a device that runs whole programs: package
// internal/lower turns a kernels.Program into one text of CUDA C and a list of launches, the
// run-time compiler (NVRTC) builds the text for the card at hand, and images are kept in a cache
// on disk. The libraries are opened when first used (internal/load), so a binary with the tag
// starts on machines without a driver, where Open says what was looked for.
//
// # Execution
//
// Steps are captured in CUDA graphs and replayed, many steps a graph where k allows it; the step
// number lies in device memory. Nodes that need nothing of each other are captured from up to four
// streams and may run side by side, each stream with a cuBLAS of its own; the last nodes of a step
// overlap the first of the next in the same way (PLANS.md counts nodes, edges and longest ways).
// Small programs also exist as one cooperative kernel that runs all steps of a call. An executable
// used much is measured in these ways and on one stream, and goes on with the fastest.
// Runs are asynchronous: Sync and Read wait, Sync reports an index out of range, either a failure of
// the card. A slot may be bound anew between runs; the graphs of the last few bindings are kept.
// Writes go through pinned memory on a stream of their own, beside the runs that do not use them.
//
// # Numbers
//
// Elementwise ops and random normals have the bits of the CPU's. Sums have an order fixed by the
// shape and are carried in float64 (of the products with X in the gradient of a regression, which reads
// X once, runs of 16 terms are summed in the program's type first), so a program gives the same bits on
// the same card, and does so whatever else runs there; products of matrices above a size come from
// cuBLAS and agree to the op table's tolerance.
//
// # Errors
//
// Memory that does not suffice is kernels.ErrOutOfMemory with what was asked for and what is free;
// a card that stopped answering is kernels.ErrDeviceLost, after which only Close works.
package cuda
