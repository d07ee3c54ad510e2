/* What cuBLAS's calls share: handles, and the check of a matrix against its allocation. */
#ifndef ELBO_EMULATOR_BLAS_H
#define ELBO_EMULATOR_BLAS_H
#include "gemm.h"
#include "state.h"

namespace emu {

/* cublasStatus_t values. */
enum {
	BLAS_SUCCESS = 0, BLAS_NOT_INITIALIZED = 1, BLAS_INVALID_VALUE = 7, BLAS_EXECUTION_FAILED = 13,
	BLAS_NOT_SUPPORTED = 15,
};

struct Handle {
	Context *context;
	void *stream;
	int math, pointers, atomics;
	unsigned long long workspace; /* lent to it, else 0: then it has its own */
};

/* The sizes of a stored matrix; type is its elements' number in gemm.h. */
struct Matrix {
	const char *name;
	u64 address;
	long long rows, columns, ld, stride;
	int type;
};

Handle *handle_of(void *p); /* null, and a violation, for one of another context */
int check_matrix(const char *call, const Matrix &x, int batch);
double factor(const void *p, bool doubles);

} // namespace emu

#define BLAS_ENTER                                                    \
	emu::Enter entered(__func__, emu::Enter::CONTEXT, emu::Enter::BLAS); \
	if (entered.code)                                             \
		return entered.code

#endif
