// Package emulator stands in for an NVIDIA GPU: it builds one shared object that answers the
// calls of the CUDA driver, cuBLAS and NVRTC which elbo makes, and runs the real CUDA C of the
// kernels on the CPU. The loader takes it in place of the three libraries where the variables
// that [Env] lists name it.
//
// It is made to find mistakes, not to be fast. Work on a stream is deferred until something
// waits for it, and then no more runs than the wait implies, so a wait left out shows as stale
// bytes. Each allocation ends at unmapped pages and is filled with NaN. Reported, one line each
// on standard error, counted, and returned by the next call as a CUDA error:
//
//	bounds         an access outside every allocation, or past an array of known length
//	freed          an access to freed memory, a kernel of an unloaded module
//	double-free    a second free; free: of what was never allocated
//	copy           a copy that leaves its allocation or overlaps itself
//	host-pointer   host memory where device memory is due
//	misaligned     an access that its type's alignment forbids
//	barrier        threads at different barriers, or returned before one
//	warp           lanes that a warp operation names and that are not there
//	spin           a block that waits for another in a launch that is not cooperative
//	trap           __trap, a failed assertion, an integer division by zero
//	launch, blas   arguments no device accepts; products of a graph that share a workspace and may run at once
//	context        a thread without the context, a handle of another one
//	capture        what a stream under capture forbids
//	leak           what its owner left behind when the context ended
//	race           two threads at one address, one of them writing, no barrier between
//	uninitialised  bytes read that nothing wrote
//
// The last two are found with ELBO_EMU_ACCESS=1, which checks every access. Other settings:
//
//	ELBO_EMU_MEMORY   bytes of device memory (2 GiB)
//	ELBO_EMU_DEVICES  devices (1);  ELBO_EMU_SMS  multiprocessors of each (8)
//	ELBO_EMU_ORDER    forward, reverse or shuffled: the order of blocks, threads and of graph
//	                  nodes that may change places; shuffled, streams run ahead of each other too,
//	                  as far as no event holds them;  ELBO_EMU_SEED  of the shuffle
//	ELBO_EMU_INJECT   failures to produce: index=code, name:index=code, index+=code (from then on)
//	ELBO_EMU_EAGER    1: run work when it is queued, for debugging
//	ELBO_EMU_QUIET    1: count and print nothing
//	ELBO_EMU_CACHE    where compiled kernels are kept;  ELBO_EMU_CXX  the compiler (g++)
//
// Kernels stand at global scope with C linkage. The emulator cannot find trouble with the real
// compiler or its ABI, resource limits, memory-order races, rounding of library functions, or
// anything about speed.
package emulator
