/* A program as one kernel: its blocks run all at once (a cooperative launch) and meet where one
 * needs what others made. */

/* The place of this block when counting begins with the block after the taken ones. */
static __device__ __forceinline__ elbo_u32 elbo_turn(elbo_u32 taken)
{
	return (blockIdx.x + gridDim.x - taken % gridDim.x) % gridDim.x;
}

/* All blocks come here, and leave when the last has come. meeting[0] counts those that have come,
 * meeting[1] the meetings. */
static __device__ void elbo_meet(elbo_u32 *meeting)
{
	if (gridDim.x > 1u)
		__threadfence();
	__syncthreads();
	if (gridDim.x > 1u && threadIdx.x == 0u) {
		volatile elbo_u32 *held = meeting + 1;
		elbo_u32 before = *held;
		__threadfence();
		if (atomicAdd(meeting, 1u) == gridDim.x - 1u) {
			meeting[0] = 0u;
			__threadfence();
			atomicAdd(meeting + 1, 1u);
		} else {
			while (*held == before) {
#if __CUDA_ARCH__ >= 700
				__nanosleep(20u); /* leaves the memory to those still at work, and the emulator's turn to others */
#endif
			}
		}
		__threadfence();
	}
	__syncthreads();
}
