/* Compiler settings of one instruction set object, by ELBO_LEVEL: 1 base (SSE2 or NEON),
 * 3 AVX2 with FMA, 4 AVX-512. Include first.
 *
 * cgo's allow-list refuses the matching command line flags, so pragmas set them. Contraction is off:
 * elementwise results agree bit for bit between levels. Denormals keep their IEEE meaning
 * (no flush to zero): they cost nothing on current AMD cores, and results then do not
 * depend on who else set the control register.
 */
#ifndef ELBO_ISA_H
#define ELBO_ISA_H

#if ELBO_LEVEL > 1
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif
#include <math.h>
#include <stdint.h>
#include <string.h>

#if !defined(__clang__)
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math", "fp-contract=off")
#if ELBO_LEVEL == 3
#pragma GCC target("avx2,fma,bmi,bmi2,prefer-vector-width=256")
#elif ELBO_LEVEL == 4
#pragma GCC target("avx2,fma,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl,avx512cd,prefer-vector-width=512")
#endif
#else
#pragma STDC FP_CONTRACT OFF
#if ELBO_LEVEL == 3
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2"))), apply_to = function)
#elif ELBO_LEVEL == 4
#pragma clang attribute push( \
	__attribute__((target("avx2,fma,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl,avx512cd"))), apply_to = function)
#endif
#endif

#if ELBO_LEVEL == 4
#define ELBO_VBYTES 64
#define ELBO_NAME avx512
#elif ELBO_LEVEL == 3
#define ELBO_VBYTES 32
#define ELBO_NAME avx2
#else
#define ELBO_VBYTES 16
#define ELBO_NAME base
#endif

#define ELBO_JOIN2_(a, b) a##_##b
#define ELBO_JOIN2(a, b) ELBO_JOIN2_(a, b)

#endif
