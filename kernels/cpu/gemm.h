/* C (M,N) = A (M,K) B (K,N) in the manner of Goto and van de Geijn (2008, "Anatomy of
 * high-performance matrix multiplication"): a register tile of MR x NR, panels of K that fit the
 * caches. Every element of C is one chain of fused multiply-adds over ascending k, restarted
 * with every pass of at most KC terms, so that its bits do not depend on how C is cut into chunks.
 *
 * A is read at any row and column stride, so only operands that would walk the cache badly are
 * packed: B where it is transposed or its rows lie a power of two apart, A where enough columns
 * of C reuse it. Reading past the last column is harmless: every allocation has slack.
 */

#define GEMM_KC 256
#define GEMM_NV 2                           /* vectors of a register tile's row */
#define GEMM_NR (GEMM_NV * (long)VL)
#if ELBO_LEVEL == 4
#define GEMM_MR 12
#else
#define GEMM_MR 6
#endif
#define GEMM_MC (12L * GEMM_MR)

enum FN(gemm_mode) { FN(gemm_set), FN(gemm_add), FN(gemm_sub) };

/* A matrix by its strides of rows and columns. */
typedef struct {
	const REAL *p;
	long rs, cs;
} FN(mat);

/* Stores the first cols of a row of the register tile. */
static inline __attribute__((always_inline)) void FN(gemm_row)(REAL *c, const FN(vec) *acc, int nv, long cols, int mode)
{
	REAL t[GEMM_NR];
	if (cols >= nv * (long)VL) {
		for (int v = 0; v < nv; v++) {
			FN(vec) x = acc[v];
			if (mode == FN(gemm_add))
				x = VLOAD(c + v * VL) + x;
			else if (mode == FN(gemm_sub))
				x = VLOAD(c + v * VL) - x;
			VSTORE(c + v * VL, x);
		}
		return;
	}
	for (int v = 0; v < nv; v++)
		VSTORE(t + v * VL, acc[v]);
	for (long j = 0; j < cols; j++)
		c[j] = mode == FN(gemm_set) ? t[j] : mode == FN(gemm_add) ? c[j] + t[j] : c[j] - t[j];
}

/* The register tile: mr rows by nv vectors of columns, over k terms. mr and nv are constants
 * after inlining, so that acc lives in registers. */
static inline __attribute__((always_inline)) void FN(gemm_tile)(const int mr, const int nv, long k, const REAL *a,
	long rs, long cs, const REAL *b, long ldb, REAL *c, long ldc, long cols, int mode)
{
	FN(vec) acc[GEMM_MR][GEMM_NV];
#pragma GCC unroll 12
	for (int i = 0; i < mr; i++)
#pragma GCC unroll 2
		for (int v = 0; v < nv; v++)
			acc[i][v] = (FN(vec)){0};
	if (mode == FN(gemm_set)) /* the first pass finds C far away: ask for its lines now */
#pragma GCC unroll 12
		for (int i = 0; i < mr; i++) {
			__builtin_prefetch(c + i * ldc, 1);
			__builtin_prefetch(c + i * ldc + nv * VL - 1, 1);
		}
	for (long p = 0; p < k; p++) {
		FN(vec) x[GEMM_NV];
#pragma GCC unroll 2
		for (int v = 0; v < nv; v++)
			x[v] = VLOAD(b + v * VL);
#pragma GCC unroll 12
		for (int i = 0; i < mr; i++) {
			FN(vec) s = FN(splat)(a[i * rs]);
#pragma GCC unroll 2
			for (int v = 0; v < nv; v++)
				acc[i][v] = VFMA(s, x[v], acc[i][v]);
		}
		a += cs;
		b += ldb;
	}
#pragma GCC unroll 12
	for (int i = 0; i < mr; i++)
		FN(gemm_row)(c + i * ldc, acc[i], nv, cols, mode);
}

#define GEMM_CASE(mr, nv) \
	static __attribute__((noinline)) void FN(gemm_##mr##_##nv)(long k, const REAL *a, long rs, long cs, const REAL *b, \
		long ldb, REAL *c, long ldc, long cols, int mode) \
	{ \
		FN(gemm_tile)(mr, nv, k, a, rs, cs, b, ldb, c, ldc, cols, mode); \
	}
