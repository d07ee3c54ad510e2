/* Ground of the scalar functions: qualifiers, bit casts, fused multiply-add, square root.
 *
 * Every function here is branch free, so that a loop over it vectorises, and rounds the
 * same way everywhere: products and sums are rounded one by one, a fused multiply-add is
 * always written ELBO_FMA. Compile with contraction off: -ffp-contract=off or the pragmas
 * of kernels/cpu for C, --fmad=false and --std=c++17 (for hexadecimal floats) for NVRTC;
 * never with fast-math.
 *
 * Selects are written with the NaN-carrying operand last (x > hi ? hi : x), so NaN in
 * gives NaN out. Suffix f is float, suffix d is double.
 */
#ifndef ELBO_BASE_H
#define ELBO_BASE_H

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
#pragma nv_diag_suppress 177 /* functions a kernel does not use */
typedef unsigned int elbo_u32;
typedef int elbo_i32;
typedef unsigned long long elbo_u64;
typedef long long elbo_i64;
#ifndef ELBO_FN
#define ELBO_FN static __device__ __forceinline__
#endif
#define ELBO_FMAF(a, b, c) __fmaf_rn(a, b, c)
#define ELBO_FMA(a, b, c) __fma_rn(a, b, c)
#define ELBO_SQRTF(a) __fsqrt_rn(a)
#define ELBO_SQRT(a) __dsqrt_rn(a)
#define ELBO_ABSF(a) fabsf(a)
#define ELBO_ABS(a) fabs(a)
#define ELBO_FLOORF(a) floorf(a)
#define ELBO_FLOOR(a) floor(a)
#define ELBO_COPYSIGNF(a, b) copysignf(a, b)
#define ELBO_COPYSIGN(a, b) copysign(a, b)
#define ELBO_MULHI(a, b) __umulhi(a, b)
ELBO_FN elbo_u32 elbo_bitsf(float x) { return __float_as_uint(x); }
ELBO_FN elbo_u64 elbo_bitsd(double x) { return (elbo_u64)__double_as_longlong(x); }
ELBO_FN float elbo_fromf(elbo_u32 x) { return __uint_as_float(x); }
ELBO_FN double elbo_fromd(elbo_u64 x) { return __longlong_as_double((elbo_i64)x); }
#else
typedef __UINT32_TYPE__ elbo_u32;
typedef __INT32_TYPE__ elbo_i32;
typedef __UINT64_TYPE__ elbo_u64;
typedef __INT64_TYPE__ elbo_i64;
#ifndef ELBO_FN
#define ELBO_FN static inline __attribute__((always_inline, unused))
#endif
#define ELBO_FMAF(a, b, c) __builtin_fmaf(a, b, c)
#define ELBO_FMA(a, b, c) __builtin_fma(a, b, c)
/* A loop over these two does not vectorise (they keep the errno call): tile code takes
 * its square roots in a pass of its own. */
#define ELBO_SQRTF(a) __builtin_sqrtf(a)
#define ELBO_SQRT(a) __builtin_sqrt(a)
#define ELBO_ABSF(a) __builtin_fabsf(a)
#define ELBO_ABS(a) __builtin_fabs(a)
#define ELBO_FLOORF(a) __builtin_floorf(a)
#define ELBO_FLOOR(a) __builtin_floor(a)
#define ELBO_COPYSIGNF(a, b) __builtin_copysignf(a, b)
#define ELBO_COPYSIGN(a, b) __builtin_copysign(a, b)
#define ELBO_MULHI(a, b) ((elbo_u32)(((elbo_u64)(a) * (b)) >> 32))
ELBO_FN elbo_u32 elbo_bitsf(float x) { elbo_u32 r; __builtin_memcpy(&r, &x, 4); return r; }
ELBO_FN elbo_u64 elbo_bitsd(double x) { elbo_u64 r; __builtin_memcpy(&r, &x, 8); return r; }
ELBO_FN float elbo_fromf(elbo_u32 x) { float r; __builtin_memcpy(&r, &x, 4); return r; }
ELBO_FN double elbo_fromd(elbo_u64 x) { double r; __builtin_memcpy(&r, &x, 8); return r; }
#endif

/* Infinity and quiet NaN without a library. */
#define ELBO_INFF elbo_fromf(0x7f800000u)
#define ELBO_INF elbo_fromd(0x7ff0000000000000u)
#define ELBO_NANF elbo_fromf(0x7fc00000u)
#define ELBO_NAN elbo_fromd(0x7ff8000000000000u)

/* Adding and subtracting 1.5·2^p rounds to the nearest integer, and leaves it in the low
 * bits of the sum. */
#define ELBO_ROUNDF 0x1.8p23f
#define ELBO_ROUND 0x1.8p52

/* 2^i for i in [-126, 127] and [-1022, 1023]. */
ELBO_FN float elbo_pow2f(elbo_i32 i) { return elbo_fromf((elbo_u32)(i + 127) << 23); }
ELBO_FN double elbo_pow2d(elbo_i64 i) { return elbo_fromd((elbo_u64)(i + 1023) << 52); }

/* NaN wins over a number in both. */
ELBO_FN float elbo_maxf(float a, float b) { float r = a > b ? a : b; return a == a ? r : a; }
ELBO_FN double elbo_maxd(double a, double b) { double r = a > b ? a : b; return a == a ? r : a; }
ELBO_FN float elbo_minf(float a, float b) { float r = a < b ? a : b; return a == a ? r : a; }
ELBO_FN double elbo_mind(double a, double b) { double r = a < b ? a : b; return a == a ? r : a; }

/* -1, 0 or 1; zeros keep their sign and NaN stays. */
ELBO_FN float elbo_signf(float x) { float r = x < 0.0f ? -1.0f : x; return x > 0.0f ? 1.0f : r; }
ELBO_FN double elbo_signd(double x) { double r = x < 0.0 ? -1.0 : x; return x > 0.0 ? 1.0 : r; }

ELBO_FN float elbo_clampf(float x, float lo, float hi)
{
	x = x < lo ? lo : x;
	return x > hi ? hi : x;
}

ELBO_FN double elbo_clampd(double x, double lo, double hi)
{
	x = x < lo ? lo : x;
	return x > hi ? hi : x;
}

ELBO_FN float elbo_isfinitef(float x) { return ELBO_ABSF(x) < ELBO_INFF ? 1.0f : 0.0f; }
ELBO_FN double elbo_isfinited(double x) { return ELBO_ABS(x) < ELBO_INF ? 1.0 : 0.0; }

#endif
