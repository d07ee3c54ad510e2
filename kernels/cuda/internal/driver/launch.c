//go:build elbo_cuda && linux

#include "launch.h"
#include "worker.h"

int elbo_launch(uintptr_t context, CUfunction function, const unsigned int *dims, int cooperative,
	CUstream stream, void *values, const uint32_t *offsets, int count) {
	if (elbo_here() != context) return -1;
	void *arguments[ELBO_MAX_ARGS];
	for (int i = 0; i < count; i++) arguments[i] = (char *)values + offsets[i];
	if (cooperative)
		return cuLaunchCooperativeKernel(function, dims[0], dims[1], dims[2], dims[3], dims[4], dims[5], dims[6],
			stream, arguments);
	return cuLaunchKernel(function, dims[0], dims[1], dims[2], dims[3], dims[4], dims[5], dims[6], stream,
		arguments, 0);
}
