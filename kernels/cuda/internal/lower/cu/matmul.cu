/* Small products C (m, n) = A (m, k) B (k, n), a batch of them (by): squares of 16 by 16 results a
 * block, strides of A and B given, so that transposes need no kernel of their own. Products of 16
 * terms are summed in the program's type and these sums in float64. */
ELBO_BODY void gemm(double *s, elbo_u32 bx, elbo_u32 by, real *c, const real *a, const real *b, elbo_i64 m, elbo_i64 n,
	elbo_i64 k, elbo_i64 a_row, elbo_i64 a_col, elbo_i64 b_row, elbo_i64 b_col, elbo_i64 across)
{
	real *ta = (real *)s, *tb = (real *)(s + 16 * 17);
	elbo_u32 x = threadIdx.x % 16u, y = threadIdx.x / 16u;
	elbo_i64 j, i = 16 * elbo_split(bx, across, &j) + y;
	double sum = 0.0;
	j = 16 * j + x;
	a += by * m * k;
	b += by * k * n;
	for (elbo_i64 p = 0; p < k; p += 16) {
		real part = (real)0;
		ta[y * 17u + x] = i < m && p + x < k ? a[i * a_row + (p + x) * a_col] : (real)0;
		tb[y * 17u + x] = j < n && p + y < k ? b[(p + y) * b_row + j * b_col] : (real)0;
		__syncthreads();
		for (elbo_u32 q = 0u; q < 16u; q++)
			part = real_fma(ta[y * 17u + q], tb[q * 17u + x], part);
		sum += (double)part;
		__syncthreads();
	}
	if (i < m && j < n)
		c[by * m * n + i * n + j] = (real)sum;
}
