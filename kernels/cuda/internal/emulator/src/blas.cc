/* cuBLAS: handles and matrix products, checked against the allocations they touch and queued
 * on the handle's stream. */
#include "blas.h"

namespace emu {

Handle *handle_of(void *p)
{
	Handle *h = (Handle *)p;
	if (current->blas.count(p))
		return h;
	violation("context", "cuBLAS handle %p is not of this context", p);
	return nullptr;
}

/* check_matrix says whether the matrix fits its leading dimension and lies in one allocation. */
int check_matrix(const char *call, const Matrix &x, int batch)
{
	if (x.ld < (x.rows > 1 ? x.rows : 1)) {
		violation("blas", "%s: the leading dimension of %s is %lld, below its %lld rows", call, x.name, x.ld, x.rows);
		return BLAS_INVALID_VALUE;
	}
	if (x.rows == 0 || x.columns == 0)
		return BLAS_SUCCESS;
	long long last = (x.columns - 1) * x.ld + x.rows;
	long long lowest = x.stride < 0 ? x.stride * (batch - 1) : 0, highest = x.stride > 0 ? x.stride * (batch - 1) : 0;
	u64 size = element_bytes(x.type);
	std::string what = std::string(call) + ", " + x.name;
	if (x.address % size) {
		violation("misaligned", "%s: %s", what.c_str(), describe(x.address).c_str());
		return BLAS_INVALID_VALUE;
	}
	u64 from = x.address + (u64)lowest * size;
	return check_device(what.c_str(), from, (u64)(highest - lowest + last) * size) ? BLAS_EXECUTION_FAILED : BLAS_SUCCESS;
}

double factor(const void *p, bool doubles) { return doubles ? *(const double *)p : *(const float *)p; }

struct Call {
	const char *name;
	int trans_a, trans_b;
	long long m, n, k;
	const void *alpha, *beta;
	Matrix a, b, c;
	int batch;
	bool doubles, tf32;
};

static bool written(const Call &k, const Matrix &x)
{
	for (int i = 0; i < k.batch; i++)
		for (long long j = 0; j < x.columns; j++) {
			u64 at = x.address + (u64)(i * x.stride + j * x.ld) * element_bytes(x.type);
			if (!all_written(at, (u64)x.rows * element_bytes(x.type)))
				return violation("uninitialised", "%s reads %s where nothing was written", k.name, x.name), false;
		}
	return true;
}

static int execute(const Call &k, bool on_device, double alpha, double beta)
{
	for (const Matrix *x : {&k.a, &k.b, &k.c})
		if (check_matrix(k.name, *x, k.batch))
			return ILLEGAL_ADDRESS;
	if (on_device) {
		u64 bytes = k.doubles ? 8 : 4;
		if (check_device(k.name, (u64)k.alpha, bytes) || check_device(k.name, (u64)k.beta, bytes))
			return ILLEGAL_ADDRESS;
		alpha = factor(k.alpha, k.doubles), beta = factor(k.beta, k.doubles);
	}
	if (config.access && (!written(k, k.a) || !written(k, k.b) || (beta != 0 && !written(k, k.c))))
		return LAUNCH_FAILED;
	for (int i = 0; i < k.batch; i++) {
		auto at = [&](const Matrix &x) { return x.address + (u64)(i * x.stride) * element_bytes(x.type); };
		gemm(Product{k.trans_a != 0, k.trans_b != 0, (size_t)k.m, (size_t)k.n, (size_t)k.k, (const void *)at(k.a),
		             (const void *)at(k.b), (void *)at(k.c), (size_t)k.a.ld, (size_t)k.b.ld, (size_t)k.c.ld, k.a.type,
		             k.b.type, k.c.type, k.doubles, k.tf32, alpha, beta});
		for (long long j = 0; config.access && j < k.n; j++)
			mark_written(at(k.c) + (u64)(j * k.c.ld) * element_bytes(k.c.type), (u64)k.m * element_bytes(k.c.type));
	}
	return SUCCESS;
}

static int submit(void *handle, Call k)
{
	Handle *h = handle_of(handle);
	if (!h)
		return BLAS_NOT_INITIALIZED;
	if (k.m < 0 || k.n < 0 || k.k < 0 || k.batch < 0 || !k.alpha || !k.beta)
		return BLAS_INVALID_VALUE;
	if (k.trans_a < 0 || k.trans_a > 2 || k.trans_b < 0 || k.trans_b > 2)
		return BLAS_INVALID_VALUE;
	k.a.rows = k.trans_a ? k.k : k.m, k.a.columns = k.trans_a ? k.m : k.k;
	k.b.rows = k.trans_b ? k.n : k.k, k.b.columns = k.trans_b ? k.k : k.n;
	k.c.rows = k.m, k.c.columns = k.n;
	for (const Matrix *x : {&k.a, &k.b, &k.c})
		if (int e = check_matrix(k.name, *x, k.batch))
			return e;
	if (k.m == 0 || k.n == 0 || k.batch == 0)
		return BLAS_SUCCESS;
	bool on_device = h->pointers == 1;
	double alpha = 0, beta = 0;
	if (!on_device) {
		if (in_device_space((u64)k.alpha) || in_device_space((u64)k.beta)) {
			violation("host-pointer", "%s: factors on the device, the handle expects them on the host", k.name);
			return BLAS_INVALID_VALUE;
		}
		alpha = factor(k.alpha, k.doubles), beta = factor(k.beta, k.doubles);
	}
	Stream *s = stream_of(h->stream);
	if (!s)
		return BLAS_EXECUTION_FAILED;
	k.tf32 = k.tf32 || (!k.doubles && (h->math & 15) == 3 && k.a.type == F32);
	if (enqueue(s, k.name, [=] { return execute(k, on_device, alpha, beta); }))
		return BLAS_EXECUTION_FAILED;
	if (s->capture)
		s->capture->graph->nodes.back().workspace = h->workspace ? h->workspace : (u64)h;
	return BLAS_SUCCESS;
}

} // namespace emu

