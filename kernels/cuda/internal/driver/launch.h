// Launching a kernel in one call: cu's own launch reads 8 bytes of each argument, whatever its size.
#ifndef ELBO_CUDA_LAUNCH_H
#define ELBO_CUDA_LAUNCH_H

#include <stdint.h>
#include <cuda.h>

enum { ELBO_MAX_ARGS = 512 };

// elbo_launch starts a kernel from the worker thread of a context; elsewhere it returns -1 and does
// nothing. dims holds grid x, y, z, block x, y, z and the bytes of shared memory; argument i of count
// starts offsets[i] bytes into values.
int elbo_launch(uintptr_t context, CUfunction function, const unsigned int *dims, int cooperative,
	CUstream stream, void *values, const uint32_t *offsets, int count);

#endif
