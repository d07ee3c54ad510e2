/* Kernels for AVX2 with FMA. */
#if defined(__x86_64__)
#define ELBO_LEVEL 3
#include "level.h"
#endif
