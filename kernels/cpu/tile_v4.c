//go:build cgo && amd64

/* Tiles for AVX-512, 512-bit vectors; see tile_v3.c. */
#if defined(__x86_64__)
#if !defined(__clang__)
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math", "fp-contract=off")
#pragma GCC target("avx2,fma,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl,avx512cd,prefer-vector-width=512")
#else
#pragma STDC FP_CONTRACT OFF
#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl,avx512cd"))), \
                             apply_to = function)
#endif
#define ELBO_ISA 4
#define ELBO_ISA_NAME(name) name##_v4
#include "tile_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
