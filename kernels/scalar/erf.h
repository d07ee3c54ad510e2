/* erf, erfc, the normal distribution function Φ, its logarithm and its inverse.
 *
 * All but erf near zero rest on erfcx(z) = e^(z²) erfc(z), which varies slowly: (1 + 2z)
 * erfcx(z) is a polynomial in (z - k)/(z + k). The square in the exponent is carried in two
 * parts, so tails keep their relative accuracy.
 */
#ifndef ELBO_ERF_H
#define ELBO_ERF_H
#include "log.h"

#define ELBO_SQRT_HALFF 0x1.6a09e6p-1f
#define ELBO_SQRT_HALF 0x1.6a09e667f3bcdp-1

/* e^(z²) erfc(z) for 0 <= z <= 1e9 (float), 1e100 (double). */
ELBO_FN float elbo_erfcxf(float z)
{
	float a = z + 2.0f, b = ELBO_FMAF(2.0f, z, 1.0f), r = 1.0f / (a * b);
	return elbo_erfcx_pf((z - 2.0f) * b * r) * (a * r);
}

ELBO_FN double elbo_erfcxd(double z)
{
	double a = z + 4.0, b = ELBO_FMA(2.0, z, 1.0), r = 1.0 / (a * b);
	return elbo_erfcx_pd((z - 4.0) * b * r) * (a * r);
}

/* e^(-s x²) for s = 1 or 1/2, |x| <= 60. */
ELBO_FN float elbo_gaussf(float x, float s)
{
	float h = x * x, l = ELBO_FMAF(x, x, -h), e = elbo_expf(-s * h);
	return ELBO_FMAF(-s * l, e, e);
}

ELBO_FN double elbo_gaussd(double x, double s)
{
	double h = x * x, l = ELBO_FMA(x, x, -h), e = elbo_expd(-s * h);
	return ELBO_FMA(-s * l, e, e);
}

/* erfc(z) for z >= 0 or NaN. */
ELBO_FN float elbo_erfc_posf(float z)
{
	float c = z > 60.0f ? 60.0f : z;
	return elbo_gaussf(c, 1.0f) * elbo_erfcxf(c);
}

ELBO_FN double elbo_erfc_posd(double z)
{
	double c = z > 60.0 ? 60.0 : z;
	return elbo_gaussd(c, 1.0) * elbo_erfcxd(c);
}

/* 1 - erf(x). */
ELBO_FN float elbo_erfcf(float x)
{
	float q = elbo_erfc_posf(ELBO_ABSF(x));
	return x < 0.0f ? 2.0f - q : q;
}

ELBO_FN double elbo_erfcd(double x)
{
	double q = elbo_erfc_posd(ELBO_ABS(x));
	return x < 0.0 ? 2.0 - q : q;
}

ELBO_FN float elbo_erff(float x)
{
	float a = ELBO_ABSF(x), q = 1.0f - elbo_erfc_posf(a), p = a * elbo_erf_pf(a * a);
	return ELBO_COPYSIGNF(a < 0.5f ? p : q, x);
}

ELBO_FN double elbo_erfd(double x)
{
	double a = ELBO_ABS(x), q = 1.0 - elbo_erfc_posd(a), p = a * elbo_erf_pd(a * a);
	return ELBO_COPYSIGN(a < 0.5 ? p : q, x);
}

/* Φ(x) = erfc(-x/√2)/2; the left tail is relatively accurate down to the denormals. */
ELBO_FN float elbo_normcdff(float x)
{
	float a = ELBO_ABSF(x), c = a > 60.0f ? 60.0f : a;
	float q = 0.5f * elbo_erfcxf(c * ELBO_SQRT_HALFF) * elbo_gaussf(c, 0.5f);
	return x > 0.0f ? 1.0f - q : q;
}

ELBO_FN double elbo_normcdfd(double x)
{
	double a = ELBO_ABS(x), c = a > 60.0 ? 60.0 : a;
	double q = 0.5 * elbo_erfcxd(c * ELBO_SQRT_HALF) * elbo_gaussd(c, 0.5);
	return x > 0.0 ? 1.0 - q : q;
}

