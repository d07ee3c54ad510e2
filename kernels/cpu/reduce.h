/* Sums and maxima over any set of axes, running sums, and sums of rows by index. The order
 * of every sum is fixed by the shapes; float32 terms are added in float64. */

/* NaN wins; it stays, as nothing is greater. */
static inline FN(vec) FN(vmax)(FN(vec) m, FN(vec) x)
{
	FN(ivec) take = (x > m) | (x != x);
	return (FN(vec))(((FN(ivec))x & take) | ((FN(ivec))m & ~take));
}

static inline REAL FN(max2)(REAL m, REAL x) { return x > m || x != x ? x : m; }

static REAL FN(max)(const REAL *x, long n)
{
	REAL m = -(REAL)INFINITY;
	long i = 0;
	if (n >= (long)VL) {
		FN(vec) v = VLOAD(x);
		for (i = VL; i + (long)VL <= n; i += VL)
			v = FN(vmax)(v, VLOAD(x + i));
		for (int k = 0; k < (int)VL; k++)
			m = FN(max2)(m, v[k]);
	}
	for (; i < n; i++)
		m = FN(max2)(m, x[i]);
	return m;
}

/* One result: r0 runs, s0 apart, of r1 terms. */
static REAL FN(reduce_one)(const REAL *x, long r0, long s0, long r1, int is_max)
{
	double sum = 0;
	REAL m = -(REAL)INFINITY;
	for (long i = 0; i < r0; i++, x += s0) {
		if (is_max)
			m = FN(max2)(m, FN(max)(x, r1));
		else
			sum += FN(sum_long)(x, r1);
	}
	return is_max ? m : (REAL)sum;
}

/* n results side by side (n <= ELBO_TILE), so that the inner loop runs over contiguous memory. */
static void FN(reduce_side)(REAL *out, const REAL *x, long n, long r0, long s0, long r1, long s1, int is_max)
{
	double sum[ELBO_TILE];
	for (long k = 0; k < n; k++) {
		sum[k] = 0;
		out[k] = is_max ? -(REAL)INFINITY : 0;
	}
	for (long i = 0; i < r0; i++)
		for (long j = 0; j < r1; j++) {
			const REAL *row = x + i * s0 + j * s1;
			if (is_max)
				for (long k = 0; k < n; k++)
					out[k] = FN(max2)(out[k], row[k]);
			else
				for (long k = 0; k < n; k++)
					sum[k] += row[k];
		}
	for (long k = 0; k < n && !is_max; k++)
		out[k] = (REAL)sum[k];
}

/* Result v0 (k0, k1), source v1. d: k0, k1 and their source strides, r0, r1 (summed) and
 * theirs, 1 for the maximum, k0 of a chunk. The last axis is one that is kept or one that is
 * summed, so that either results or terms lie side by side. */
static void FN(reduce)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const long *d = in->d;
	REAL *out = (REAL *)ctx->ptr[in->v[0]];
	const REAL *x = (const REAL *)ctx->ptr[in->v[1]];
	long end = hi * d[9] < d[0] ? hi * d[9] : d[0];
	(void)tls;
	for (long i = lo * d[9]; i < end; i++) {
		const REAL *base = x + i * d[2];
		REAL *to = out + i * d[1];
		if (d[3] == 1)
			for (long j = 0; j < d[1]; j += ELBO_TILE)
				FN(reduce_side)(to + j, base + j, d[1] - j < ELBO_TILE ? d[1] - j : ELBO_TILE, d[4], d[6], d[5],
					d[7], (int)d[8]);
		else
			for (long j = 0; j < d[1]; j++)
				to[j] = FN(reduce_one)(base + j * d[3], d[4], d[6], d[5], (int)d[8]);
	}
}

/* Result v0, source v1, both (a, n, b), summed along n. d: a, n, b, 1 to start at the end. */
static void FN(cumsum)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	long n = in->d[1], b = in->d[2], back = in->d[3];
	(void)tls;
	for (long a = lo; a < hi; a++) {
		REAL *out = (REAL *)ctx->ptr[in->v[0]] + a * n * b;
		const REAL *x = (const REAL *)ctx->ptr[in->v[1]] + a * n * b;
		for (long j = 0; j < b; j += ELBO_TILE) {
			double sum[ELBO_TILE] = {0};
			long m = b - j < ELBO_TILE ? b - j : ELBO_TILE;
			for (long i = 0; i < n; i++) {
				long at = (back ? n - 1 - i : i) * b + j;
				for (long k = 0; k < m; k++)
					out[at + k] = (REAL)(sum[k] += x[at + k]);
			}
		}
	}
}

/* Result v0 (rows, width) += source v2 (n, width) at rows v1 (n), in order. d: n, width,
 * rows, columns of a chunk, 1 where a float64 accumulator (partial) is used. */
static void FN(scatter)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	long n = in->d[0], width = in->d[1], rows = in->d[2];
	long from = lo * in->d[3], to = hi * in->d[3] < width ? hi * in->d[3] : width;
	const int32_t *idx = (const int32_t *)ctx->ptr[in->v[1]];
	const REAL *src = (const REAL *)ctx->ptr[in->v[2]];
	REAL *out = (REAL *)ctx->ptr[in->v[0]];
	double *wide = (double *)in->partial;
	(void)tls;
	for (long r = 0; r < rows; r++)
		for (long j = from; j < to; j++)
			if (in->d[4])
				wide[r * width + j] = 0;
			else
				out[r * width + j] = 0;
	for (long i = 0; i < n; i++) {
		if ((uint32_t)idx[i] >= (uint64_t)rows) {
			elbo_fail(ctx, in, idx[i], rows);
			return;
		}
		long at = idx[i] * width;
		if (in->d[4])
			for (long j = from; j < to; j++)
				wide[at + j] += src[i * width + j];
		else
			for (long j = from; j < to; j++)
				out[at + j] += src[i * width + j];
	}
	if (in->d[4])
		for (long r = 0; r < rows; r++)
			for (long j = from; j < to; j++)
				out[r * width + j] = (REAL)wide[r * width + j];
}
