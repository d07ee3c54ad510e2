//go:build cgo && amd64

/* Tiles for AVX2 and FMA. The pragmas stand for flags cgo does not let through, and must
 * come before any include. */
#if defined(__x86_64__)
#if !defined(__clang__)
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math", "fp-contract=off")
#pragma GCC target("avx2,fma,bmi,bmi2,prefer-vector-width=256")
#else
#pragma STDC FP_CONTRACT OFF
#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2"))), apply_to = function)
#endif
#define ELBO_ISA 3
#define ELBO_ISA_NAME(name) name##_v3
#include "tile_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
