/* lgamma, digamma, trigamma, tetragamma (log Γ and its first three derivatives).
 *
 * One scheme for all four. On (0, 3) a polynomial centred on u = 1, where x = u below 1 and
 * x = 1 + u above, with the zeros of the function factored out; below 1 the recurrence
 * f(x) = f(x + 1) - term adds the pole. From 3 up, the asymptotic expansion with a fitted
 * remainder in 1/x². Negative arguments give NaN: no density needs them, and the
 * reflection would double the cost of the rest.
 */
#ifndef ELBO_GAMMA_H
#define ELBO_GAMMA_H
#include "log.h"

/* (log 2π - 1)/2 */
#define ELBO_STIRLINGF 0x1.acfe3ap-2f
#define ELBO_STIRLING 0x1.acfe390c97d69p-2

/* log Γ(x), x > 0; infinity at 0. */
ELBO_FN float elbo_lgammaf(float x)
{
	float l = elbo_logf(x), r = 1.0f / x, u = x < 1.0f ? x : x - 1.0f, v = u - 1.0f;
	float small = u * v * elbo_lgamma_pf(v);
	float large = ELBO_FMAF(x - 0.5f, l - 1.0f, ELBO_FMAF(r, elbo_lgamma_sf(r * r), ELBO_STIRLINGF));
	small = x < 1.0f ? small - l : small;
	return x < 3.0f ? small : large;
}

ELBO_FN double elbo_lgammad(double x)
{
	double l = elbo_logd(x), r = 1.0 / x, u = x < 1.0 ? x : x - 1.0, v = u - 1.0;
	double small = u * v * elbo_lgamma_pd(v);
	double large = ELBO_FMA(x - 0.5, l - 1.0, ELBO_FMA(r, elbo_lgamma_sd(r * r), ELBO_STIRLING));
	small = x < 1.0 ? small - l : small;
	return x < 3.0 ? small : large;
}

/* ψ(x) = d log Γ / dx, x > 0; -infinity at 0. */
ELBO_FN float elbo_digammaf(float x)
{
	float l = elbo_logf(x), r = 1.0f / x, w = r * r, u = x < 1.0f ? x : x - 1.0f;
	float small = ((u - (ELBO_PSI_ROOT_HIF - 1.0f)) - ELBO_PSI_ROOT_LOF) * elbo_digamma_pf(u - 1.0f);
	float large = ELBO_FMAF(-0.5f, r, l) - w * elbo_digamma_sf(w);
	small = x < 1.0f ? small - r : small;
	small = x < 0.0f ? ELBO_NANF : small;
	return x < 3.0f ? small : large;
}

ELBO_FN double elbo_digammad(double x)
{
	double l = elbo_logd(x), r = 1.0 / x, w = r * r, u = x < 1.0 ? x : x - 1.0;
	double small = ((u - (ELBO_PSI_ROOT_HID - 1.0)) - ELBO_PSI_ROOT_LOD) * elbo_digamma_pd(u - 1.0);
	double large = ELBO_FMA(-0.5, r, l) - w * elbo_digamma_sd(w);
	small = x < 1.0 ? small - r : small;
	small = x < 0.0 ? ELBO_NAN : small;
	return x < 3.0 ? small : large;
}

/* ψ'(x), x > 0; infinity at 0. */
ELBO_FN float elbo_trigammaf(float x)
{
	float r = 1.0f / x, w = r * r, u = x < 1.0f ? x : x - 1.0f;
	float small = elbo_trigamma_pf(u - 1.0f);
	float large = ELBO_FMAF(w, ELBO_FMAF(r, elbo_trigamma_sf(w), 0.5f), r);
	small = x < 1.0f ? small + w : small;
	small = x < 0.0f ? ELBO_NANF : small;
	return x < 3.0f ? small : large;
}

ELBO_FN double elbo_trigammad(double x)
{
	double r = 1.0 / x, w = r * r, u = x < 1.0 ? x : x - 1.0;
	double small = elbo_trigamma_pd(u - 1.0);
	double large = ELBO_FMA(w, ELBO_FMA(r, elbo_trigamma_sd(w), 0.5), r);
	small = x < 1.0 ? small + w : small;
	small = x < 0.0 ? ELBO_NAN : small;
	return x < 3.0 ? small : large;
}

/* ψ''(x), x > 0; -infinity at 0. */
ELBO_FN float elbo_tetragammaf(float x)
{
	float r = 1.0f / x, w = r * r, u = x < 1.0f ? x : x - 1.0f;
	float small = elbo_tetragamma_pf(u - 1.0f);
	float large = -ELBO_FMAF(w, ELBO_FMAF(w, elbo_tetragamma_sf(w), r), w);
	small = x < 1.0f ? ELBO_FMAF(-2.0f * r, w, small) : small;
	small = x < 0.0f ? ELBO_NANF : small;
	return x < 3.0f ? small : large;
}

ELBO_FN double elbo_tetragammad(double x)
{
	double r = 1.0 / x, w = r * r, u = x < 1.0 ? x : x - 1.0;
	double small = elbo_tetragamma_pd(u - 1.0);
	double large = -ELBO_FMA(w, ELBO_FMA(w, elbo_tetragamma_sd(w), r), w);
	small = x < 1.0 ? ELBO_FMA(-2.0 * r, w, small) : small;
	small = x < 0.0 ? ELBO_NAN : small;
	return x < 3.0 ? small : large;
}

#endif
