/* The tile interpreter: runs an elementwise program over a space, ELBO_TILE elements of all
 * operands at a time, so that everything between loads and stores stays in the L1 cache.
 *
 * 256 elements are as many as keep the dispatch (about 3 ns an op) small; longer tiles are
 * slower on arrays that do not fit the cache. Sums: float32 tiles are summed in float32 by
 * a fixed tree and the tile sums in float64; sums over leading axes add at most 16 rows in
 * float32 before they are spilled to float64 accumulators.
 */

#if REAL_BITS == 32
#define TILE_FN elbo_tile_fnf
#else
#define TILE_FN elbo_tile_fnd
#endif
#define TILE_BYTES (ELBO_TILE * (long)sizeof(REAL))
#define SPILL_ROWS 16
#define BLOCK_ELEMS (128L / (long)sizeof(REAL))

/* Copies n elements of a strided operand, from flat index off of the space, to dst. */
static void FN(fill)(const elbo_group *g, const long *stride, const REAL *src, long off, long n, REAL *dst)
{
	long d1 = g->dim[1], d2 = g->dim[2], d3 = g->dim[3];
	long i3 = off % d3, row = off / d3, i2 = row % d2, rest = row / d2, i1 = rest % d1, i0 = rest / d1;
	long step = stride[3];
	while (n > 0) {
		const REAL *s = src + i0 * stride[0] + i1 * stride[1] + i2 * stride[2] + i3 * step;
		long run = d3 - i3 < n ? d3 - i3 : n;
		if (step == 1)
			for (long i = 0; i < run; i++)
				dst[i] = s[i];
		else if (step == 0)
			for (long i = 0; i < run; i++)
				dst[i] = *s;
		else
			for (long i = 0; i < run; i++)
				dst[i] = s[i * step];
		dst += run;
		n -= run;
		i3 = 0;
		if (++i2 == d2) {
			i2 = 0;
			if (++i1 == d1) {
				i1 = 0;
				i0++;
			}
		}
	}
}

/* The reverse: stores n elements of a tile at the out's strides. */
static void FN(scatter_tile)(const elbo_group *g, const long *stride, REAL *dst, long off, long n, const REAL *t)
{
	long d1 = g->dim[1], d2 = g->dim[2], d3 = g->dim[3];
	for (long i = 0; i < n; i++, off++) {
		long row = off / d3, rest = row / d2;
		dst[off % d3 * stride[3] + row % d2 * stride[2] + rest % d1 * stride[1] + rest / d1 * stride[0]] = t[i];
	}
}

/* Unrolls a row operand of the given period so that any tile is a window into dst. */
static void FN(unroll)(const REAL *src, long period, long n, REAL *dst)
{
	long have = period < n ? period : n;
	for (long i = 0; i < have; i++)
		dst[i] = src[i];
	for (; have < n; have++)
		dst[have] = dst[have - period];
}

/* Progress of one reduced out through a chunk. */
typedef struct {
	long at, rows; /* position within the row (or super-row), rows done */
	double sum;
} FN(progress);

static void FN(reduce_lead)(const elbo_out *o, FN(progress) *s, const REAL *t, long n, double *wide, REAL *acc)
{
	while (n > 0) {
		long run = o->width - s->at < n ? o->width - s->at : n;
#if REAL_BITS == 32
		FN(accumulate)(acc + s->at, t, run);
#else
		(void)acc;
		FN(accumulate)(wide + s->at, t, run);
#endif
		t += run;
		n -= run;
		s->at += run;
		if (s->at < o->width)
			return;
		s->at = 0;
		s->rows++;
#if REAL_BITS == 32
		if (s->rows % SPILL_ROWS == 0)
			FN(spill)(wide, acc, o->width);
#endif
	}
}

static void FN(reduce_trail)(const elbo_group *g, const elbo_out *o, FN(progress) *s, const REAL *t, long n, REAL *out)
{
	long length = g->n / o->kept;
	while (n > 0) {
		long run = length - s->at < n ? length - s->at : n;
		s->sum += FN(sum)(t, run);
		t += run;
		n -= run;
		s->at += run;
		if (s->at < length)
			return;
		out[s->rows] = (REAL)s->sum;
		s->at = 0;
		s->sum = 0;
		s->rows++;
	}
}

/* Takes one tile of every out that no op writes directly. */
static void FN(take)(elbo_ctx *ctx, const elbo_group *g, char **p, FN(progress) *state, double *partial, char *tls,
	long off, long n)
{
	for (int k = 0; k < g->nout; k++) {
		const elbo_out *o = g->out + k;
		const REAL *t = (const REAL *)p[o->reg];
		double *wide = partial + o->offset;
		switch (o->mode) {
		case ELBO_OUT_DIRECT:
			break;
		case ELBO_OUT_STRIDED:
			FN(scatter_tile)(g, o->stride, (REAL *)ctx->ptr[o->value], off, n, t);
			break;
		case ELBO_OUT_ALL:
			wide[0] += FN(sum)(t, n);
			break;
		case ELBO_OUT_LEAD:
			FN(reduce_lead)(o, state + k, t, n, wide, (REAL *)(tls + o->scratch));
			break;
		case ELBO_OUT_TRAIL:
			FN(reduce_trail)(g, o, state + k, t, n, (REAL *)ctx->ptr[o->value]);
			break;
		}
	}
	/* A register may be stored and summed: its pointer moves when all outs have read it. */
	for (int k = 0; k < g->nout; k++)
		if (g->out[k].mode == ELBO_OUT_DIRECT)
			p[g->out[k].reg] += TILE_BYTES;
}

