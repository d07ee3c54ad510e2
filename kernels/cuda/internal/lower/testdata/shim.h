/* Enough of CUDA C for g++ to check the syntax and types of a generated source. */
#define __CUDACC__ 1
#define __global__
#define __device__
#define __shared__ static
#define __forceinline__ inline
#define __launch_bounds__(...)
struct place3 { unsigned x, y, z; };
static const place3 threadIdx = {0, 0, 0}, blockIdx = {0, 0, 0};
static inline float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static inline double __fma_rn(double a, double b, double c) { return __builtin_fma(a, b, c); }
static inline float __fsqrt_rn(float a) { return __builtin_sqrtf(a); }
static inline double __dsqrt_rn(double a) { return __builtin_sqrt(a); }
static inline float fabsf(float a) { return __builtin_fabsf(a); }
static inline double fabs(double a) { return __builtin_fabs(a); }
static inline float floorf(float a) { return __builtin_floorf(a); }
static inline double floor(double a) { return __builtin_floor(a); }
static inline float copysignf(float a, float b) { return __builtin_copysignf(a, b); }
static inline double copysign(double a, double b) { return __builtin_copysign(a, b); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((unsigned long long)a * b >> 32); }
template <class A, class B> static inline A as(B x) { A r; __builtin_memcpy(&r, &x, sizeof r); return r; }
static inline unsigned __float_as_uint(float x) { return as<unsigned>(x); }
static inline float __uint_as_float(unsigned x) { return as<float>(x); }
static inline long long __double_as_longlong(double x) { return as<long long>(x); }
static inline double __longlong_as_double(long long x) { return as<double>(x); }
static inline unsigned atomicAdd(unsigned *p, unsigned x) { unsigned old = *p; *p += x; return old; }
static inline unsigned atomicCAS(unsigned *p, unsigned a, unsigned b) { unsigned old = *p; if (old == a) *p = b; return old; }
static inline void __syncthreads() {}
static inline void __threadfence() {}
template <class T> static inline T __shfl_xor_sync(unsigned, T x, int) { return x; }
