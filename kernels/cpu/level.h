/* All kernels of one instruction set for both element types, and their table. Included by
 * level_base.c, level_avx2.c and level_avx512.c, which set ELBO_LEVEL. */
#include "exec.h"
#include "isa.h"

#include "batch.h"
#include "bytes.h"

#define REAL_BITS 32
#include "kinds.h"
#undef REAL_BITS
#define REAL_BITS 64
#include "kinds.h"
#undef REAL_BITS

#define BOTH(name) {name##_real32, name##_real64}

const elbo_isa ELBO_JOIN2(elbo_isa, ELBO_NAME) = {
	.run = {
		[ELBO_K_FUSED] = BOTH(fused), [ELBO_K_ZERO] = BOTH(zero), [ELBO_K_COPY] = BOTH(copy),
		[ELBO_K_REDUCE] = BOTH(reduce), [ELBO_K_CUMSUM] = BOTH(cumsum), [ELBO_K_GEMM] = BOTH(matmul),
		[ELBO_K_GEMM_SPLIT] = BOTH(matmul_split), [ELBO_K_GEMV_N] = BOTH(gemv_n), [ELBO_K_GEMV_T] = BOTH(gemv_t),
		[ELBO_K_GATHER] = BOTH(gather), [ELBO_K_SCATTER] = BOTH(scatter), [ELBO_K_TRIL] = BOTH(tril),
		[ELBO_K_CHOLESKY] = BOTH(cholesky), [ELBO_K_TRISOLVE] = BOTH(trisolve), [ELBO_K_IOTA] = BOTH(iota),
		[ELBO_K_STEP] = BOTH(step), [ELBO_K_RANDOM] = BOTH(random), [ELBO_K_BATCH] = {batch_rows, batch_rows},
		[ELBO_K_TOFLOAT] = BOTH(tofloat), [ELBO_K_TOINT] = BOTH(toint),
		[ELBO_K_IM2COL] = BOTH(im2col), [ELBO_K_COL2IM] = BOTH(col2im), [ELBO_K_UNIFORM_ROWS] = BOTH(uniform_rows),
		[ELBO_K_GATHER_BYTES] = {gather_bytes, gather_bytes}, [ELBO_K_TOFLOAT_BYTES] = BOTH(tofloat_bytes),
		[ELBO_K_TOFLOAT_BF16] = BOTH(tofloat_bf16),
	},
	.fin = {
		[ELBO_K_FUSED] = BOTH(fused_fin), [ELBO_K_GEMM_SPLIT] = BOTH(split_fin), [ELBO_K_GEMV_T] = BOTH(gemv_t_fin),
	},
	.fma = BOTH(fma_rate),
	.mr = {GEMM_MR, GEMM_MR},
	.nr = {GEMM_NV * ELBO_VBYTES / 4, GEMM_NV * ELBO_VBYTES / 8},
	.gemm_tls = {GEMM_TLS(4), GEMM_TLS(8)},
};

#if defined(__clang__) && ELBO_LEVEL > 1
#pragma clang attribute pop
#endif
