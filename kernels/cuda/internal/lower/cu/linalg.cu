/* Cholesky factors and triangular solves. */

/* Factors w by w entries of a matrix of rows of ld in place, lower triangle: column by column,
 * right-looking. The column is scaled and its outer product taken from what is left. A pivot that is
 * not positive becomes NaN, and with it all that follows. */
ELBO_BODY void elbo_factor(real *a, elbo_i64 ld, elbo_i64 w)
{
	elbo_i64 x = threadIdx.x % 16u, y = threadIdx.x / 16u;
	for (elbo_i64 j = 0; j < w; j++) {
		__syncthreads();
		real d = a[j * ld + j], pivot = d > (real)0 ? real_sqrt(d) : (real)ELBO_NAN;
		__syncthreads();
		if (threadIdx.x == 0u)
			a[j * ld + j] = pivot;
		for (elbo_i64 i = j + 1 + threadIdx.x; i < w; i += ELBO_THREADS)
			a[i * ld + j] /= pivot;
		__syncthreads();
		for (elbo_i64 i = j + 1 + y; i < w; i += 16)
			for (elbo_i64 k = j + 1 + x; k <= i; k += 16)
				a[i * ld + k] = real_fma(-a[i * ld + j], a[k * ld + j], a[i * ld + k]);
	}
}

/* Small matrices (n, n): one block each. */
ELBO_BODY void cholesky(double *s, elbo_u32 bx, elbo_u32 by, real *dst, const real *src, elbo_i64 n)
{
	real *a = dst + bx * n * n;
	const real *from = src + bx * n * n;
	elbo_i64 x = threadIdx.x % 16u, y = threadIdx.x / 16u;
	for (elbo_i64 i = y; i < n; i += 16)
		for (elbo_i64 j = x; j < n; j += 16)
			a[i * n + j] = j <= i ? from[i * n + j] : (real)0;
	elbo_factor(a, n, n);
}

/* Large ones (a batch, by) go in place by panels of w columns from column c on: factor the square on
 * the diagonal, solve for the rows below it, take their outer product from what is left. */
ELBO_BODY void factor(double *s, elbo_u32 bx, elbo_u32 by, real *a, elbo_i64 n, elbo_i64 c, elbo_i64 w)
{
	elbo_factor(a + by * n * n + c * (n + 1), n, w);
}

/* X Lᵀ = B for 16 rows a block, 16 threads to a row, w at most 64. */
ELBO_BODY void below(double *s, elbo_u32 bx, elbo_u32 by, real *a, elbo_i64 n, elbo_i64 c, elbo_i64 w)
{
	elbo_i64 lane = threadIdx.x % 16u, i = c + w + 16 * (elbo_i64)bx + threadIdx.x / 16u;
	real *x = (real *)s + threadIdx.x / 16u * 64u;
	a += by * n * n;
	const real *l = a + c * (n + 1);
	real *row = a + i * n + c;
	for (elbo_i64 p = lane; p < w; p += 16)
		x[p] = i < n ? row[p] : (real)0;
	for (elbo_i64 k = 0; k < w; k++) {
		__syncthreads();
		real v = x[k] / l[k * n + k];
		__syncthreads();
		if (lane == 0)
			x[k] = v;
		for (elbo_i64 p = k + 1 + lane; p < w; p += 16)
			x[p] = real_fma(-v, l[p * n + k], x[p]);
	}
	__syncthreads();
	for (elbo_i64 p = lane; p < w; p += 16)
		if (i < n)
			row[p] = x[p];
}

/* C -= X Xᵀ on and below the diagonal, a square of 16 by 16 a block; blocks above it have nothing to
 * do. Squares are numbered row by row among those of the rows below the panel. */
ELBO_BODY void outer(double *s, elbo_u32 bx, elbo_u32 by, real *a, elbo_i64 n, elbo_i64 c, elbo_i64 w)
{
	real *ta = (real *)s, *tb = (real *)(s + 16 * 17);
	elbo_i64 first = c + w, across = (n - first + 15) / 16, j, i = elbo_split(bx, across, &j);
	elbo_u32 x = threadIdx.x % 16u, y = threadIdx.x / 16u;
	if (j > i)
		return;
	i = first + 16 * i;
	j = first + 16 * j;
	a += by * n * n;
	real sum = (real)0;
	for (elbo_i64 p = 0; p < w; p += 16) {
		ta[y * 17u + x] = i + y < n && p + x < w ? a[(i + y) * n + c + p + x] : (real)0;
		tb[y * 17u + x] = j + y < n && p + x < w ? a[(j + y) * n + c + p + x] : (real)0;
		__syncthreads();
		for (elbo_u32 q = 0u; q < 16u; q++)
			sum = real_fma(ta[y * 17u + q], tb[x * 17u + q], sum);
		__syncthreads();
	}
	if (i + y < n && j + x <= i + y)
		a[(i + y) * n + j + x] -= sum;
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
