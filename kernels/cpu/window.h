/* Windows of images (N, H, W, C) as rows of a matrix, and back (kernels.Window). The pixels a
 * window sees of one image row are contiguous in both, so all work is on runs of KW*C elements. */

#define RUN_MOVE(type, dst, src) (*(type *)(dst) = (src) ? *(const type *)(src) : (type){0})

/* One window that lies between the left and the right edge of its image: rows [i0, i1) of kh runs
 * are inside. With wide set, short runs are moved as one vector of that many bytes: what it writes
 * behind the run is written again by the next one. */
static inline __attribute__((always_inline)) void FN(window_runs)(FN(lane) *dst, const FN(lane) *src, long apart,
	long run, long i0, long i1, long kh, const int wide)
{
	if (i0 > 0 || i1 < kh)
		memset(dst, 0, (size_t)(kh * run) * sizeof *dst);
	for (long i = i0; i < i1; i++) {
		if (wide == 16)
			*(FN(iquadu) *)(dst + i * run) = *(const FN(iquadu) *)(src + i * apart);
		else if (wide)
			*(FN(ivecu) *)(dst + i * run) = *(const FN(ivecu) *)(src + i * apart);
		else
			FN(copy_row)(dst + i * run, src + i * apart, run);
	}
	if (wide && i1 < kh)
		memset(dst + i1 * run, 0, (size_t)((kh - i1) * run) * sizeof *dst);
}

/* One window that the left or the right edge cuts: columns [from, to) of every run are inside. */
static void FN(window_edge)(FN(lane) *dst, const FN(lane) *src, long apart, long run, long i0, long i1, long kh,
	long from, long to)
{
	memset(dst, 0, (size_t)(kh * run) * sizeof *dst);
	for (long i = i0; i < i1; i++)
		for (long j = from; j < to; j++)
			dst[i * run + j] = src[i * apart + j];
}

/* Result v0 (N*OH*OW, KH*KW*C), images v1. Chunks are rows of the N*OH rows of windows. */
static void FN(im2col)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const long *d = in->d;
	long h = d[WIN_H], c = d[WIN_C], apart = d[WIN_W] * c, kh = d[WIN_KH], kw = d[WIN_KW], run = kw * c, size = kh * run;
	long end = hi * d[WIN_CHUNK] < d[WIN_ROWS] ? hi * d[WIN_CHUNK] : d[WIN_ROWS], first = lo * d[WIN_CHUNK];
	FN(lane) *dst = (FN(lane) *)ctx->ptr[in->v[0]] + first * d[WIN_OW] * size;
	const FN(lane) *images = (const FN(lane) *)ctx->ptr[in->v[1]], *stop = dst + (end - first) * d[WIN_OW] * size;
	int wide = run * (long)sizeof *dst <= 16 ? 16 : run <= (long)VL ? ELBO_VBYTES : 0;
	(void)tls;
	for (long r = first; r < end; r++) {
		long top = r % d[WIN_OH] * d[WIN_SY] - d[WIN_PY], i0 = top < 0 ? -top : 0, i1 = h - top < kh ? h - top : kh;
		for (long x = 0; x < d[WIN_OW]; x++, dst += size) {
			long left = x * d[WIN_SX] - d[WIN_PX];
			long from = left < 0 ? -left : 0, to = d[WIN_W] - left < kw ? d[WIN_W] - left : kw;
			const FN(lane) *src = images + (r / d[WIN_OH] * h + top) * apart + left * c;
			if (from > 0 || to < kw)
				FN(window_edge)(dst, src, apart, run, i0, i1, kh, from * c, to * c);
			else if (wide == 16 && dst + size + VL <= stop)
				FN(window_runs)(dst, src, apart, run, i0, i1, kh, 16);
			else if (wide && dst + size + VL <= stop)
				FN(window_runs)(dst, src, apart, run, i0, i1, kh, ELBO_VBYTES);
			else
				FN(window_runs)(dst, src, apart, run, i0, i1, kh, 0);
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

/* Rows [y0, y1) of one image: windows from top to bottom and left to right, which is the order of
 * the matrix in memory, so that it streams while the rows stay in the cache. */
static void FN(col2im_rows)(const long *d, REAL *image, const REAL *matrix, long y0, long y1)
{
	long w = d[WIN_W], c = d[WIN_C], kh = d[WIN_KH], kw = d[WIN_KW], ow = d[WIN_OW];
	long low = y0 + d[WIN_PY] - kh + 1, first = low > 0 ? (low + d[WIN_SY] - 1) / d[WIN_SY] : 0;
	memset(image + y0 * w * c, 0, (size_t)((y1 - y0) * w * c) * sizeof *image);
	for (long y = first; y < d[WIN_OH] && y * d[WIN_SY] - d[WIN_PY] < y1; y++) {
		long top = y * d[WIN_SY] - d[WIN_PY];
		long above = top < y0 ? y0 - top : 0, below = y1 - top < kh ? y1 - top : kh;
		const REAL *window = matrix + y * ow * kh * kw * c;
		for (long x = 0; x < ow; x++, window += kh * kw * c) {
			long left = x * d[WIN_SX] - d[WIN_PX];
			long from = left < 0 ? -left : 0, to = w - left < kw ? w - left : kw;
			for (long i = above; i < below; i++)
				FN(run_add)(image + ((top + i) * w + left + from) * c, window + (i * kw + from) * c, (to - from) * c);
		}
	}
}

/* Result v0 (N, H, W, C), matrix v1. Chunks are rows of the N*H rows of pixels; how they are cut
 * does not change the order of a pixel's sum. */
static void FN(col2im)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const long *d = in->d;
	long h = d[WIN_H], pixels = h * d[WIN_W] * d[WIN_C];
	long patches = d[WIN_OH] * d[WIN_OW] * d[WIN_KH] * d[WIN_KW] * d[WIN_C];
	long end = hi * d[WIN_CHUNK] < d[WIN_ROWS] ? hi * d[WIN_CHUNK] : d[WIN_ROWS];
	(void)tls;
	for (long r = lo * d[WIN_CHUNK]; r < end;) {
		long n = r / h, y0 = r % h, y1 = end - n * h < h ? end - n * h : h;
		FN(col2im_rows)(d, (REAL *)ctx->ptr[in->v[0]] + n * pixels, (const REAL *)ctx->ptr[in->v[1]] + n * patches, y0, y1);
		r += y1 - y0;
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
