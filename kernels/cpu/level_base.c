/* Kernels for any machine: SSE2 or NEON vectors. */
#define ELBO_LEVEL 1
#include "level.h"
