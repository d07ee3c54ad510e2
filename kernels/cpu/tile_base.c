//go:build cgo

/* Tiles for any machine: SSE2 with the library's exact fma, or NEON. */
#if !defined(__clang__)
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math", "fp-contract=off")
#else
#pragma STDC FP_CONTRACT OFF
#endif
#define ELBO_ISA 0
#define ELBO_ISA_NAME(name) name##_base
#include "tile_body.h"