using namespace emu;

EMU_API cublasCreate_v2(void **out)
{
	BLAS_ENTER;
	if (!out)
		return BLAS_INVALID_VALUE;
	Handle *h = new Handle{current, nullptr, 0, 0, 0, 0};
	current->blas.insert(h);
	*out = h;
	return BLAS_SUCCESS;
}

EMU_API cublasDestroy_v2(void *handle)
{
	BLAS_ENTER;
	Handle *h = handle_of(handle);
	if (!h)
		return BLAS_NOT_INITIALIZED;
	current->blas.erase(h);
	delete h;
	return BLAS_SUCCESS;
}

EMU_API cublasGetVersion_v2(void *, int *version)
{
	emu::Enter entered(__func__, emu::Enter::PLAIN, emu::Enter::BLAS);
	if (entered.code)
		return entered.code;
	*version = 120800;
	return BLAS_SUCCESS;
}

/* The parts of the version: 0 major, 1 minor, 2 patch. */
EMU_API cublasGetProperty(int part, int *value)
{
	emu::Enter entered(__func__, emu::Enter::PLAIN, emu::Enter::BLAS);
	if (entered.code)
		return entered.code;
	if (part < 0 || part > 2)
		return BLAS_INVALID_VALUE;
	*value = part == 0 ? 12 : part == 1 ? 8 : 0;
	return BLAS_SUCCESS;
}

#define BLAS_SETTER(name, type, field)                  \
	EMU_API cublasSet##name(void *handle, type v)   \
	{                                               \
		BLAS_ENTER;                             \
		Handle *h = handle_of(handle);          \
		if (!h)                                 \
			return BLAS_NOT_INITIALIZED;    \
		h->field = v;                           \
		return BLAS_SUCCESS;                    \
	}                                               \
	EMU_API cublasGet##name(void *handle, type *v)  \
	{                                               \
		BLAS_ENTER;                             \
		Handle *h = handle_of(handle);          \
		if (!h)                                 \
			return BLAS_NOT_INITIALIZED;    \
		*v = h->field;                          \
		return BLAS_SUCCESS;                    \
	}
BLAS_SETTER(Stream_v2, void *, stream)
BLAS_SETTER(MathMode, int, math)
BLAS_SETTER(PointerMode_v2, int, pointers)
BLAS_SETTER(AtomicsMode, int, atomics)

EMU_API cublasSetWorkspace_v2(void *handle, void *workspace, size_t bytes)
{
	BLAS_ENTER;
	Handle *h = handle_of(handle);
	if (!h)
		return BLAS_NOT_INITIALIZED;
	if (bytes && ((u64)workspace % 256 || check_device("cublasSetWorkspace", (u64)workspace, bytes)))
		return BLAS_INVALID_VALUE;
	h->workspace = bytes ? (u64)workspace : 0;
	return BLAS_SUCCESS;
}