/* log Φ(x) = log(erfcx(-x/√2)/2) - x²/2 on the left, log1p(-Φ(-x)) on the right, by one
 * logarithm. Where erfcx/2 is too small for 1 - erfcx/2 to show it, x²/2 swamps the loss. */
ELBO_FN float elbo_lognormcdff(float x)
{
	float a = ELBO_ABSF(x), c = a > 60.0f ? 60.0f : a, z = a > 1e9f ? 1e9f : a;
	float h = 0.5f * elbo_erfcxf(z * ELBO_SQRT_HALFF), q = -h * elbo_gaussf(c, 0.5f), g = h - 1.0f;
	g = g < -0x1.fffffcp-1f ? -0x1.fffffcp-1f : g;
	return elbo_log1pf(x < 0.0f ? g : q) - (x < 0.0f ? 0.5f * x * x : 0.0f);
}

ELBO_FN double elbo_lognormcdfd(double x)
{
	double a = ELBO_ABS(x), c = a > 60.0 ? 60.0 : a, z = a > 1e100 ? 1e100 : a;
	double h = 0.5 * elbo_erfcxd(z * ELBO_SQRT_HALF), q = -h * elbo_gaussd(c, 0.5), g = h - 1.0;
	g = g < -0x1.ffffffffffffep-1 ? -0x1.ffffffffffffep-1 : g;
	return elbo_log1pd(x < 0.0 ? g : q) - (x < 0.0 ? 0.5 * x * x : 0.0);
}

/* Φ⁻¹ in two steps with a square root between them: w = -log min(p, 1-p), then the quantile
 * from p and r = sqrt w. Three regions: |p - 1/2| <= 0.425, r <= 5, r > 5. */
ELBO_FN float elbo_norminv_wf(float p) { return -elbo_logf(p < 0.5f ? p : 1.0f - p); }
ELBO_FN double elbo_norminv_wd(double p) { return -elbo_logd(p < 0.5 ? p : 1.0 - p); }

ELBO_FN float elbo_norminv_rf(float p, float r)
{
	float q = p - 0.5f, s = ELBO_FMAF(-q, q, 0.180625f), b = r - 1.6f, c = r - 5.0f;
	float mid = ELBO_ABSF(q) > 0.425f ? 0.0f : 1.0f;
	float num = r > 5.0f ? elbo_norminv_c_numf(c) : elbo_norminv_b_numf(b);
	float den = r > 5.0f ? elbo_norminv_c_denf(c) : elbo_norminv_b_denf(b);
	num = mid > 0.0f ? q * elbo_norminv_a_numf(s) : num;
	den = mid > 0.0f ? elbo_norminv_a_denf(s) : den;
	float y = num / den;
	y = mid > 0.0f ? y : ELBO_COPYSIGNF(y, q);
	y = r < ELBO_INFF ? y : ELBO_COPYSIGNF(r, q);
	return r == r ? y : r;
}

ELBO_FN double elbo_norminv_rd(double p, double r)
{
	double q = p - 0.5, s = ELBO_FMA(-q, q, 0.180625), b = r - 1.6, c = r - 5.0;
	double mid = ELBO_ABS(q) > 0.425 ? 0.0 : 1.0;
	double num = r > 5.0 ? elbo_norminv_c_numd(c) : elbo_norminv_b_numd(b);
	double den = r > 5.0 ? elbo_norminv_c_dend(c) : elbo_norminv_b_dend(b);
	num = mid > 0.0 ? q * elbo_norminv_a_numd(s) : num;
	den = mid > 0.0 ? elbo_norminv_a_dend(s) : den;
	double y = num / den;
	y = mid > 0.0 ? y : ELBO_COPYSIGN(y, q);
	y = r < ELBO_INF ? y : ELBO_COPYSIGN(r, q);
	return r == r ? y : r;
}

ELBO_FN float elbo_norminvf(float p) { return elbo_norminv_rf(p, ELBO_SQRTF(elbo_norminv_wf(p))); }
ELBO_FN double elbo_norminvd(double p) { return elbo_norminv_rd(p, ELBO_SQRT(elbo_norminv_wd(p))); }

#endif
