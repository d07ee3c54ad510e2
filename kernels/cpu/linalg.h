/* Cholesky factors and triangular solves, recursive halving: all but blocks of LEAF rows is
 * GEMM. A pivot that is not positive becomes NaN and everything after it with it. */

#define LEAF 24

/* row -= f * other */
static inline void FN(sub_row)(REAL *restrict row, const REAL *restrict other, REAL f, long n)
{
	for (long j = 0; j < n; j++)
		row[j] -= f * other[j];
}

/* Strictly upper part is not touched. Column by column: the rows below lose the column's share
 * in loops over contiguous memory. */
static void FN(chol_leaf)(REAL *a, long lda, long n)
{
	REAL col[LEAF];
	for (long j = 0; j < n; j++) {
		REAL s = a[j * lda + j], pivot = s > 0 ? (REAL)sqrt((double)s) : (REAL)NAN;
		a[j * lda + j] = pivot;
		for (long i = j + 1; i < n; i++)
			col[i] = a[i * lda + j] /= pivot;
		for (long i = j + 1; i < n; i++)
			FN(sub_row)(a + i * lda + j + 1, col + j + 1, col[i], i - j);
	}
}

/* X Lᵀ = B in place: B (m, n), L (n, n). The leaf walks columns of L, laid out as rows first. */
static void FN(solve_right)(const REAL *l, long ldl, long n, REAL *b, long ldb, long m, char *tls)
{
	if (n > LEAF) {
		long h = n / 2;
		FN(solve_right)(l, ldl, h, b, ldb, m, tls);
		FN(mat) x = {b, ldb, 1}, lt = {l + h * ldl, 1, ldl};
		FN(gemm)(m, n - h, h, x, lt, b + h, ldb, FN(gemm_sub), tls);
		FN(solve_right)(l + h * ldl + h, ldl, n - h, b + h, ldb, m, tls);
		return;
	}
	REAL t[LEAF][LEAF] = {{0}}, row[LEAF] = {0};
	for (long k = 0; k < n; k++)
		for (long p = k; p < n; p++)
			t[k][p] = l[p * ldl + k];
	for (long i = 0; i < m; i++, b += ldb) {
		memcpy(row, b, (size_t)n * sizeof *b);
		for (long k = 0; k < n; k++) {
			REAL x = row[k] / t[k][k];
			for (long p = 0; p < LEAF; p++) /* columns up to k are done: t is zero there, or the pivot */
				row[p] -= x * t[k][p];
			b[k] = x;
		}
	}
}

/* C -= X Xᵀ, the lower triangle in blocks of rows (the blocks reach a little above it). */
static void FN(syrk)(const REAL *x, long ldx, long k, REAL *c, long ldc, long n, char *tls)
{
	enum { ROWS = 96 };
	for (long i = 0; i < n; i += ROWS) {
		long rows = n - i < ROWS ? n - i : ROWS;
		FN(mat) a = {x + i * ldx, ldx, 1}, b = {x, 1, ldx};
		FN(gemm)(rows, i + rows, k, a, b, c + i * ldc, ldc, FN(gemm_sub), tls);
	}
}

static void FN(chol)(REAL *a, long lda, long n, char *tls)
{
	if (n <= LEAF) {
		FN(chol_leaf)(a, lda, n);
		return;
	}
	long h = n / 2;
	FN(chol)(a, lda, h, tls);
	FN(solve_right)(a, lda, h, a + h * lda, lda, n - h, tls);
	FN(syrk)(a + h * lda, lda, h, a + h * lda + h, lda, n - h, tls);
	FN(chol)(a + h * lda + h, lda, n - h, tls);
}

/* Result v0, source v1, both (batch, n, n). d: batch, n. */
static void FN(cholesky)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	long n = in->d[1];
	for (long b = lo; b < hi; b++) {
		REAL *l = (REAL *)ctx->ptr[in->v[0]] + b * n * n;
		memcpy(l, (const REAL *)ctx->ptr[in->v[1]] + b * n * n, (size_t)(n * n) * sizeof *l);
		FN(chol)(l, n, n, tls);
		for (long i = 0; i < n; i++)
			memset(l + i * n + i + 1, 0, (size_t)(n - i - 1) * sizeof *l);
	}
}

/* L X = B in place, B (n, m). */
static void FN(solve_lower)(const REAL *l, long ldl, long n, REAL *b, long ldb, long m, char *tls)
{
	if (n > LEAF && m > 1) {
		long h = n / 2;
		FN(solve_lower)(l, ldl, h, b, ldb, m, tls);
		FN(mat) a = {l + h * ldl, ldl, 1}, x = {b, ldb, 1};
		FN(gemm)(n - h, m, h, a, x, b + h * ldb, ldb, FN(gemm_sub), tls);
		FN(solve_lower)(l + h * ldl + h, ldl, n - h, b + h * ldb, ldb, m, tls);
		return;
	}
	for (long i = 0; i < n; i++) {
		REAL pivot = l[i * ldl + i];
		if (m == 1 && ldb == 1) {
			REAL dot;
			FN(rows_dot)(l + i * ldl, ldl, b, &dot, 1, i);
			b[i] = (b[i] - dot) / pivot;
			continue;
		}
		for (long p = 0; p < i; p++)
			FN(sub_row)(b + i * ldb, b + p * ldb, l[i * ldl + p], m);
		for (long j = 0; j < m; j++)
			b[i * ldb + j] /= pivot;
	}
}

/* Lᵀ X = B in place, B (n, m). */
static void FN(solve_upper)(const REAL *l, long ldl, long n, REAL *b, long ldb, long m, char *tls)
{
	if (n > LEAF && m > 1) {
		long h = n / 2;
		FN(solve_upper)(l + h * ldl + h, ldl, n - h, b + h * ldb, ldb, m, tls);
		FN(mat) a = {l + h * ldl, 1, ldl}, x = {b + h * ldb, ldb, 1};
		FN(gemm)(h, m, n - h, a, x, b, ldb, FN(gemm_sub), tls);
		FN(solve_upper)(l, ldl, h, b, ldb, m, tls);
		return;
	}
	for (long i = n - 1; i >= 0; i--) {
		REAL pivot = l[i * ldl + i];
		for (long j = 0; j < m; j++)
			b[i * ldb + j] /= pivot;
		if (m == 1 && ldb == 1)
			FN(sub_row)(b, l + i * ldl, b[i], i);
		else
			for (long p = 0; p < i; p++)
				FN(sub_row)(b + p * ldb, b + i * ldb, l[i * ldl + p], m);
	}
}

/* Result v0 (n, m), triangle v1, right-hand sides v2. d: n, m, 1 to solve with Lᵀ. */
static void FN(trisolve)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	long n = in->d[0], m = in->d[1];
	const REAL *l = (const REAL *)ctx->ptr[in->v[1]];
	REAL *x = (REAL *)ctx->ptr[in->v[0]];
	(void)lo, (void)hi;
	memcpy(x, ctx->ptr[in->v[2]], (size_t)(n * m) * sizeof *x);
	if (in->d[2])
		FN(solve_upper)(l, n, n, x, m, m, tls);
	else
		FN(solve_lower)(l, n, n, x, m, m, tls);
}
