//go:build cgo

#include "tile.h"

int elbo_best_isa(void)
{
#if defined(__x86_64__)
	__builtin_cpu_init();
	int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
	int v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
	return v3 && v4 ? 4 : v3 ? 3 : 0;
#else
	return 0;
#endif
}

#if defined(__x86_64__)
#define ELBO_PICK(table) (isa == 4 ? table##_v4[dtype] : isa == 3 ? table##_v3[dtype] : table##_base[dtype])
#else
#define ELBO_PICK(table) ((void)isa, table##_base[dtype])
#endif

void *const *elbo_tiles(int isa, int dtype) { return ELBO_PICK(elbo_tiles); }
const elbo_fill_fn *elbo_fills(int isa, int dtype) { return ELBO_PICK(elbo_fills); }
const elbo_pattern_fn *elbo_patterns(int isa, int dtype) { return ELBO_PICK(elbo_patterns); }
