/* log, log1p and what is made of them: softplus, logsigmoid.
 *
 * A positive number is 2^e m with m in [sqrt(1/2), sqrt 2), and log m a polynomial in
 * f = m - 1 (float) or in s = f/(2 + f) (double). A correction too small for the number
 * itself is added to f: that is what makes log1p exact near zero.
 */
#ifndef ELBO_LOG_H
#define ELBO_LOG_H
#include "exp.h"

#define ELBO_SQRT_HALF_BITSF 0x3f3504f3u
#define ELBO_SQRT_HALF_BITS 0x3fe6a09e667f3bcdu
/* log 2 in two parts; the first is short, so that its product with an exponent is exact. */
#define ELBO_LN2_SHORT 0x1.62e42fefp-1
#define ELBO_LN2_REST 0x1.473de6af278edp-34

/* e log 2 + log(1 + f), f in [sqrt(1/2) - 1, sqrt 2 - 1]. */
ELBO_FN float elbo_log_tailf(float f, float e)
{
	float h = f * f, y = elbo_log_pf(f) * f;
	y = ELBO_FMAF(y, h, e * ELBO_LN2_LOF);
	y = ELBO_FMAF(-0.5f, h, y) + f;
	return ELBO_FMAF(e, ELBO_LN2_HIF, y);
}

ELBO_FN double elbo_log_taild(double f, double e)
{
	double s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
	double y = ELBO_FMA(s, ELBO_FMA(z, elbo_log_rd(z), h), e * ELBO_LN2_REST);
	return ELBO_FMA(e, ELBO_LN2_SHORT, f - (h - y));
}

/* The exponent e and m - 1 of a normal number u > 0. */
ELBO_FN float elbo_log_splitf(float u, elbo_i32 *e)
{
	elbo_i32 i = (elbo_i32)(elbo_bitsf(u) - ELBO_SQRT_HALF_BITSF);
	*e = i >> 23;
	return elbo_fromf(((elbo_u32)i & 0x7fffffu) + ELBO_SQRT_HALF_BITSF) - 1.0f;
}

/* The exponent comes with 1023 added, so that its shift is of a positive number. */
ELBO_FN double elbo_log_splitd(double u, elbo_u64 *e)
{
	elbo_u64 t = elbo_bitsd(u) + (0x3ff0000000000000u - ELBO_SQRT_HALF_BITS);
	*e = t >> 52;
	return elbo_fromd((t & 0xfffffffffffffu) + ELBO_SQRT_HALF_BITS) - 1.0;
}

/* Such an exponent as a number, through the mantissa of 2^52: 64-bit conversions are not
 * for every instruction set. */
ELBO_FN double elbo_log_exponentd(elbo_u64 e) { return elbo_fromd(e | 0x4330000000000000u) - (0x1p52 + 1023.0); }

/* log x; -infinity at 0, NaN below. */
ELBO_FN float elbo_logf(float x)
{
	elbo_i32 e;
	float f = elbo_log_splitf(x < 0x1p-126f ? x * 0x1p23f : x, &e);
	float y = elbo_log_tailf(f, (float)e - (x < 0x1p-126f ? 23.0f : 0.0f));
	y = x < ELBO_INFF ? y : x;
	y = x == 0.0f ? -ELBO_INFF : y;
	return x < 0.0f ? ELBO_NANF : y;
}

ELBO_FN double elbo_logd(double x)
{
	elbo_u64 e;
	double f = elbo_log_splitd(x < 0x1p-1022 ? x * 0x1p54 : x, &e);
	double y = elbo_log_taild(f, elbo_log_exponentd(e) - (x < 0x1p-1022 ? 54.0 : 0.0));
	y = x < ELBO_INF ? y : x;
	y = x == 0.0 ? -ELBO_INF : y;
	return x < 0.0 ? ELBO_NAN : y;
}

/* log(u + c) - log 2 · drop, for u in [2^-60, 2^60] and c within an ulp of it. */
ELBO_FN float elbo_log_sumf(float u, float c, float drop)
{
	elbo_i32 e;
	float f = elbo_log_splitf(u, &e);
	f = ELBO_FMAF(c, elbo_fromf((elbo_u32)(127 - e) << 23), f);
	return elbo_log_tailf(f, (float)e - drop);
}

ELBO_FN double elbo_log_sumd(double u, double c, double drop)
{
	elbo_u64 e;
	double f = elbo_log_splitd(u, &e);
	f = ELBO_FMA(c, elbo_fromd((2046 - e) << 52), f);
	return elbo_log_taild(f, elbo_log_exponentd(e) - drop);
}

/* log(1 + x); -infinity at -1, NaN below. */
ELBO_FN float elbo_log1pf(float x)
{
	float u = 1.0f + x, c = x - (u - 1.0f);
	elbo_i32 e;
	float f = elbo_log_splitf(u, &e);
	/* Past 2^40 the correction is nothing, and its scale might overflow. */
	f = ELBO_FMAF(c, x < 0x1p40f ? elbo_fromf((elbo_u32)(127 - e) << 23) : 0.0f, f);
	float y = elbo_log_tailf(f, (float)e);
	y = x < ELBO_INFF ? y : x;
	y = x == 0.0f ? x : y;
	y = x == -1.0f ? -ELBO_INFF : y;
	return x < -1.0f ? ELBO_NANF : y;
}

ELBO_FN double elbo_log1pd(double x)
{
	double u = 1.0 + x, c = x - (u - 1.0);
	elbo_u64 e;
	double f = elbo_log_splitd(u, &e);
	f = ELBO_FMA(c, x < 0x1p80 ? elbo_fromd((2046 - e) << 52) : 0.0, f);
	double y = elbo_log_taild(f, elbo_log_exponentd(e));
	y = x < ELBO_INF ? y : x;
	y = x == 0.0 ? x : y;
	y = x == -1.0 ? -ELBO_INF : y;
	return x < -1.0 ? ELBO_NAN : y;
}

/* log(1 + t) for t in [0, 1]: only two exponents occur, and no correction. */
ELBO_FN float elbo_log1p_unitf(float t)
{
	float big = t < 0x1.a8279ap-2f ? 0.0f : 1.0f;
	return elbo_log_tailf(t < 0x1.a8279ap-2f ? t : ELBO_FMAF(0.5f, t, -0.5f), big);
}

ELBO_FN double elbo_log1p_unitd(double t)
{
	double big = t < 0x1.a827999fcef32p-2 ? 0.0 : 1.0;
	return elbo_log_taild(t < 0x1.a827999fcef32p-2 ? t : ELBO_FMA(0.5, t, -0.5), big);
}

/* log(1 + e^x) = max(x, 0) + log1p(e^-|x|): tends to e^x on the left, to x on the right. */
ELBO_FN float elbo_softplusf(float x)
{
	return (x > 0.0f ? x : 0.0f) + elbo_log1p_unitf(elbo_expf(-ELBO_ABSF(x)));
}

ELBO_FN double elbo_softplusd(double x)
{
	return (x > 0.0 ? x : 0.0) + elbo_log1p_unitd(elbo_expd(-ELBO_ABS(x)));
}

/* log sigmoid(x) = -softplus(-x). */
ELBO_FN float elbo_logsigmoidf(float x)
{
	return (x < 0.0f ? x : 0.0f) - elbo_log1p_unitf(elbo_expf(-ELBO_ABSF(x)));
}

ELBO_FN double elbo_logsigmoidd(double x)
{
	return (x < 0.0 ? x : 0.0) - elbo_log1p_unitd(elbo_expd(-ELBO_ABS(x)));
}

#endif
