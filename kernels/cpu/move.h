/* Data movement by element size: strided copies, row gather, triangles. Elements are moved
 * as integers, so that any type of the size will do. */

static void FN(zero)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	(void)lo, (void)hi, (void)tls;
	memset(ctx->ptr[in->v[0]], 0, (size_t)in->d[0]);
}

/* A square of 16 bytes a row, transposed in registers. */
#if REAL_BITS == 32
#define FLIP_SIDE 4L
static inline __attribute__((always_inline)) void FN(flip_square)(FN(lane) *dst, long ds, const FN(lane) *src, long ss)
{
	FN(iquad) a = *(const FN(iquadu) *)src, b = *(const FN(iquadu) *)(src + ss);
	FN(iquad) c = *(const FN(iquadu) *)(src + 2 * ss), d = *(const FN(iquadu) *)(src + 3 * ss);
	FN(iquad) ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
	FN(iquad) ef = __builtin_shufflevector(a, b, 2, 6, 3, 7), gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
	*(FN(iquadu) *)dst = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
	*(FN(iquadu) *)(dst + ds) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
	*(FN(iquadu) *)(dst + 2 * ds) = __builtin_shufflevector(ef, gh, 0, 1, 4, 5);
	*(FN(iquadu) *)(dst + 3 * ds) = __builtin_shufflevector(ef, gh, 2, 3, 6, 7);
}
#else
#define FLIP_SIDE 2L
static inline __attribute__((always_inline)) void FN(flip_square)(FN(lane) *dst, long ds, const FN(lane) *src, long ss)
{
	FN(iquad) a = *(const FN(iquadu) *)src, b = *(const FN(iquadu) *)(src + ss);
	*(FN(iquadu) *)dst = __builtin_shufflevector(a, b, 0, 2);
	*(FN(iquadu) *)(dst + ds) = __builtin_shufflevector(a, b, 1, 3);
}
#endif

/* dst[i*ds + j] = src[j*ss + i] for i < n, j < m, in strips that stay in the cache. */
static void FN(flip)(FN(lane) *dst, long ds, const FN(lane) *src, long ss, long n, long m)
{
	enum { STRIP = 64 };
	for (long ib = 0; ib < n; ib += STRIP) {
		long ie = ib + STRIP < n ? ib + STRIP : n, j = 0;
		for (; j + FLIP_SIDE <= m; j += FLIP_SIDE) {
			long i = ib;
			for (; i + FLIP_SIDE <= ie; i += FLIP_SIDE)
				FN(flip_square)(dst + i * ds + j, ds, src + j * ss + i, ss);
			for (; i < ie; i++)
				for (long k = j; k < j + FLIP_SIDE; k++)
					dst[i * ds + k] = src[k * ss + i];
		}
		for (; j < m; j++)
			for (long i = ib; i < ie; i++)
				dst[i * ds + j] = src[j * ss + i];
	}
}
#undef FLIP_SIDE

/* The two last axes: extents n, m; strides of dst (d0, d1) and src (s0, s1). */
static void FN(copy_plane)(FN(lane) *dst, long d0, long d1, const FN(lane) *src, long s0, long s1, long n, long m)
{
	if (s0 == 1 && d1 == 1 && s1 != 1) {
		FN(flip)(dst, d0, src, s1, n, m);
		return;
	}
	for (long i = 0; i < n; i++) {
		FN(lane) *d = dst + i * d0;
		const FN(lane) *s = src + i * s0;
		if (d1 == 1 && s1 == 1)
			memcpy(d, s, (size_t)m * sizeof *d);
		else if (d1 == 1 && s1 == 0)
			for (long j = 0; j < m; j++)
				d[j] = *s;
		else
			for (long j = 0; j < m; j++)
				d[j * d1] = s[j * s1];
	}
}

/* Result v0, source v1. d: 0-3 extents, 4-7 strides of the result, 8-11 of the source,
 * 12, 13 offsets of both, 14 extent of axis 0 in a chunk. */
