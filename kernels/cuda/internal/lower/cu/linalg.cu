/* Cholesky factors and triangular solves. */

/* One block a matrix (n, n), column by column, right-looking: the column is scaled and its outer
 * product taken from what is left. A pivot that is not positive becomes NaN, and with it all that
 * follows. */
ELBO_BODY void cholesky(double *s, elbo_u32 bx, elbo_u32 by, real *dst, const real *src, elbo_i64 n)
{
	real *a = dst + bx * n * n;
	const real *from = src + bx * n * n;
	elbo_i64 x = threadIdx.x % 16u, y = threadIdx.x / 16u;
	for (elbo_i64 i = y; i < n; i += 16)
		for (elbo_i64 j = x; j < n; j += 16)
			a[i * n + j] = j <= i ? from[i * n + j] : (real)0;
	for (elbo_i64 j = 0; j < n; j++) {
		__syncthreads();
		real d = a[j * n + j], pivot = d > (real)0 ? real_sqrt(d) : (real)ELBO_NAN;
		__syncthreads();
		if (threadIdx.x == 0u)
			a[j * n + j] = pivot;
		for (elbo_i64 i = j + 1 + threadIdx.x; i < n; i += ELBO_THREADS)
			a[i * n + j] /= pivot;
		__syncthreads();
		for (elbo_i64 i = j + 1 + y; i < n; i += 16)
			for (elbo_i64 k = j + 1 + x; k <= i; k += 16)
				a[i * n + k] = real_fma(-a[i * n + j], a[k * n + j], a[i * n + k]);
	}
}

/* op(L) X = B for L (n, n), B (n, m): a block takes ELBO_THREADS/lanes columns of B, with lanes
 * threads to a column. Each row found is taken from the rows still open. */
ELBO_BODY void trisolve(double *s, elbo_u32 bx, elbo_u32 by, real *dst, const real *l, const real *b, elbo_i64 n,
	elbo_i64 m, elbo_i64 trans, elbo_i64 lanes)
{
	elbo_i64 width = ELBO_THREADS / lanes, lane = threadIdx.x / width, c = bx * width + threadIdx.x % width;
	bool mine = c < m;
	for (elbo_i64 i = lane; mine && i < n; i += lanes)
		dst[i * m + c] = b[i * m + c];
	for (elbo_i64 step = 0; step < n; step++) {
		elbo_i64 k = trans ? n - 1 - step : step;
		__syncthreads();
		real x = mine ? dst[k * m + c] / l[k * n + k] : (real)0;
		__syncthreads();
		if (!mine)
			continue;
		if (lane == 0)
			dst[k * m + c] = x;
		if (trans)
			for (elbo_i64 i = lane; i < k; i += lanes)
				dst[i * m + c] = real_fma(-l[k * n + i], x, dst[i * m + c]);
		else
			for (elbo_i64 i = k + 1 + lane; i < n; i += lanes)
				dst[i * m + c] = real_fma(-l[i * n + k], x, dst[i * m + c]);
	}
}
