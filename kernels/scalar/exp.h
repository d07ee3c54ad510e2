/* exp, expm1 and what is made of them: sigmoid, tanh.
 *
 * x = n log 2 + r with |r| <= log(2)/2, e^r = 1 + r + r^2 q(r), and 2^n applied in two
 * factors, so that results below the normal range are rounded once and not flushed.
 */
#ifndef ELBO_EXP_H
#define ELBO_EXP_H
#include "poly.h"

#define ELBO_LOG2EF 0x1.715476p+0f
#define ELBO_LN2_HIF 0x1.62e43p-1f
#define ELBO_LN2_LOF -0x1.05c61p-29f
#define ELBO_LOG2E 0x1.71547652b82fep+0
#define ELBO_LN2_HI 0x1.62e42fefa39efp-1
#define ELBO_LN2_LO 0x1.abc9e3b39803fp-56

/* e^x; 0 below -104, infinity above 88.73. */
ELBO_FN float elbo_expf(float x)
{
	float c = elbo_clampf(x, -104.0f, 89.0f);
	float z = ELBO_FMAF(c, ELBO_LOG2EF, ELBO_ROUNDF), n = z - ELBO_ROUNDF;
	float r = ELBO_FMAF(n, -ELBO_LN2_LOF, ELBO_FMAF(n, -ELBO_LN2_HIF, c));
	float p = ELBO_FMAF(r * r, elbo_exp_qf(r), r) + 1.0f;
	elbo_i32 i = (elbo_i32)(elbo_bitsf(z) - 0x4b400000u), h = i >> 1;
	return p * elbo_pow2f(h) * elbo_pow2f(i - h);
}

/* e^x; 0 below -746, infinity above 709.79. */
ELBO_FN double elbo_expd(double x)
{
	double c = elbo_clampd(x, -746.0, 710.0);
	double z = ELBO_FMA(c, ELBO_LOG2E, ELBO_ROUND), n = z - ELBO_ROUND;
	double r = ELBO_FMA(n, -ELBO_LN2_LO, ELBO_FMA(n, -ELBO_LN2_HI, c));
	double p = ELBO_FMA(r * r, elbo_exp_qd(r), r) + 1.0;
	/* i in [-1077, 1025]; the shift is of a positive number, as SSE and AVX2 have no other. */
	elbo_u64 i = elbo_bitsd(z) - 0x4338000000000000u, h = ((i + 2048) >> 1) - 1024;
	return p * elbo_pow2d((elbo_i64)h) * elbo_pow2d((elbo_i64)(i - h));
}

/* e^x - 1 for x in [-18, 1], correct to the last bits near zero. */
ELBO_FN float elbo_expm1_negf(float x)
{
	float z = ELBO_FMAF(x, ELBO_LOG2EF, ELBO_ROUNDF), n = z - ELBO_ROUNDF;
	float r = ELBO_FMAF(n, -ELBO_LN2_LOF, ELBO_FMAF(n, -ELBO_LN2_HIF, x));
	float p = ELBO_FMAF(r * r, elbo_exp_qf(r), r);
	float t = elbo_fromf((elbo_bitsf(z) << 23) + 0x3f800000u);
	return ELBO_FMAF(p, t, t - 1.0f);
}

/* e^x - 1 for x in [-40, 1]. */
ELBO_FN double elbo_expm1_negd(double x)
{
	double z = ELBO_FMA(x, ELBO_LOG2E, ELBO_ROUND), n = z - ELBO_ROUND;
	double r = ELBO_FMA(n, -ELBO_LN2_LO, ELBO_FMA(n, -ELBO_LN2_HI, x));
	double p = ELBO_FMA(r * r, elbo_exp_qd(r), r);
	double t = elbo_fromd((elbo_bitsd(z) << 52) + 0x3ff0000000000000u);
	return ELBO_FMA(p, t, t - 1.0);
}

/* e^x - 1; half the power of two is kept back so that results up to the largest float
 * do not overflow on the way. */
ELBO_FN float elbo_expm1f(float x)
{
	float c = elbo_clampf(x, -18.0f, 89.0f);
	float z = ELBO_FMAF(c, ELBO_LOG2EF, ELBO_ROUNDF), n = z - ELBO_ROUNDF;
	float r = ELBO_FMAF(n, -ELBO_LN2_LOF, ELBO_FMAF(n, -ELBO_LN2_HIF, c));
	float p = ELBO_FMAF(r * r, elbo_exp_qf(r), r);
	float t = elbo_fromf((elbo_bitsf(z) << 23) + 0x3f000000u);
	float y = 2.0f * ELBO_FMAF(p, t, t - 0.5f);
	/* Near zero the halved product would lose denormals. */
	return ELBO_ABSF(x) < 0x1p-30f ? x : y;
}

ELBO_FN double elbo_expm1d(double x)
{
	double c = elbo_clampd(x, -40.0, 710.0);
	double z = ELBO_FMA(c, ELBO_LOG2E, ELBO_ROUND), n = z - ELBO_ROUND;
	double r = ELBO_FMA(n, -ELBO_LN2_LO, ELBO_FMA(n, -ELBO_LN2_HI, c));
	double p = ELBO_FMA(r * r, elbo_exp_qd(r), r);
	double t = elbo_fromd((elbo_bitsd(z) << 52) + 0x3fe0000000000000u);
	double y = 2.0 * ELBO_FMA(p, t, t - 0.5);
	return ELBO_ABS(x) < 0x1p-60 ? x : y;
}

/* 1/(1 + e^-x) as e/(1 + e) on the negative side, which keeps its tail e^x. */
ELBO_FN float elbo_sigmoidf(float x)
{
	float e = elbo_expf(-ELBO_ABSF(x));
	return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

ELBO_FN double elbo_sigmoidd(double x)
{
	double e = elbo_expd(-ELBO_ABS(x));
	return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

/* tanh |x| = -t/(2 + t), t = expm1(-2|x|). */
ELBO_FN float elbo_tanhf(float x)
{
	float a = ELBO_ABSF(x) * -2.0f, t = elbo_expm1_negf(a < -18.0f ? -18.0f : a);
	return ELBO_COPYSIGNF(t / (2.0f + t), x);
}

ELBO_FN double elbo_tanhd(double x)
{
	double a = ELBO_ABS(x) * -2.0, t = elbo_expm1_negd(a < -40.0 ? -40.0 : a);
	return ELBO_COPYSIGN(t / (2.0 + t), x);
}

#endif
