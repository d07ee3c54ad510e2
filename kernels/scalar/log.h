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

/* log(u + c) for normal u > 0 and c within an ulp of it. */
ELBO_FN float elbo_log_sumf(float u, float c, float shift)
{
	elbo_i32 i = (elbo_i32)(elbo_bitsf(u) - ELBO_SQRT_HALF_BITSF), e = i >> 23;
	float m = elbo_fromf(((elbo_u32)i & 0x7fffffu) + ELBO_SQRT_HALF_BITSF);
	float w = elbo_fromf((elbo_u32)(127 - e) << 23);
	float f = ELBO_FMAF(c, u < 0x1p40f ? w : 0.0f, m - 1.0f);
	return elbo_log_tailf(f, (float)e + shift);
}

/* The exponent passes through the mantissa of 2^52: 64-bit conversions are not for every
 * instruction set. */
ELBO_FN double elbo_log_sumd(double u, double c, double shift)
{
	elbo_u64 t = elbo_bitsd(u) + (0x3ff0000000000000u - ELBO_SQRT_HALF_BITS), e = t >> 52;
	double m = elbo_fromd((t & 0xfffffffffffffu) + ELBO_SQRT_HALF_BITS);
	double w = elbo_fromd((elbo_u64)(2046 - e) << 52);
	double f = ELBO_FMA(c, u < 0x1p80 ? w : 0.0, m - 1.0);
	double ed = elbo_fromd(e | 0x4330000000000000u) - (0x1p52 + 1023.0);
	return elbo_log_taild(f, ed + shift);
}

/* log x; -infinity at 0, NaN below. */
ELBO_FN float elbo_logf(float x)
{
	float tiny = x < 0x1p-126f ? 0x1p23f : 1.0f;
	float y = elbo_log_sumf(x * tiny, 0.0f, x < 0x1p-126f ? -23.0f : 0.0f);
	y = x < ELBO_INFF ? y : x;
	y = x == 0.0f ? -ELBO_INFF : y;
	return x < 0.0f ? ELBO_NANF : y;
}

ELBO_FN double elbo_logd(double x)
{
	double tiny = x < 0x1p-1022 ? 0x1p54 : 1.0;
	double y = elbo_log_sumd(x * tiny, 0.0, x < 0x1p-1022 ? -54.0 : 0.0);
	y = x < ELBO_INF ? y : x;
	y = x == 0.0 ? -ELBO_INF : y;
	return x < 0.0 ? ELBO_NAN : y;
}

/* log(1 + x); -infinity at -1, NaN below. */
ELBO_FN float elbo_log1pf(float x)
{
	float u = 1.0f + x, y = elbo_log_sumf(u, x - (u - 1.0f), 0.0f);
	y = x < ELBO_INFF ? y : x;
	y = x == 0.0f ? x : y;
	y = x == -1.0f ? -ELBO_INFF : y;
	return x < -1.0f ? ELBO_NANF : y;
}

ELBO_FN double elbo_log1pd(double x)
{
	double u = 1.0 + x, y = elbo_log_sumd(u, x - (u - 1.0), 0.0);
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
