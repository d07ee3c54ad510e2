/* A program as one kernel: its blocks run all at once (a cooperative launch) and meet where one
 * needs what others made. */

/* All blocks come here, and leave when the last has come. meeting[0] counts those that have come,
 * meeting[1] the meetings. */
static __device__ void elbo_meet(elbo_u32 *meeting)
{
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
			}
		}
		__threadfence();
	}
	__syncthreads();
}
