/* Values made from nothing or converted: counters, step number, minibatch rows, casts. */

/* d: rows, n. */
static void FN(iota)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	REAL *out = (REAL *)ctx->ptr[in->v[0]];
	(void)lo, (void)hi, (void)tls;
	for (long r = 0; r < in->d[0]; r++, out += in->d[1])
		for (long i = 0; i < in->d[1]; i++)
			out[i] = (REAL)i;
}

static void FN(step)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	(void)lo, (void)hi, (void)tls;
	*(REAL *)ctx->ptr[in->v[0]] = (REAL)ctx->step;
}

/* Casts. d: elements, elements of a chunk. */
#define ELBO_CAST(name, TO, FROM, value) \
	static void FN(name)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls) \
	{ \
		TO *to = (TO *)ctx->ptr[in->v[0]]; \
		const FROM *from = (const FROM *)ctx->ptr[in->v[1]]; \
		long end = hi * in->d[1] < in->d[0] ? hi * in->d[1] : in->d[0]; \
		(void)tls; \
		for (long i = lo * in->d[1]; i < end; i++) { \
			FROM x = from[i]; \
			to[i] = (TO)(value); \
		} \
	}
ELBO_CAST(tofloat, REAL, int32_t, x)
ELBO_CAST(tofloat_bytes, REAL, uint8_t, x)
/* bfloat16: the upper halves of floats. */
ELBO_CAST(tofloat_bf16, REAL, uint16_t, ((union { uint32_t bits; float value; }){(uint32_t)x << 16}).value)
/* Rounds toward zero; NaN becomes -1, what does not fit the nearest int32 that does. */
ELBO_CAST(toint, int32_t, REAL,
	x != x ? -1 : x >= 2147483647.0 ? INT32_MAX : x <= -2147483648.0 ? INT32_MIN : (int32_t)x)
#undef ELBO_CAST

/* Result v0. d: elements, stream, elements of a chunk; ext is the fill function of tile.h. */
static void FN(random)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	long first = lo * in->d[2], end = hi * in->d[2] < in->d[0] ? hi * in->d[2] : in->d[0];
	(void)tls;
	((elbo_fill_fn)in->ext)((REAL *)ctx->ptr[in->v[0]] + first, first, end - first, ctx->seed, (uint32_t)in->d[1],
		ctx->step);
}
