/* Kernels for AVX-512 (F, BW, DQ, VL, CD), 512-bit vectors. */
#if defined(__x86_64__)
#define ELBO_LEVEL 4
#include "level.h"
#endif
