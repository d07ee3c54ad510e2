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

static void FN(tofloat)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	REAL *out = (REAL *)ctx->ptr[in->v[0]];
	const int32_t *x = (const int32_t *)ctx->ptr[in->v[1]];
	(void)lo, (void)hi, (void)tls;
	for (long i = 0; i < in->d[0]; i++)
		out[i] = (REAL)x[i];
}

static void FN(tofloat_bytes)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	REAL *out = (REAL *)ctx->ptr[in->v[0]];
	const uint8_t *x = (const uint8_t *)ctx->ptr[in->v[1]];
	(void)lo, (void)hi, (void)tls;
	for (long i = 0; i < in->d[0]; i++)
		out[i] = (REAL)x[i];
}

/* The upper halves of floats; shifted as integers, which compilers turn into vectors. */
static void FN(tofloat_bf16)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	REAL *out = (REAL *)ctx->ptr[in->v[0]];
	const uint16_t *x = (const uint16_t *)ctx->ptr[in->v[1]];
	(void)lo, (void)hi, (void)tls;
	for (long i = 0; i < in->d[0]; i++) {
		union { uint32_t bits; float value; } f = {(uint32_t)x[i] << 16};
		out[i] = (REAL)f.value;
	}
}

/* Rounds toward zero; NaN becomes -1, what does not fit the nearest int32 that does. */
static void FN(toint)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	int32_t *out = (int32_t *)ctx->ptr[in->v[0]];
	const REAL *x = (const REAL *)ctx->ptr[in->v[1]];
	(void)lo, (void)hi, (void)tls;
	for (long i = 0; i < in->d[0]; i++) {
		double v = x[i];
		out[i] = v != v ? -1 : v >= 2147483647.0 ? INT32_MAX : v <= -2147483648.0 ? INT32_MIN : (int32_t)v;
	}
}

/* Result v0. d: elements, stream, elements of a chunk; ext is the fill function of tile.h. */
static void FN(random)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	long first = lo * in->d[2], end = hi * in->d[2] < in->d[0] ? hi * in->d[2] : in->d[0];
	(void)tls;
	((elbo_fill_fn)in->ext)((REAL *)ctx->ptr[in->v[0]] + first, first, end - first, ctx->seed, (uint32_t)in->d[1],
		ctx->step);
}
