/* Matrix times vector, y ← α op(A) x + β y, column-major. */
#include "blas.h"

namespace emu {

struct Gemv {
	const char *name;
	bool trans, doubles;
	long long m, n, lda, incx, incy;
	const void *alpha, *beta;
	u64 a, x, y;
};

static const long long one = 1;

/* spread is how many elements a strided vector covers. */
static long long spread(long long n, long long increment)
{
	return n ? (n - one) * (increment < 0 ? -increment : increment) + one : 0;
}

static int check(const Gemv &g)
{
	long long in = g.trans ? g.m : g.n, out = g.trans ? g.n : g.m, size = g.doubles ? 8 : 4;
	int type = g.doubles ? F64 : F32;
	if (g.m < 0 || g.n < 0 || !g.incx || !g.incy || !g.alpha || !g.beta)
		return BLAS_INVALID_VALUE;
	if (int e = check_matrix(g.name, Matrix{"A", g.a, g.m, g.n, g.lda, 0, type}, 1))
		return e;
	for (auto v : {std::make_pair(g.x, spread(in, g.incx)), std::make_pair(g.y, spread(out, g.incy))})
		if (check_device(g.name, v.first, (u64)(v.second * size)))
			return BLAS_EXECUTION_FAILED;
	return BLAS_SUCCESS;
}

template <class T> static void multiply(const Gemv &g, T alpha, T beta)
{
	long long in = g.trans ? g.m : g.n, out = g.trans ? g.n : g.m;
	const T *a = (const T *)g.a, *x = (const T *)g.x;
	T *y = (T *)g.y;
	if (g.incx < 0)
		x -= (in - 1) * g.incx;
	if (g.incy < 0)
		y -= (out - 1) * g.incy;
	std::vector<T> sums((size_t)out, T(0));
	for (long long j = 0; j < g.n; j++)
		for (long long i = 0; i < g.m; i++) {
			long long to = g.trans ? j : i, from = g.trans ? i : j;
			sums[(size_t)to] += a[j * g.lda + i] * x[from * g.incx];
		}
	for (long long i = 0; i < out; i++) {
		T v = alpha * sums[(size_t)i];
		y[i * g.incy] = beta == 0 ? v : v + beta * y[i * g.incy];
	}
	mark_written(g.y, (u64)spread(out, g.incy) * sizeof(T));
}

static int submit(void *handle, Gemv g)
{
	Handle *h = handle_of(handle);
	if (!h)
		return BLAS_NOT_INITIALIZED;
	if (int e = check(g))
		return e;
	Stream *s = stream_of(h->stream);
	if (!s)
		return BLAS_EXECUTION_FAILED;
	bool on_device = h->pointers == 1;
	double alpha = on_device ? 0 : factor(g.alpha, g.doubles), beta = on_device ? 0 : factor(g.beta, g.doubles);
	return enqueue(s, g.name, [=]() -> int {
		if (check(g))
			return ILLEGAL_ADDRESS;
		double by = on_device ? factor(g.alpha, g.doubles) : alpha, keep = on_device ? factor(g.beta, g.doubles) : beta;
		if (g.doubles)
			multiply<double>(g, by, keep);
		else
			multiply<float>(g, (float)by, (float)keep);
		return SUCCESS;
	}) ? BLAS_EXECUTION_FAILED : BLAS_SUCCESS;
}

} // namespace emu

using namespace emu;

EMU_API cublasSgemv_v2(void *h, int trans, int m, int n, const float *alpha, const float *a, int lda, const float *x,
                       int incx, const float *beta, float *y, int incy)
{
	BLAS_ENTER;
	return submit(h, Gemv{"cublasSgemv", trans != 0, false, m, n, lda, incx, incy, alpha, beta, (u64)a, (u64)x, (u64)y});
}

EMU_API cublasDgemv_v2(void *h, int trans, int m, int n, const double *alpha, const double *a, int lda, const double *x,
                       int incx, const double *beta, double *y, int incy)
{
	BLAS_ENTER;
	return submit(h, Gemv{"cublasDgemv", trans != 0, true, m, n, lda, incx, incy, alpha, beta, (u64)a, (u64)x, (u64)y});
}
