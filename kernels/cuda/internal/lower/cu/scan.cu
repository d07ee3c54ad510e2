/* Running sums over n of (a, n, b), in float64, from the end where back. A line is one (a, b). */

/* One thread a line: neighbouring threads read neighbouring elements where b is not 1. */
ELBO_BODY void cumsum(double *s, elbo_u32 bx, elbo_u32 by, real *dst, const real *src, elbo_i64 lines, elbo_i64 n,
	elbo_i64 b, elbo_i64 back)
{
	elbo_i64 line = elbo_element(bx), j;
	if (line >= lines)
		return;
	elbo_i64 at = elbo_split(line, b, &j) * n * b + j + (back ? (n - 1) * b : 0), stride = back ? -b : b;
	double sum = 0.0;
	for (elbo_i64 i = 0; i < n; i++, at += stride)
		dst[at] = (real)(sum += (double)src[at]);
}

/* One block a line: 256 elements at a time, summed by doubling distances. */
ELBO_BODY void scan(double *s, elbo_u32 bx, elbo_u32 by, real *dst, const real *src, elbo_i64 n, elbo_i64 b,
	elbo_i64 back)
{
	elbo_i64 j, base = elbo_split(bx, b, &j) * n * b;
	elbo_u32 t = threadIdx.x;
	double carry = 0.0;
	base += j;
	for (elbo_i64 i = 0; i < n; i += ELBO_THREADS) {
		elbo_i64 k = i + t, at = base + (back ? n - 1 - k : k) * b;
		double *from = s, *to = s + ELBO_THREADS;
		from[t] = k < n ? (double)src[at] : 0.0;
		__syncthreads();
		for (elbo_u32 d = 1u; d < ELBO_THREADS; d *= 2u) {
			to[t] = t >= d ? from[t - d] + from[t] : from[t];
			__syncthreads();
			double *other = from;
			from = to;
			to = other;
		}
		if (k < n)
			dst[at] = (real)(carry + from[t]);
		carry += from[ELBO_THREADS - 1u];
		__syncthreads();
	}
}
