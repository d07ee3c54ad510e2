/* Windows of images (N, H, W, C) as rows of a matrix, and back (kernels.Window). The pixels a
 * window sees of one image row are contiguous in both, so all work is on runs of KW*C elements. */

/* dst[0..n) = src[0..n), or zeros where src is null; without a call. */
static inline __attribute__((always_inline)) void FN(run_copy)(FN(lane) *dst, const FN(lane) *src, long n)
{
	if (src)
		FN(copy_row)(dst, src, n);
	else
		for (long j = 0; j < n; j++)
			dst[j] = 0;
}

/* Result v0 (N*OH*OW, KH*KW*C), images v1. Chunks are rows of the N*OH rows of windows. */
static void FN(im2col)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const long *d = in->d;
	long h = d[WIN_H], c = d[WIN_C], kw = d[WIN_KW], run = kw * c, oh = d[WIN_OH], ow = d[WIN_OW];
	long end = hi * d[WIN_CHUNK] < d[WIN_ROWS] ? hi * d[WIN_CHUNK] : d[WIN_ROWS];
	long first = lo * d[WIN_CHUNK];
	FN(lane) *dst = (FN(lane) *)ctx->ptr[in->v[0]] + first * ow * d[WIN_KH] * run;
	const FN(lane) *src = (const FN(lane) *)ctx->ptr[in->v[1]];
	(void)tls;
	for (long r = first; r < end; r++) {
		long top = r % oh * d[WIN_SY] - d[WIN_PY];
		const FN(lane) *image = src + r / oh * h * d[WIN_W] * c;
		for (long x = 0; x < ow; x++) {
			long left = x * d[WIN_SX] - d[WIN_PX];
			long from = left < 0 ? -left : 0, to = d[WIN_W] - left < kw ? d[WIN_W] - left : kw;
			for (long i = 0; i < d[WIN_KH]; i++, dst += run) {
				if ((unsigned long)(top + i) >= (unsigned long)h) {
					FN(run_copy)(dst, NULL, run);
					continue;
				}
				const FN(lane) *row = image + ((top + i) * d[WIN_W] + left) * c;
				if (from == 0 && to == kw) {
					FN(run_copy)(dst, row, run);
					continue;
				}
				FN(run_copy)(dst, NULL, from * c);
				FN(run_copy)(dst + from * c, row + from * c, (to - from) * c);
				FN(run_copy)(dst + to * c, NULL, (kw - to) * c);
			}
		}
	}
}

static inline __attribute__((always_inline)) void FN(run_add)(REAL *dst, const REAL *src, long n)
{
	long j = 0;
	for (; j + (long)VL <= n; j += VL)
		VSTORE(dst + j, VLOAD(dst + j) + VLOAD(src + j));
	for (; j < n; j++)
		dst[j] += src[j];
}

/* Result v0 (N, H, W, C), matrix v1. Chunks are rows of the N*H rows of pixels: each is summed
 * by one thread, over the rows of the window and then the windows from left to right. */
static void FN(col2im)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const long *d = in->d;
	long h = d[WIN_H], w = d[WIN_W], c = d[WIN_C], kw = d[WIN_KW], oh = d[WIN_OH], ow = d[WIN_OW];
	long end = hi * d[WIN_CHUNK] < d[WIN_ROWS] ? hi * d[WIN_CHUNK] : d[WIN_ROWS];
	const REAL *src = (const REAL *)ctx->ptr[in->v[1]];
	(void)tls;
	for (long r = lo * d[WIN_CHUNK]; r < end; r++) {
		REAL *row = (REAL *)ctx->ptr[in->v[0]] + r * w * c;
		memset(row, 0, (size_t)(w * c) * sizeof *row);
		for (long i = 0; i < d[WIN_KH]; i++) {
			long at = r % h + d[WIN_PY] - i;
			if (at < 0 || at % d[WIN_SY] != 0 || at / d[WIN_SY] >= oh)
				continue;
			const REAL *window = src + ((r / h * oh + at / d[WIN_SY]) * ow * d[WIN_KH] + i) * kw * c;
			for (long x = 0; x < ow; x++, window += d[WIN_KH] * kw * c) {
				long left = x * d[WIN_SX] - d[WIN_PX];
				long from = left < 0 ? -left : 0, to = w - left < kw ? w - left : kw;
				FN(run_add)(row + (left + from) * c, window + from * c, (to - from) * c);
			}
		}
	}
}

/* Result v0 (n, width), row numbers v1. d: n, width, stream, rows of a chunk; ext is the fill
 * function of tile.h. */
static void FN(uniform_rows)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	long width = in->d[1], end = hi * in->d[3] < in->d[0] ? hi * in->d[3] : in->d[0];
	const int32_t *idx = (const int32_t *)ctx->ptr[in->v[1]];
	(void)tls;
	for (long i = lo * in->d[3]; i < end; i++)
		((elbo_fill_fn)in->ext)((REAL *)ctx->ptr[in->v[0]] + i * width, 0, width, ctx->seed, (uint32_t)in->d[2],
			(uint32_t)idx[i]);
}
