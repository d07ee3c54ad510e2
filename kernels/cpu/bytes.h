/* Rows of bytes by index, for data that stays as small on the device as in its file. */

/* Result v0 (n, width), table v1 (rows, width), indices v2 (n). d: n, width, rows, n of a chunk.
 * A row of an image is a few lines, which are asked for ahead as in gather (move.h). */
static void gather_bytes(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	enum { AHEAD = 6, MOST = 32 };
	long width = in->d[1], rows = in->d[2], end = hi * in->d[3] < in->d[0] ? hi * in->d[3] : in->d[0];
	const char *table = ctx->ptr[in->v[1]];
	const int32_t *idx = (const int32_t *)ctx->ptr[in->v[2]];
	(void)tls;
	for (long i = lo * in->d[3]; i < end; i++) {
		if (i + AHEAD < end && (uint32_t)idx[i + AHEAD] < (uint64_t)rows) {
			const char *ask = table + idx[i + AHEAD] * width;
			for (long line = 0; line < MOST && 64 * line < width; line++)
				__builtin_prefetch(ask + 64 * line, 0, 3);
		}
		if ((uint32_t)idx[i] >= (uint64_t)rows) {
			elbo_fail(ctx, in, idx[i], rows);
			return;
		}
		memcpy(ctx->ptr[in->v[0]] + i * width, table + idx[i] * width, (size_t)width);
	}
}
