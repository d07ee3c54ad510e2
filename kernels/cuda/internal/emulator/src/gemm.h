/* Matrix products in the column-major convention of cuBLAS. */
#ifndef ELBO_EMULATOR_GEMM_H
#define ELBO_EMULATOR_GEMM_H
#include <cstddef>

namespace emu {
/* The element types by their cudaDataType numbers. */
enum Element { F32 = 0, F64 = 1, F16 = 2, BF16 = 14 };
size_t element_bytes(int type);

struct Product {
	bool trans_a, trans_b;
	size_t m, n, k;
	const void *a, *b;
	void *c;
	size_t lda, ldb, ldc;
	int type_a, type_b, type_c;
	bool doubles; /* computed in double */
	bool tf32;    /* operands rounded to 10 bits of fraction */
	double alpha, beta;
};

/* gemm is C ← α op(A) op(B) + β C; with β = 0, C is not read. */
void gemm(const Product &p);
}
#endif