#if ELBO_LEVEL == 4
GEMM_CASE(12, 2)
GEMM_CASE(8, 2)
GEMM_CASE(12, 1)
GEMM_CASE(8, 1)
#else
GEMM_CASE(6, 2)
GEMM_CASE(6, 1)
#endif
GEMM_CASE(4, 2)
GEMM_CASE(2, 2)
GEMM_CASE(1, 2)
GEMM_CASE(4, 1)
GEMM_CASE(2, 1)
GEMM_CASE(1, 1)
#undef GEMM_CASE

/* One column panel (cols <= NR) against m rows of A. */
static void FN(gemm_panel)(long m, long cols, long k, FN(mat) a, const REAL *b, long ldb, REAL *c, long ldc, int mode)
{
#define GEMM_STEP(mr) \
	for (; m >= mr; m -= mr, a.p += mr * a.rs, c += mr * ldc) \
		if (cols > (long)VL) \
			FN(gemm_##mr##_2)(k, a.p, a.rs, a.cs, b, ldb, c, ldc, cols, mode); \
		else \
			FN(gemm_##mr##_1)(k, a.p, a.rs, a.cs, b, ldb, c, ldc, cols, mode);
#if ELBO_LEVEL == 4
	GEMM_STEP(12)
	GEMM_STEP(8)
#else
	GEMM_STEP(6)
#endif
	GEMM_STEP(4)
	GEMM_STEP(2)
	GEMM_STEP(1)
#undef GEMM_STEP
}

/* Packs k columns of m rows of A into blocks of MR rows, column by column. */
static void FN(pack_a)(FN(mat) a, long m, long k, REAL *to)
{
	for (long i = 0; i < m; i += GEMM_MR, a.p += GEMM_MR * a.rs) {
		long rows = m - i < GEMM_MR ? m - i : GEMM_MR;
		if (a.cs == 1)
			FN(flip)((FN(lane) *)to, GEMM_MR, (const FN(lane) *)a.p, a.rs, k, rows);
		else
			for (long p = 0; p < k; p++)
				for (long r = 0; r < rows; r++)
					to[p * GEMM_MR + r] = a.p[r * a.rs + p * a.cs];
		to += GEMM_MR * k;
	}
}

/* Packs k rows of n columns of B into panels of NR columns, row by row. */
static void FN(pack_b)(FN(mat) b, long k, long n, REAL *to)
{
	for (long j = 0; j < n; j += GEMM_NR, b.p += GEMM_NR * b.cs) {
		long cols = n - j < GEMM_NR ? n - j : GEMM_NR;
		if (b.rs == 1)
			FN(flip)((FN(lane) *)to, GEMM_NR, (const FN(lane) *)b.p, b.cs, k, cols);
		else
			for (long p = 0; p < k; p++)
				for (long q = 0; q < cols; q++)
					to[p * GEMM_NR + q] = b.p[p * b.rs + q * b.cs];
		to += GEMM_NR * k;
	}
}

/* Packed sizes in elements, with room for what is read past a last short block; the
 * scratch of a thread in bytes. */
#define GEMM_PACK_A ((GEMM_MC + GEMM_MR) * GEMM_KC)
#define GEMM_NC 512L
#define GEMM_TLS(size) ((GEMM_PACK_A + GEMM_KC * (GEMM_NC + GEMM_NV * ELBO_VBYTES / size)) * size + ELBO_SLACK)

/* Terms of a pass over C: all but equal parts of at most KC. */
static long FN(gemm_step)(long k)
{
	long passes = (k + GEMM_KC - 1) / GEMM_KC;
	return passes > 1 ? (k + passes - 1) / passes : GEMM_KC;
}

/* C = A B, C += A B or C -= A B on one thread; tls holds GEMM_TLS bytes. */
static void FN(gemm)(long m, long n, long k, FN(mat) a, FN(mat) b, REAL *c, long ldc, int mode, char *tls)
{
	REAL *ap = (REAL *)tls, *bp = ap + GEMM_PACK_A;
	long apart = b.rs * (long)sizeof(REAL);
	int pack_b = b.cs != 1 || (m > GEMM_MR && k > 32 && apart % 1024 == 0) || m > 512;
	int pack_a = n > 2 * GEMM_NR && (a.rs != 1 || a.cs * (long)sizeof(REAL) % 1024 == 0);
	long step = FN(gemm_step)(k);
	for (long jc = 0; jc < n; jc += GEMM_NC) {
		long nc = n - jc < GEMM_NC ? n - jc : GEMM_NC;
		for (long pc = 0; pc < k; pc += step) {
			long kc = k - pc < step ? k - pc : step;
			int how = pc > 0 && mode == FN(gemm_set) ? FN(gemm_add) : mode;
			FN(mat) bb = {b.p + pc * b.rs + jc * b.cs, b.rs, b.cs};
			if (pack_b)
				FN(pack_b)(bb, kc, nc, bp);
			for (long ic = 0; ic < m; ic += GEMM_MC) {
				long mc = m - ic < GEMM_MC ? m - ic : GEMM_MC;
				FN(mat) aa = {a.p + ic * a.rs + pc * a.cs, a.rs, a.cs};
				if (pack_a)
					FN(pack_a)(aa, mc, kc, ap);
				for (long j = 0; j < nc; j += GEMM_NR) {
					long cols = nc - j < GEMM_NR ? nc - j : GEMM_NR;
					const REAL *bj = pack_b ? bp + j * kc : bb.p + j;
					long ldb = pack_b ? GEMM_NR : bb.rs;
					REAL *cj = c + ic * ldc + jc + j;
					if (!pack_a) {
						FN(gemm_panel)(mc, cols, kc, aa, bj, ldb, cj, ldc, how);
						continue;
					}
					for (long i = 0; i < mc; i += GEMM_MR) {
						FN(mat) ai = {ap + i * kc, 1, GEMM_MR};
						FN(gemm_panel)(mc - i < GEMM_MR ? mc - i : GEMM_MR, cols, kc, ai, bj, ldb, cj + i * ldc,
							ldc, how);
					}
				}
			}
		}
	}
}

/* Result v0 (batch, m, n), operands v1, v2. d: 0 m, 1 n, 2 k, 3-4 strides of A, 5-6 of B,
 * 7-9 batch strides of A, B, C, 10 rows of a block of C, 11 columns, 12 row blocks, 13 column
 * blocks. Chunks walk the batch, then row blocks, then column blocks. */
static void FN(matmul)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const long *d = in->d;
	for (long chunk = lo; chunk < hi; chunk++) {
		long j = chunk % d[13] * d[11], rest = chunk / d[13], i = rest % d[12] * d[10], batch = rest / d[12];
		FN(mat) a = {(const REAL *)ctx->ptr[in->v[1]] + batch * d[7] + i * d[3], d[3], d[4]};
		FN(mat) b = {(const REAL *)ctx->ptr[in->v[2]] + batch * d[8] + j * d[6], d[5], d[6]};
		REAL *c = (REAL *)ctx->ptr[in->v[0]] + batch * d[9] + i * d[1] + j;
		long m = d[0] - i < d[10] ? d[0] - i : d[10], n = d[1] - j < d[11] ? d[1] - j : d[11];
		FN(gemm)(m, n, d[2], a, b, c, d[1], FN(gemm_set), tls);
	}
}

/* The same for few elements of C and many terms: chunk c makes the partial product of terms
 * [c*d[10], (c+1)*d[10]), and the finisher adds them in float64. */
static void FN(matmul_split)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const long *d = in->d;
	for (long chunk = lo; chunk < hi; chunk++) {
		long p = chunk * d[10], k = d[2] - p < d[10] ? d[2] - p : d[10];
		FN(mat) a = {(const REAL *)ctx->ptr[in->v[1]] + p * d[4], d[3], d[4]};
		FN(mat) b = {(const REAL *)ctx->ptr[in->v[2]] + p * d[5], d[5], d[6]};
		FN(gemm)(d[0], d[1], k, a, b, (REAL *)in->partial + chunk * d[0] * d[1], d[1], FN(gemm_set), tls);
	}
}

static void FN(split_fin)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const REAL *partial = (const REAL *)in->partial;
	REAL *out = (REAL *)ctx->ptr[in->v[0]];
	long size = in->d[0] * in->d[1];
	(void)tls;
	for (long i = 0; i < size; i++) {
		double s = 0;
		for (long c = lo; c < hi; c++)
			s += partial[c * size + i];
		out[i] = (REAL)s;
	}
}
