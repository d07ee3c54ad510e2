/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011) and the noise made of it; the
 * definition of counters, keys and layout is kernels/philox.go.
 */
#ifndef ELBO_PHILOX_H
#define ELBO_PHILOX_H
#include "log.h"
#include "trig.h"

#define ELBO_PHILOX_M0 0xD2511F53u
#define ELBO_PHILOX_M1 0xCD9E8D57u
#define ELBO_PHILOX_W0 0x9E3779B9u
#define ELBO_PHILOX_W1 0xBB67AE85u

/* One counter c[4] in place, under the key (k0, k1). */
ELBO_FN void elbo_philox(elbo_u32 c[4], elbo_u32 k0, elbo_u32 k1)
{
	for (int round = 0; round < 10; round++) {
		elbo_u32 h0 = ELBO_MULHI(ELBO_PHILOX_M0, c[0]), l0 = ELBO_PHILOX_M0 * c[0];
		elbo_u32 h1 = ELBO_MULHI(ELBO_PHILOX_M1, c[2]), l1 = ELBO_PHILOX_M1 * c[2];
		c[0] = h1 ^ c[1] ^ k0;
		c[1] = l1;
		c[2] = h0 ^ c[3] ^ k1;
		c[3] = l0;
		k0 += ELBO_PHILOX_W0;
		k1 += ELBO_PHILOX_W1;
	}
}

/* Uniforms in (0, 1): (word>>8 + 1/2) 2^-24, kept below 1 where rounding would reach it,
 * and (word + 1/2) 2^-32, exact. */
ELBO_FN float elbo_uniformf(elbo_u32 w)
{
	float u = (float)(elbo_i32)((w >> 7) | 1u) * 0x1p-25f;
	return u < 1.0f ? u : 0x1.fffffep-1f;
}

ELBO_FN double elbo_uint_d(elbo_u32 w)
{
	return elbo_fromd((elbo_u64)w | 0x4330000000000000u) - 0x1p52;
}

ELBO_FN double elbo_uniformd(elbo_u32 w) { return (elbo_uint_d(w) + 0.5) * 0x1p-32; }

/* -2 log u, the squared radius. In float the 25-bit numerator of u is rounded and the rest
 * is carried into the logarithm, which matters where u is next to 1. */
ELBO_FN float elbo_radius2f(elbo_u32 w)
{
	elbo_i32 v = (elbo_i32)((w >> 7) | 1u);
	float u = (float)v, c = (float)(v - (elbo_i32)u);
	return -2.0f * elbo_log_sumf(u, c, 25.0f);
}

ELBO_FN double elbo_radius2d(elbo_u32 w)
{
	elbo_u64 e;
	double f = elbo_log_splitd(elbo_uniformd(w), &e);
	return -2.0 * elbo_log_taild(f, elbo_log_exponentd(e));
}

/* The angle 2πu in quarter turns: the nearest whole number, and the rest in radians. */
ELBO_FN elbo_u32 elbo_quarter(elbo_u32 w) { return (w + 0x20000000u) >> 30; }

ELBO_FN float elbo_anglef(elbo_u32 w)
{
	elbo_u32 v = (w & 0xffffff00u) | 0x80u;
	elbo_i32 t = (elbo_i32)((v + 0x20000000u) & 0x3fffffffu) - 0x20000000;
	return (float)t * 0x1.921fb6p-30f;
}

ELBO_FN double elbo_angled(elbo_u32 w)
{
	elbo_i32 t = (elbo_i32)((w + 0x20000000u) & 0x3fffffffu) - 0x20000000;
	return ((double)t + 0.5) * 0x1.921fb54442d18p-30;
}

#endif
