/* a^b = exp(b log|a|), with log a and the product carried in two parts.
 *
 * Relative error about 2e-16 + 1e-16 |b log m| (m the mantissa of a). Zero, infinite and
 * negative bases follow C's pow: a negative base needs an integer exponent. The float
 * version goes through double, which is the cheapest way to one ulp.
 */
#ifndef ELBO_POW_H
#define ELBO_POW_H
#include "log.h"

/* a^b for a > 0 finite, any finite b. */
ELBO_FN double elbo_pow_posd(double a, double b)
{
	elbo_u64 k;
	double f = elbo_log_splitd(a < 0x1p-1022 ? a * 0x1p54 : a, &k);
	double e = elbo_log_exponentd(k) - (a < 0x1p-1022 ? 54.0 : 0.0);
	double y = elbo_log_taild(f, 0.0), eh = e * ELBO_LN2_SHORT;
	/* hi + lo = e log 2 + log m, by the exact sum of two numbers. */
	double hi = eh + y, back = hi - eh;
	double lo = ELBO_FMA(e, ELBO_LN2_REST, (eh - (hi - back)) + (y - back));
	double p = b * hi, rest = ELBO_FMA(b, lo, ELBO_FMA(b, hi, -p));
	double big = elbo_clampd(p, -2000.0, 2000.0);
	double r = elbo_expd(big);
	double out = ELBO_FMA(r, elbo_clampd(rest, -1.0, 1.0), r);
	return ELBO_ABS(p) < 1000.0 ? out : r;
}

ELBO_FN double elbo_powd(double a, double b)
{
	double m = ELBO_ABS(a), whole = ELBO_FLOOR(b), half = ELBO_FLOOR(0.5 * b);
	double y = elbo_pow_posd(m, b);
	/* 0 and infinity: the sign of b decides. */
	double zero = b > 0.0 ? 0.0 : ELBO_INF, inf = b > 0.0 ? ELBO_INF : 0.0;
	y = m == 0.0 ? zero : y;
	y = m == ELBO_INF ? inf : y;
	/* An infinite exponent: which side of 1 the base is on. */
	double far = (m > 1.0 ? b : -b) > 0.0 ? ELBO_INF : 0.0;
	far = m == 1.0 ? 1.0 : far;
	y = ELBO_ABS(b) == ELBO_INF ? far : y;
	/* A negative base: odd exponents flip the sign, fractions have no value. */
	double odd = whole == b && half * 2.0 != b ? -y : y;
	double neg = whole == b || m == ELBO_INF || m == 0.0 ? odd : ELBO_NAN;
	y = elbo_bitsd(a) >> 63 != 0 ? neg : y;
	y = a == a ? y : a;
	y = b == b ? y : b;
	y = a == 1.0 ? 1.0 : y;
	return b == 0.0 ? 1.0 : y;
}

ELBO_FN float elbo_powf(float a, float b) { return (float)elbo_powd((double)a, (double)b); }

#endif