/* Points the table at the operands' tiles of [off, off+n). */
static void FN(fetch)(elbo_ctx *ctx, const elbo_group *g, char **p, char *tls, long off, long n)
{
	for (int k = 0; k < g->nin; k++) {
		const elbo_in *x = g->in + k;
		REAL *own = (REAL *)(tls + x->offset);
		const REAL *src = (const REAL *)ctx->ptr[x->value];
		if (x->mode == ELBO_IN_DIRECT) {
			p[x->reg] = (char *)(src + off);
		} else if (x->mode == ELBO_IN_ROW) {
			p[x->reg] = (char *)(own + off % x->period);
		} else if (x->mode == ELBO_IN_STRIDED) {
			FN(fill)(g, x->stride, src, off, n, own);
			p[x->reg] = (char *)own;
		}
	}
}

static void FN(run_ops)(const elbo_group *g, char **p, long n)
{
	/* Scratch tiles and operands have room for whole blocks, which spare the op a ragged end. */
	long whole = (n + BLOCK_ELEMS - 1) & -BLOCK_ELEMS;
	const elbo_op *o = g->op, *end = o + g->nop;
	for (; o < end; o++) {
		if (o->wide) {
			void *io[ELBO_WIDE];
			for (int k = 0; k < o->wide->count; k++)
				io[k] = p[o->wide->at[k]];
			((elbo_pattern_fn)o->fn)(n, io, o->wide->imm);
			continue;
		}
		((TILE_FN)o->fn)(o->out < g->tiles ? whole : n, (const REAL *)p[o->a], (const REAL *)p[o->b],
			(const REAL *)p[o->c], (REAL *)p[o->out], (REAL)o->imm0, (REAL)o->imm1);
	}
}

static void FN(fused_chunk)(elbo_ctx *ctx, const elbo_ins *in, long c, char **p, char *tls)
{
	const elbo_group *g = in->ext;
	long start = c * g->chunk, end = start + g->chunk < g->n ? start + g->chunk : g->n;
	double *partial = (double *)in->partial + c * g->partials;
	FN(progress) state[g->nout + 1];
	for (long i = 0; i < g->partials; i++)
		partial[i] = 0;
	for (int k = 0; k < g->nout; k++) {
		const elbo_out *o = g->out + k;
		state[k] = (FN(progress)){0, 0, 0};
		if (o->mode == ELBO_OUT_DIRECT)
			p[o->reg] = ctx->ptr[o->value] + start * (long)sizeof(REAL);
		else if (o->mode == ELBO_OUT_TRAIL)
			state[k].rows = start / (g->n / o->kept);
		else if (o->mode == ELBO_OUT_LEAD && REAL_BITS == 32)
			memset(tls + o->scratch, 0, (size_t)o->width * sizeof(REAL));
	}
	for (long off = start; off < end; off += ELBO_TILE) {
		long n = end - off < ELBO_TILE ? end - off : ELBO_TILE;
		FN(fetch)(ctx, g, p, tls, off, n);
		FN(run_ops)(g, p, n);
		FN(take)(ctx, g, p, state, partial, tls, off, n);
	}
	for (int k = 0; REAL_BITS == 32 && k < g->nout; k++)
		if (g->out[k].mode == ELBO_OUT_LEAD)
			FN(spill)(partial + g->out[k].offset, (REAL *)(tls + g->out[k].scratch), g->out[k].width);
}

static void FN(fused)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const elbo_group *g = in->ext;
	char *p[g->nreg + 1];
	for (int i = 0; i < g->tiles; i++)
		p[i] = tls + g->scratch + i * TILE_BYTES;
	for (int i = g->tiles; i <= g->nreg; i++)
		p[i] = tls;
	long most = g->n < ELBO_TILE ? g->n : ELBO_TILE;
	for (int k = 0; k < g->nin; k++) {
		const elbo_in *x = g->in + k;
		const REAL *src = (const REAL *)ctx->ptr[x->value];
		REAL *own = (REAL *)(tls + x->offset);
		if (x->mode == ELBO_IN_SCALAR) {
			REAL v = *src;
			for (long i = 0; i < most; i++)
				own[i] = v;
			p[x->reg] = (char *)own;
		} else if (x->mode == ELBO_IN_ROW) {
			FN(unroll)(src, x->period, g->n <= ELBO_TILE ? g->n : ELBO_TILE + x->period, own);
		}
	}
	for (long c = lo; c < hi; c++)
		FN(fused_chunk)(ctx, in, c, p, tls);
}

/* Adds the chunks' partial sums in chunk order. */
static void FN(fused_fin)(elbo_ctx *ctx, const elbo_ins *in, long lo, long hi, char *tls)
{
	const elbo_group *g = in->ext;
	(void)tls;
	for (int k = 0; k < g->nout; k++) {
		const elbo_out *o = g->out + k;
		if (o->mode != ELBO_OUT_ALL && o->mode != ELBO_OUT_LEAD)
			continue;
		REAL *out = (REAL *)ctx->ptr[o->value];
		for (long j = 0; j < o->kept; j++) {
			double s = 0;
			for (long c = lo; c < hi; c++) {
				const double *partial = (const double *)in->partial + c * g->partials + o->offset;
				for (long q = j; q < o->width; q += o->kept)
					s += partial[q];
			}
			out[j] = (REAL)s;
		}
	}
}
