/* Joining (sums, maxima) over the threads of a block and over blocks, in an order fixed by the
 * shape: threads take points with fixed strides, lanes of a result meet in a binary tree, and
 * the last block to finish joins what all blocks left, by place. */
#define ELBO_JOIN_SUM 0
#define ELBO_JOIN_MAX 1

/* A thread's part: the result it works for, its lane of it, how many lanes it has and how far
 * apart their threads are. lanes is a power of two. */
struct elbo_share {
	elbo_u32 kept, lane, lanes, apart;
};

/* Trailing axes are joined: neighbouring threads are lanes of one result. */
ELBO_BODY elbo_share elbo_shares_row(elbo_u32 bx, elbo_u32 lanes)
{
	elbo_u32 t = threadIdx.x, width = ELBO_THREADS / lanes;
	elbo_share w = {bx * width + t / lanes, t & (lanes - 1u), lanes, 1u};
	return w;
}

/* Leading axes are joined: neighbouring threads work for neighbouring results. */
ELBO_BODY elbo_share elbo_shares_col(elbo_u32 bx, elbo_u32 lanes)
{
	elbo_u32 t = threadIdx.x, width = ELBO_THREADS / lanes;
	elbo_share w = {bx * width + (t & (width - 1u)), t / width, lanes, width};
	return w;
}

ELBO_BODY double elbo_join(double a, double b, int how) { return how == ELBO_JOIN_MAX ? elbo_maxd(a, b) : a + b; }

/* Joins x over the lanes of each result; lane 0 gets it. All threads of the block come here. */
ELBO_BODY double elbo_fold(double *s, elbo_share w, double x, int how)
{
	if (w.lanes == 1u)
		return x;
	elbo_u32 t = threadIdx.x;
	__syncthreads();
	s[t] = x;
	__syncthreads();
	for (elbo_u32 h = w.lanes / 2u; h > 0u; h /= 2u) {
		if (w.lane < h)
			s[t] = elbo_join(s[t], s[t + h * w.apart], how);
		__syncthreads();
	}
	return s[t];
}

/* True in the block that finishes last of those that count on *done, which is zero again then. */
ELBO_BODY bool elbo_last(double *s, elbo_u32 *done, elbo_u32 blocks)
{
	__threadfence();
	__syncthreads();
	if (threadIdx.x == 0u) {
		bool last = atomicAdd(done, 1u) == blocks - 1u;
		if (last)
			*done = 0u;
		s[0] = last ? 1.0 : 0.0;
	}
	__syncthreads();
	bool last = s[0] != 0.0;
	__syncthreads();
	__threadfence();
	return last;
}

/* Joins the partials of result w.kept: part[segment·K + kept]. */
ELBO_BODY double elbo_gather_parts(double *s, elbo_share w, const double *part, elbo_u64 K, elbo_u32 segments, int how)
{
	const volatile double *from = part; /* other blocks wrote it: not from this processor's cache */
	double x = how == ELBO_JOIN_MAX ? -ELBO_INF : 0.0;
	if (w.kept < K)
		for (elbo_u32 g = w.lane; g < segments; g += w.lanes)
			x = elbo_join(x, from[g * K + w.kept], how);
	return elbo_fold(s, w, x, how);
}
