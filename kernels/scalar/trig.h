/* sin, cos, atan.
 *
 * sin and cos subtract the nearest multiple n of π/2 in three parts; that is exact enough
 * for full relative accuracy while |x| < 1e5 (float) and |x| < 1e8 (double). Beyond, the
 * result loses digits and finally means nothing, but stays within about [-1, 1].
 */
#ifndef ELBO_TRIG_H
#define ELBO_TRIG_H
#include "poly.h"

/* sin r and cos r for |r| <= π/4. */
ELBO_FN float elbo_sin_kernelf(float r)
{
	float z = r * r;
	return ELBO_FMAF(r * z, elbo_sin_sf(z), r);
}

ELBO_FN float elbo_cos_kernelf(float r)
{
	float z = r * r;
	return ELBO_FMAF(z * z, elbo_cos_cf(z), ELBO_FMAF(-0.5f, z, 1.0f));
}

ELBO_FN double elbo_sin_kerneld(double r)
{
	double z = r * r;
	return ELBO_FMA(r * z, elbo_sin_sd(z), r);
}

ELBO_FN double elbo_cos_kerneld(double r)
{
	double z = r * r, h = 0.5 * z, w = 1.0 - h;
	return w + ELBO_FMA(z * z, elbo_cos_cd(z), (1.0 - w) - h);
}

/* sin(r + q π/2). */
ELBO_FN float elbo_sin_quarterf(float r, elbo_u32 q)
{
	float s = elbo_sin_kernelf(r), c = elbo_cos_kernelf(r);
	float y = (q & 1u) != 0 ? c : s;
	return elbo_fromf(elbo_bitsf(y) ^ ((q & 2u) << 30));
}

ELBO_FN double elbo_sin_quarterd(double r, elbo_u64 q)
{
	double s = elbo_sin_kerneld(r), c = elbo_cos_kerneld(r);
	double y = (q & 1u) != 0 ? c : s;
	return elbo_fromd(elbo_bitsd(y) ^ ((q & 2u) << 62));
}

/* sin(x + turn π/2). */
ELBO_FN float elbo_sin_turnf(float x, elbo_u32 turn)
{
	float z = ELBO_FMAF(x, 0x1.45f306p-1f, ELBO_ROUNDF), n = z - ELBO_ROUNDF;
	float r = ELBO_FMAF(n, -0x1.921fb6p+0f, x);
	r = ELBO_FMAF(n, 0x1.777a5cp-25f, r);
	r = ELBO_FMAF(n, 0x1.ee59dap-50f, r);
	return elbo_sin_quarterf(elbo_clampf(r, -0.8f, 0.8f), elbo_bitsf(z) + turn);
}

ELBO_FN double elbo_sin_turnd(double x, elbo_u64 turn)
{
	double z = ELBO_FMA(x, 0x1.45f306dc9c883p-1, ELBO_ROUND), n = z - ELBO_ROUND;
	double r = ELBO_FMA(n, -0x1.921fb54442d18p+0, x);
	r = ELBO_FMA(n, -0x1.1a62633145c07p-54, r);
	r = ELBO_FMA(n, 0x1.f1976b7ed8fbcp-110, r);
	return elbo_sin_quarterd(elbo_clampd(r, -0.8, 0.8), elbo_bitsd(z) + turn);
}

ELBO_FN float elbo_sinf(float x)
{
	float y = elbo_sin_turnf(x, 0);
	return x == 0.0f ? x : y;
}

ELBO_FN double elbo_sind(double x)
{
	double y = elbo_sin_turnd(x, 0);
	return x == 0.0 ? x : y;
}

ELBO_FN float elbo_cosf(float x) { return elbo_sin_turnf(x, 1); }
ELBO_FN double elbo_cosd(double x) { return elbo_sin_turnd(x, 1); }

/* atan |x| = π/2 - atan(1/|x|) above 1. */
ELBO_FN float elbo_atanf(float x)
{
	float a = ELBO_ABSF(x), inv = -1.0f / a, t = a > 1.0f ? inv : a, z = t * t;
	float y = ELBO_FMAF(t * z, elbo_atan_pf(z), t);
	y = a > 1.0f ? 0x1.921fb6p+0f + (y - 0x1.777a5cp-25f) : y;
	return ELBO_COPYSIGNF(y, x);
}

ELBO_FN double elbo_atand(double x)
{
	double a = ELBO_ABS(x), inv = -1.0 / a, t = a > 1.0 ? inv : a, z = t * t;
	double y = ELBO_FMA(t * z, elbo_atan_pd(z), t);
	y = a > 1.0 ? 0x1.921fb54442d18p+0 + (y + 0x1.1a62633145c07p-54) : y;
	return ELBO_COPYSIGN(y, x);
}

#endif