static const char *status_name(int code)
{
	switch (code) {
	case 0: return "CUBLAS_STATUS_SUCCESS";
	case 1: return "CUBLAS_STATUS_NOT_INITIALIZED";
	case 3: return "CUBLAS_STATUS_ALLOC_FAILED";
	case 7: return "CUBLAS_STATUS_INVALID_VALUE";
	case 8: return "CUBLAS_STATUS_ARCH_MISMATCH";
	case 11: return "CUBLAS_STATUS_MAPPING_ERROR";
	case 13: return "CUBLAS_STATUS_EXECUTION_FAILED";
	case 14: return "CUBLAS_STATUS_INTERNAL_ERROR";
	case 15: return "CUBLAS_STATUS_NOT_SUPPORTED";
	}
	return "CUBLAS_STATUS unknown";
}

extern "C" __attribute__((visibility("default"))) const char *cublasGetStatusName(int code)
{
	return status_name(code);
}

extern "C" __attribute__((visibility("default"))) const char *cublasGetStatusString(int code)
{
	return status_name(code);
}

#define BLAS_GEMM(name, type, element, double_) \
	EMU_API name##_v2(void *h, int ta, int tb, int m, int n, int k, const type *alpha, const type *a, int lda, \
	                  const type *b, int ldb, const type *beta, type *c, int ldc) \
	{ \
		BLAS_ENTER; \
		return submit(h, Call{#name, ta, tb, m, n, k, alpha, beta, {"A", (u64)a, 0, 0, lda, 0, element}, \
		                      {"B", (u64)b, 0, 0, ldb, 0, element}, {"C", (u64)c, 0, 0, ldc, 0, element}, 1, \
		                      double_, false}); \
	} \
	EMU_API name##StridedBatched(void *h, int ta, int tb, int m, int n, int k, const type *alpha, const type *a, \
	                             int lda, long long sa, const type *b, int ldb, long long sb, const type *beta, \
	                             type *c, int ldc, long long sc, int batch) \
	{ \
		BLAS_ENTER; \
		return submit(h, Call{#name "StridedBatched", ta, tb, m, n, k, alpha, beta, \
		                      {"A", (u64)a, 0, 0, lda, sa, element}, {"B", (u64)b, 0, 0, ldb, sb, element}, \
		                      {"C", (u64)c, 0, 0, ldc, sc, element}, batch, double_, false}); \
	}
BLAS_GEMM(cublasSgemm, float, F32, false)
BLAS_GEMM(cublasDgemm, double, F64, true)

static bool known_type(int t) { return t == F32 || t == F64 || t == F16 || t == BF16; }

/* Compute types: 68 float, 69 float pedantic, 70 double, 71 double pedantic, 74, 75, 77 the
 * fast ones in 16 and 19 bits. */
static int mixed(void *h, const char *name, int ta, int tb, long long m, long long n, long long k, const void *alpha,
                 Matrix a, Matrix b, const void *beta, Matrix c, int batch, int compute)
{
	if (!known_type(a.type) || !known_type(b.type) || !known_type(c.type) || compute < 68 || compute > 77)
		return BLAS_NOT_SUPPORTED;
	bool doubles = compute == 70 || compute == 71;
	if (doubles != (a.type == F64) || doubles != (b.type == F64) || doubles != (c.type == F64) || a.type != b.type)
		return BLAS_NOT_SUPPORTED;
	if (c.type != a.type && c.type != F32)
		return BLAS_NOT_SUPPORTED;
	return submit(h, Call{name, ta, tb, m, n, k, alpha, beta, a, b, c, batch, doubles, compute == 77});
}

EMU_API cublasGemmEx(void *h, int ta, int tb, int m, int n, int k, const void *alpha, const void *a, int type_a,
                     int lda, const void *b, int type_b, int ldb, const void *beta, void *c, int type_c, int ldc,
                     int compute, int)
{
	BLAS_ENTER;
	return mixed(h, "cublasGemmEx", ta, tb, m, n, k, alpha, {"A", (u64)a, 0, 0, lda, 0, type_a},
	             {"B", (u64)b, 0, 0, ldb, 0, type_b}, beta, {"C", (u64)c, 0, 0, ldc, 0, type_c}, 1, compute);
}

EMU_API cublasGemmStridedBatchedEx(void *h, int ta, int tb, int m, int n, int k, const void *alpha, const void *a,
                                   int type_a, int lda, long long sa, const void *b, int type_b, int ldb, long long sb,
                                   const void *beta, void *c, int type_c, int ldc, long long sc, int batch,
                                   int compute, int)
{
	BLAS_ENTER;
	return mixed(h, "cublasGemmStridedBatchedEx", ta, tb, m, n, k, alpha, {"A", (u64)a, 0, 0, lda, sa, type_a},
	             {"B", (u64)b, 0, 0, ldb, sb, type_b}, beta, {"C", (u64)c, 0, 0, ldc, sc, type_c}, batch, compute);
}