static void FN(copy)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const long *d = in->d;
	FN(lane) *dst = (FN(lane) *)ctx->ptr[in->v[0]] + d[12];
	const FN(lane) *src = (const FN(lane) *)ctx->ptr[in->v[1]] + d[13];
	long end = hi * d[14] < d[0] ? hi * d[14] : d[0];
	(void)tls;
	if (dst == src)
		return;
	for (long i = lo * d[14]; i < end; i++)
		for (long j = 0; j < d[1]; j++)
			FN(copy_plane)(dst + i * d[4] + j * d[5], d[6], d[7], src + i * d[8] + j * d[9], d[10], d[11],
				d[2], d[3]);
}

/* Asks for lines of a row ahead of its use: for the second level cache (level 2) or the first (3). */
#define ASK_FOR(row, level) \
	if ((uint32_t)(row) < (uint64_t)rows) { \
		const char *ask = (const char *)(table + (row) * width), *last = ask + 64 * lines; \
		for (; ask < last; ask += 64) \
			__builtin_prefetch(ask, 0, level); \
	}

/* Copies a row without a call; the last vector overlaps the one before. */
static inline __attribute__((always_inline)) void FN(copy_row)(FN(lane) *dst, const FN(lane) *src, long width)
{
	if (width < (long)VL) {
		for (long j = 0; j < width; j++)
			dst[j] = src[j];
		return;
	}
	for (long j = 0; j + (long)VL <= width; j += VL)
		*(FN(ivecu) *)(dst + j) = *(const FN(ivecu) *)(src + j);
	*(FN(ivecu) *)(dst + width - VL) = *(const FN(ivecu) *)(src + width - VL);
}

/* Result v0 (n, width), table v1 (rows, width), indices v2 (n). d: n, width, rows, n of a
 * chunk. Random rows wait for memory, not for bandwidth: asking the second level cache 20 rows
 * ahead and the first 5 ahead takes 512 rows of 400 bytes from 26 to 12 µs. */
static void FN(gather)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	enum { FAR = 20, NEAR = 5 };
	long width = in->d[1], rows = in->d[2], end = hi * in->d[3] < in->d[0] ? hi * in->d[3] : in->d[0];
	const FN(lane) *table = (const FN(lane) *)ctx->ptr[in->v[1]];
	const int32_t *idx = (const int32_t *)ctx->ptr[in->v[2]];
	FN(lane) *out = (FN(lane) *)ctx->ptr[in->v[0]];
	long lines = (width * (long)sizeof *table + 63) / 64;
	lines = lines < 64 ? lines : 64;
	(void)tls;
	for (long i = lo * in->d[3]; i < end; i++) {
		if (i + FAR < end)
			ASK_FOR(idx[i + FAR], 2)
		if (i + NEAR < end)
			ASK_FOR(idx[i + NEAR], 3)
		if ((uint32_t)idx[i] >= (uint64_t)rows) {
			elbo_fail(ctx, in, idx[i], rows);
			return;
		}
		FN(copy_row)(out + i * width, table + idx[i] * width, width);
	}
}
#undef ASK_FOR

/* Result v0, source v1, both (batch, n, m). d: batch, n, m, offset of the diagonal. */
static void FN(tril)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	long n = in->d[1], m = in->d[2];
	FN(lane) *dst = (FN(lane) *)ctx->ptr[in->v[0]];
	const FN(lane) *src = (const FN(lane) *)ctx->ptr[in->v[1]];
	(void)lo, (void)hi, (void)tls;
	for (long r = 0; r < in->d[0] * n; r++, dst += m, src += m) {
		long keep = r % n + 1 + in->d[3];
		keep = keep < 0 ? 0 : keep > m ? m : keep;
		memcpy(dst, src, (size_t)keep * sizeof *dst);
		memset(dst + keep, 0, (size_t)(m - keep) * sizeof *dst);
	}
}
