/* Functions and intrinsics of device code. The library functions are those of the C
 * library: close to CUDA's, not their bits. The rounding-named intrinsics are exact. */
#define ELBO_UNARY(name) \
	extern "C" double name(double) noexcept; \
	extern "C" float name##f(float) noexcept; \
	static inline float name(float x) { return name##f(x); }
#define ELBO_BINARY(name) \
	extern "C" double name(double, double) noexcept; \
	extern "C" float name##f(float, float) noexcept; \
	static inline float name(float x, float y) { return name##f(x, y); }
ELBO_UNARY(exp) ELBO_UNARY(exp2) ELBO_UNARY(expm1) ELBO_UNARY(log) ELBO_UNARY(log2) ELBO_UNARY(log10)
ELBO_UNARY(log1p) ELBO_UNARY(sqrt) ELBO_UNARY(cbrt) ELBO_UNARY(sin) ELBO_UNARY(cos) ELBO_UNARY(tan)
ELBO_UNARY(asin) ELBO_UNARY(acos) ELBO_UNARY(atan) ELBO_UNARY(sinh) ELBO_UNARY(cosh) ELBO_UNARY(tanh)
ELBO_UNARY(asinh) ELBO_UNARY(acosh) ELBO_UNARY(atanh) ELBO_UNARY(erf) ELBO_UNARY(erfc) ELBO_UNARY(tgamma)
ELBO_UNARY(lgamma) ELBO_UNARY(floor) ELBO_UNARY(ceil) ELBO_UNARY(trunc) ELBO_UNARY(round) ELBO_UNARY(rint)
ELBO_UNARY(nearbyint) ELBO_UNARY(fabs)
ELBO_BINARY(pow) ELBO_BINARY(fmod) ELBO_BINARY(remainder) ELBO_BINARY(atan2) ELBO_BINARY(hypot)
ELBO_BINARY(copysign) ELBO_BINARY(fmin) ELBO_BINARY(fmax) ELBO_BINARY(fdim) ELBO_BINARY(nextafter)
extern "C" double fma(double, double, double) noexcept;
extern "C" float fmaf(float, float, float) noexcept;
extern "C" double ldexp(double, int) noexcept;
extern "C" float ldexpf(float, int) noexcept;
extern "C" double frexp(double, int *) noexcept;
extern "C" float frexpf(float, int *) noexcept;
extern "C" int abs(int) noexcept;
extern "C" void *memcpy(void *, const void *, size_t) noexcept;
extern "C" void *memset(void *, int, size_t) noexcept;
static inline float abs(float x) { return fabsf(x); }
static inline double abs(double x) { return fabs(x); }
static inline float fma(float a, float b, float c) { return fmaf(a, b, c); }
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
static inline double rsqrt(double x) { return 1.0 / sqrt(x); }
static inline void sincosf(float x, float *s, float *c) { *s = sinf(x), *c = cosf(x); }
static inline void sincos(double x, double *s, double *c) { *s = sin(x), *c = cos(x); }
template <class T> static inline bool isnan(T x) { return __builtin_isnan(x); }
template <class T> static inline bool isinf(T x) { return __builtin_isinf(x); }
template <class T> static inline bool isfinite(T x) { return __builtin_isfinite(x); }
template <class T> static inline bool signbit(T x) { return __builtin_signbit(x); }

#define ELBO_MINMAX(type) \
	static inline type min(type a, type b) { return b < a ? b : a; } \
	static inline type max(type a, type b) { return a < b ? b : a; }
ELBO_MINMAX(int) ELBO_MINMAX(unsigned) ELBO_MINMAX(long) ELBO_MINMAX(unsigned long)
ELBO_MINMAX(long long) ELBO_MINMAX(unsigned long long)
static inline float min(float a, float b) { return fminf(a, b); }
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }

/* Rounded once, never contracted: the operands and the result pass through the barrier. */
#define ELBO_ROUNDED(name, type, op) \
	static inline type name(type a, type b) { type r = a op b; asm("" : "+x"(r)); return r; }
ELBO_ROUNDED(__fadd_rn, float, +) ELBO_ROUNDED(__fsub_rn, float, -) ELBO_ROUNDED(__fmul_rn, float, *)
ELBO_ROUNDED(__fdiv_rn, float, /) ELBO_ROUNDED(__dadd_rn, double, +) ELBO_ROUNDED(__dsub_rn, double, -)
ELBO_ROUNDED(__dmul_rn, double, *) ELBO_ROUNDED(__ddiv_rn, double, /)
static inline float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static inline double __fma_rn(double a, double b, double c) { return __builtin_fma(a, b, c); }
static inline float __fsqrt_rn(float x) { return __builtin_sqrtf(x); }
static inline double __dsqrt_rn(double x) { return __builtin_sqrt(x); }
static inline float __frcp_rn(float x) { return 1.0f / x; }
static inline double __drcp_rn(double x) { return 1.0 / x; }
static inline float __frsqrt_rn(float x) { return (float)(1.0 / __builtin_sqrt((double)x)); }
static inline float __expf(float x) { return expf(x); }
static inline float __exp10f(float x) { return expf(x * 2.302585093f); }
static inline float __logf(float x) { return logf(x); }
static inline float __log2f(float x) { return log2f(x); }
static inline float __sinf(float x) { return sinf(x); }
static inline float __cosf(float x) { return cosf(x); }
static inline float __powf(float x, float y) { return powf(x, y); }
static inline float __fdividef(float a, float b) { return a / b; }
static inline float __saturatef(float x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }

#define ELBO_CAST(name, to, from) \
	static inline to name(from x) { to r; __builtin_memcpy(&r, &x, sizeof r); return r; }
ELBO_CAST(__float_as_int, int, float) ELBO_CAST(__float_as_uint, unsigned, float)
ELBO_CAST(__int_as_float, float, int) ELBO_CAST(__uint_as_float, float, unsigned)
ELBO_CAST(__double_as_longlong, long long, double) ELBO_CAST(__longlong_as_double, double, long long)
static inline int __double2hiint(double x) { return (int)(__double_as_longlong(x) >> 32); }
static inline int __double2loint(double x) { return (int)__double_as_longlong(x); }
static inline double __hiloint2double(int hi, int lo)
{
	return __longlong_as_double((long long)((unsigned long long)(unsigned)hi << 32 | (unsigned)lo));
}

/* Conversions clamp, and NaN becomes zero. */
template <class I> static inline I elbo_clamp_to_(double x, double low, double high, I least, I most)
{
	return x != x ? (I)0 : x <= low ? least : x >= high ? most : (I)x;
}
static inline int elbo_int_(double x) { return elbo_clamp_to_<int>(x, -0x1p31, 0x1p31, -2147483647 - 1, 2147483647); }
static inline unsigned elbo_uint_(double x) { return elbo_clamp_to_<unsigned>(x, 0.0, 0x1p32, 0u, 0xffffffffu); }
static inline long long elbo_long_(double x)
{
	return elbo_clamp_to_<long long>(x, -0x1p63, 0x1p63, -9223372036854775807ll - 1, 9223372036854775807ll);
}
#define ELBO_TO_INT(suffix, round) \
	static inline int __float2int_##suffix(float x) { return elbo_int_(round((double)x)); } \
	static inline unsigned __float2uint_##suffix(float x) { return elbo_uint_(round((double)x)); } \
	static inline int __double2int_##suffix(double x) { return elbo_int_(round(x)); } \
	static inline long long __double2ll_##suffix(double x) { return elbo_long_(round(x)); } \
	static inline long long __float2ll_##suffix(float x) { return elbo_long_(round((double)x)); }
ELBO_TO_INT(rn, rint) ELBO_TO_INT(rz, trunc) ELBO_TO_INT(rd, floor) ELBO_TO_INT(ru, ceil)
static inline float __int2float_rn(int x) { return (float)x; }
static inline float __uint2float_rn(unsigned x) { return (float)x; }
static inline float __ll2float_rn(long long x) { return (float)x; }
static inline float __ull2float_rn(unsigned long long x) { return (float)x; }
static inline float __double2float_rn(double x) { return (float)x; }
static inline double __int2double_rn(int x) { return x; }
static inline double __uint2double_rn(unsigned x) { return x; }
static inline double __ll2double_rn(long long x) { return (double)x; }
static inline double __ull2double_rn(unsigned long long x) { return (double)x; }

static inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((unsigned long long)a * b >> 32); }
static inline int __mulhi(int a, int b) { return (int)((long long)a * b >> 32); }
static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b)
{
	return (unsigned long long)((unsigned __int128)a * b >> 64);
}
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
static inline int __clzll(long long x) { return x ? __builtin_clzll((unsigned long long)x) : 64; }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __ffsll(long long x) { return __builtin_ffsll(x); }
static inline unsigned __brev(unsigned x)
{
	x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
	x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
	x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
	return __builtin_bswap32(x);
}
static inline unsigned __byte_perm(unsigned a, unsigned b, unsigned s)
{
	unsigned long long both = (unsigned long long)b << 32 | a;
	unsigned r = 0;
	for (int i = 0; i < 4; i++)
		r |= (unsigned)(both >> 8 * (s >> 4 * i & 7) & 255) << 8 * i;
	return r;
}
static inline unsigned __funnelshift_l(unsigned lo, unsigned hi, unsigned s)
{
	return (unsigned)(((unsigned long long)hi << 32 | lo) << (s & 31) >> 32);
}
static inline unsigned __funnelshift_r(unsigned lo, unsigned hi, unsigned s)
{
	return (unsigned)(((unsigned long long)hi << 32 | lo) >> (s & 31));
}
