/* One tile function per op, for element type REAL. */

/* A function over n elements from statements BODY over one block of W elements at pointers
 * a, b, c, o with immediates p, q. */
#define TILE(op, BODY) \
	static void SUF(tile_##op)(long n, const REAL *a, const REAL *b, const REAL *c, REAL *o, REAL p, REAL q) \
	{ \
		enum { W = ELBO_BLOCK / sizeof(REAL) }; \
		(void)p, (void)q, (void)b, (void)c; \
		for (long i = 0; i < n; i += W) { \
			long left = n - i; \
			REAL ta[W], tb[W], tc[W], *end = o; \
			if (left < W) { \
				size_t bytes = (size_t)left * sizeof(REAL); \
				SUF(tail)(ta, a, bytes), a = ta; \
				if (ARITY > 1) SUF(tail)(tb, b, bytes), b = tb; \
				if (ARITY > 2) SUF(tail)(tc, c, bytes), c = tc; \
				o = ta; \
			} \
			BODY \
			if (left < W) { \
				memcpy(end, ta, (size_t)left * sizeof(REAL)); \
				return; \
			} \
			a += W, o += W; \
			if (ARITY > 1) b += W; \
			if (ARITY > 2) c += W; \
		} \
	}
/* One expression of the j-th element. */
#define EACH(expr) ELBO_VECTOR for (int j = 0; j < W; j++) o[j] = expr;
#define MAP(op, expr) TILE(op, EACH(expr))

/* A plain loop: for cheap expressions, of which a scalar tail costs less than blocks, and
 * for one that does not vectorise. */
#define CHEAP(op, expr) LOOP(op, expr, ELBO_VECTOR)
#define SCALAR(op, expr) LOOP(op, expr, )
#define LOOP(op, expr, HINT) \
	static void SUF(tile_##op)(long n, const REAL *a, const REAL *b, const REAL *c, REAL *o, REAL p, REAL q) \
	{ \
		(void)p, (void)q, (void)b, (void)c; \
		HINT for (long j = 0; j < n; j++) o[j] = expr; \
	}

/* Copies the start of a short block; the rest is ones, in the domain of every op. */
ELBO_INLINE void SUF(tail)(REAL *t, const REAL *a, size_t bytes)
{
	for (int j = 0; j < (int)(ELBO_BLOCK / sizeof(REAL)); j++)
		t[j] = 1;
	memcpy(t, a, bytes);
}

#define ONE ((REAL)1)
#define ZERO ((REAL)0)
#if IS_F32
#define ABS(x) ELBO_ABSF(x)
#define FLOOR(x) ELBO_FLOORF(x)
#define FUSED(x, y, z) ELBO_FMAF(x, y, z)
#else
#define ABS(x) ELBO_ABS(x)
#define FLOOR(x) ELBO_FLOOR(x)
#define FUSED(x, y, z) ELBO_FMA(x, y, z)
#endif

#define ARITY 1
CHEAP(neg, -a[j])
CHEAP(abs, ABS(a[j]))
CHEAP(sign, SUF(elbo_sign)(a[j]))
CHEAP(floor, FLOOR(a[j]))
CHEAP(recip, ONE / a[j])
CHEAP(square, a[j] * a[j])
TILE(sqrt, SUF(sqrt_pass)(W, a, o);)
TILE(rsqrt, SUF(sqrt_pass)(W, a, o); EACH(ONE / o[j]))
MAP(exp, SUF(elbo_exp)(a[j]))
MAP(expm1, SUF(elbo_expm1)(a[j]))
MAP(log, SUF(elbo_log)(a[j]))
MAP(log1p, SUF(elbo_log1p)(a[j]))
MAP(sigmoid, SUF(elbo_sigmoid)(a[j]))
MAP(logsigmoid, SUF(elbo_logsigmoid)(a[j]))
MAP(softplus, SUF(elbo_softplus)(a[j]))
MAP(tanh, SUF(elbo_tanh)(a[j]))
MAP(sin, SUF(elbo_sin)(a[j]))
MAP(cos, SUF(elbo_cos)(a[j]))
MAP(atan, SUF(elbo_atan)(a[j]))
MAP(erf, SUF(elbo_erf)(a[j]))
MAP(erfc, SUF(elbo_erfc)(a[j]))
MAP(normcdf, SUF(elbo_normcdf)(a[j]))
MAP(lognormcdf, SUF(elbo_lognormcdf)(a[j]))
TILE(norminv, {
	REAL r[W];
	ELBO_VECTOR for (int j = 0; j < W; j++) r[j] = SUF(elbo_norminv_w)(a[j]);
	SUF(sqrt_pass)(W, r, r);
	EACH(SUF(elbo_norminv_r)(a[j], r[j]))
})
MAP(lgamma, SUF(elbo_lgamma)(a[j]))
MAP(digamma, SUF(elbo_digamma)(a[j]))
MAP(trigamma, SUF(elbo_trigamma)(a[j]))
MAP(tetragamma, SUF(elbo_tetragamma)(a[j]))
CHEAP(isfinite, SUF(elbo_isfinite)(a[j]))
CHEAP(affine, FUSED(p, a[j], q))
CHEAP(clamp, SUF(elbo_clamp)(a[j], p, q))
TILE(powimm, {
	REAL e[W];
	for (int j = 0; j < W; j++)
		e[j] = p;
	/* A constant exponent would tempt the compiler to split the loop by its cases. */
	__asm__ volatile("" : : "r"(e) : "memory");
	EACH(SUF(elbo_pow)(a[j], e[j]))
})
#undef ARITY
#define ARITY 2
CHEAP(add, a[j] + b[j])
CHEAP(sub, a[j] - b[j])
CHEAP(mul, a[j] * b[j])
CHEAP(div, a[j] / b[j])
CHEAP(max, SUF(elbo_max)(a[j], b[j]))
CHEAP(min, SUF(elbo_min)(a[j], b[j]))
MAP(pow, SUF(elbo_pow)(a[j], b[j]))
CHEAP(lt, a[j] < b[j] ? ONE : ZERO)
CHEAP(le, a[j] <= b[j] ? ONE : ZERO)
CHEAP(gt, a[j] > b[j] ? ONE : ZERO)
CHEAP(ge, a[j] >= b[j] ? ONE : ZERO)
CHEAP(eq, a[j] == b[j] ? ONE : ZERO)
CHEAP(ne, a[j] != b[j] ? ONE : ZERO)
SCALAR(gammagrad, SUF(elbo_gammagrad)(a[j], b[j]))
CHEAP(axpy, FUSED(p, a[j], b[j]))
#undef ARITY
#define ARITY 3
CHEAP(where, a[j] != ZERO ? b[j] : c[j])
CHEAP(fma, FUSED(a[j], b[j], c[j]))
#undef ARITY

#include "tile_pattern.h"

#undef TILE
#undef MAP
#undef CHEAP
#undef SCALAR
#undef LOOP
#undef EACH
#undef ONE
#undef ZERO
#undef ABS
#undef FLOOR
#undef FUSED
