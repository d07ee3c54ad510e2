// Package lower turns a kernels.Program into a plan for an NVIDIA GPU: one text of CUDA C, and
// the launches and matrix products that make up a step.
//
// It needs no driver and no compiler: the plan is plain data, so it is built and tested on any
// machine. Package kernels/cuda compiles the text at run time and issues the plan.
//
// Elementwise ops, fused groups, sums, maxima and products with a vector are all groups: an
// elementwise program over one space whose results are stored point by point or joined over
// leading or trailing axes. A group becomes one kernel for each pattern of joining, rendered
// with its strides as literals; kernels of equal text are one kernel. All other ops use the
// fixed kernels in cu/*.cu, which take every extent as an argument, so that their text does not
// depend on shapes. The scalar functions are those of package kernels/scalar.
//
// Products X W and Xᵀ R with groups over the rows of X between them, as in the gradient of a regression,
// are one kernel that reads X once, a sweep: alone each product reads X once. It sums runs of 16 terms in
// the program's type and these in float64.
//
// A kernel is a body, a __device__ function of a block's place in its grid, and a wrapper that
// calls it. All blocks have 256 threads. Joining has a fixed order: threads of a block add in
// float64 with fixed strides, meet in a binary tree, and where several blocks share a result
// the last one to finish joins their partials by place. No float atomics; the same bits come
// out whatever order blocks run in and however many processors the card has.
//
// Which nodes must follow which is read from the memory their kernels' parameters name (depend.go):
// Branches spreads them over streams, and Whole sorts them into levels of one kernel.
//
// Failed index checks, and the step number, live in one small struct in device memory
// (step_state), so that a captured step can be replayed.
package lower
