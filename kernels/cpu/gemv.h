/* Products of a row-major matrix A (m, n) with a vector, at the rate A comes from memory. */

/* y[i] = sum_j A[i,j] x[j] for rows [0, m): four rows at once, lanes over j. */
static void FN(rows_dot)(const REAL *a, long lda, const REAL *x, REAL *y, long m, long n)
{
	long whole = n - n % (long)VL, left = n - whole;
	FN(vec) xt = left ? FN(first)(VLOAD(x + whole), left) : (FN(vec)){0};
	long i = 0;
	for (; i + 4 <= m; i += 4, a += 4 * lda) {
		FN(vec) s0 = {0}, s1 = s0, s2 = s0, s3 = s0;
		for (long j = 0; j < whole; j += VL) {
			FN(vec) v = VLOAD(x + j);
			s0 = VFMA(VLOAD(a + j), v, s0);
			s1 = VFMA(VLOAD(a + lda + j), v, s1);
			s2 = VFMA(VLOAD(a + 2 * lda + j), v, s2);
			s3 = VFMA(VLOAD(a + 3 * lda + j), v, s3);
		}
		if (left) {
			s0 = VFMA(FN(first)(VLOAD(a + whole), left), xt, s0);
			s1 = VFMA(FN(first)(VLOAD(a + lda + whole), left), xt, s1);
			s2 = VFMA(FN(first)(VLOAD(a + 2 * lda + whole), left), xt, s2);
			s3 = VFMA(FN(first)(VLOAD(a + 3 * lda + whole), left), xt, s3);
		}
		y[i] = FN(lanes)(s0);
		y[i + 1] = FN(lanes)(s1);
		y[i + 2] = FN(lanes)(s2);
		y[i + 3] = FN(lanes)(s3);
	}
	for (; i < m; i++, a += lda) {
		FN(vec) s = {0};
		for (long j = 0; j < whole; j += VL)
			s = VFMA(VLOAD(a + j), VLOAD(x + j), s);
		if (left)
			s = VFMA(FN(first)(VLOAD(a + whole), left), xt, s);
		y[i] = FN(lanes)(s);
	}
}

/* Result v0 (batch, m), matrix v1 (batch, m, n), vector v2 (batch, n). d: m, n, rows of a
 * chunk, row chunks, 4-6 batch strides of matrix, vector, result. */
static void FN(gemv_n)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const long *d = in->d;
	(void)tls;
	for (long c = lo; c < hi; c++) {
		long i = c % d[3] * d[2], batch = c / d[3], rows = d[0] - i < d[2] ? d[0] - i : d[2];
		FN(rows_dot)((const REAL *)ctx->ptr[in->v[1]] + batch * d[4] + i * d[1], d[1],
			(const REAL *)ctx->ptr[in->v[2]] + batch * d[5], (REAL *)ctx->ptr[in->v[0]] + batch * d[6] + i, rows, d[1]);
	}
}

/* y[j] = sum_i A[i,j] x[i] for nv vectors of columns kept in registers. */
static inline __attribute__((always_inline)) void FN(cols_tile)(const int nv, const REAL *a, long lda, const REAL *x,
	REAL *y, long m, long cols)
{
	FN(vec) acc[8];
#pragma GCC unroll 8
	for (int v = 0; v < nv; v++)
		acc[v] = (FN(vec)){0};
	for (long i = 0; i < m; i++, a += lda) {
		FN(vec) s = FN(splat)(x[i]);
#pragma GCC unroll 8
		for (int v = 0; v < nv; v++)
			acc[v] = VFMA(s, VLOAD(a + v * VL), acc[v]);
	}
	REAL t[8 * VL];
#pragma GCC unroll 8
	for (int v = 0; v < nv; v++)
		VSTORE(t + v * VL, acc[v]);
	memcpy(y, t, (size_t)cols * sizeof *y);
}

static void FN(cols_sum)(const REAL *a, long lda, const REAL *x, REAL *y, long m, long n)
{
	for (long j = 0; j < n; j += 8 * VL) {
		long cols = n - j < 8 * (long)VL ? n - j : 8 * (long)VL;
		switch ((cols + VL - 1) / VL) {
		case 1: FN(cols_tile)(1, a + j, lda, x, y + j, m, cols); break;
		case 2: FN(cols_tile)(2, a + j, lda, x, y + j, m, cols); break;
		case 3: FN(cols_tile)(3, a + j, lda, x, y + j, m, cols); break;
		case 4: FN(cols_tile)(4, a + j, lda, x, y + j, m, cols); break;
		case 5: FN(cols_tile)(5, a + j, lda, x, y + j, m, cols); break;
		case 6: FN(cols_tile)(6, a + j, lda, x, y + j, m, cols); break;
		case 7: FN(cols_tile)(7, a + j, lda, x, y + j, m, cols); break;
		default: FN(cols_tile)(8, a + j, lda, x, y + j, m, cols); break;
		}
	}
}

/* Result v0 (batch, n), matrix v1 (batch, m, n), vector v2 (batch, m). d as in gemv_n. A chunk leaves
 * the sums of its rows in partial, at most GEMV_ROWS rows added in one float32 chain. */
static void FN(gemv_t)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const long *d = in->d;
	(void)tls;
	for (long c = lo; c < hi; c++) {
		long i = c % d[3] * d[2], batch = c / d[3], rows = d[0] - i < d[2] ? d[0] - i : d[2];
		FN(cols_sum)((const REAL *)ctx->ptr[in->v[1]] + batch * d[4] + i * d[1], d[1],
			(const REAL *)ctx->ptr[in->v[2]] + batch * d[5] + i, (REAL *)in->partial + c * d[1], rows, d[1]);
	}
}

static void FN(gemv_t_fin)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const long *d = in->d;
	(void)tls;
	for (long b = lo / d[3]; b < hi / d[3]; b++) {
		REAL *y = (REAL *)ctx->ptr[in->v[0]] + b * d[6];
		const REAL *part = (const REAL *)in->partial + b * d[3] * d[1];
		for (long j = 0; j < d[1]; j++) {
			double s = 0;
			for (long c = 0; c < d[3]; c++)
				s += part[c * d[1] + j];
			y[j] = (REAL)s;
		}
	}
}
