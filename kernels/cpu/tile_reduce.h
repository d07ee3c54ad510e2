/* Sum, maximum and dot product of a tile: element i goes to lane i mod W of 128 bytes of
 * lanes, and the lanes are folded in halves. Vectors are as wide as the machine's; the tree
 * does not depend on that. */
enum { SUF(W) = 128 / sizeof(REAL), SUF(V) = 128 / ELBO_VECTOR_BYTES };
typedef REAL SUF(vec) __attribute__((vector_size(ELBO_VECTOR_BYTES)));
#if IS_F32
typedef int SUF(ivec) __attribute__((vector_size(ELBO_VECTOR_BYTES)));
#else
typedef long long SUF(ivec) __attribute__((vector_size(ELBO_VECTOR_BYTES)));
#endif

/* The terms of a step: the vectors of a, or of a times those of b. */
ELBO_INLINE SUF(vec) SUF(plain)(const REAL *a, const REAL *b)
{
	SUF(vec) v;
	(void)b;
	memcpy(&v, a, sizeof v);
	return v;
}

ELBO_INLINE SUF(vec) SUF(product)(const REAL *a, const REAL *b)
{
	SUF(vec) v, w;
	memcpy(&v, a, sizeof v);
	memcpy(&w, b, sizeof w);
	return v * w;
}

/* NaN wins in either. */
ELBO_INLINE SUF(vec) SUF(vmax)(SUF(vec) m, SUF(vec) v)
{
	SUF(ivec) take = (SUF(ivec))(v > m) | (SUF(ivec))(v != v);
	return (SUF(vec))(((SUF(ivec))v & take) | ((SUF(ivec))m & ~take));
}

ELBO_INLINE SUF(vec) SUF(vadd)(SUF(vec) s, SUF(vec) v) { return s + v; }
ELBO_INLINE REAL SUF(add)(REAL s, REAL v) { return s + v; }

/* A reduction: lanes start at zero, take term by vjoin, and are folded by join. */
#define REDUCE(name, zero, term, vjoin, join) \
	static double SUF(name)(long n, const void *va, const void *vb) \
	{ \
		const REAL *a = va, *b = vb; \
		const long step = sizeof(SUF(vec)) / sizeof(REAL); \
		REAL ta[SUF(W)], tb[SUF(W)]; \
		SUF(vec) s[SUF(V)]; \
		for (int j = 0; j < SUF(W); j++) \
			ta[j] = zero; \
		_Pragma("GCC unroll 8") for (int v = 0; v < SUF(V); v++) memcpy(&s[v], ta + v * step, sizeof s[v]); \
		for (; n > 0; n -= SUF(W), a += SUF(W), b += SUF(W)) { \
			if (n < SUF(W)) { \
				for (int j = 0; j < SUF(W); j++) \
					ta[j] = tb[j] = zero; \
				memcpy(ta, a, (size_t)n * sizeof(REAL)), a = ta; \
				if (SUF(term) == SUF(product)) memcpy(tb, b, (size_t)n * sizeof(REAL)), b = tb; \
			} \
			_Pragma("GCC unroll 8") for (int v = 0; v < SUF(V); v++) \
				s[v] = SUF(vjoin)(s[v], SUF(term)(a + v * step, b + v * step)); \
		} \
		_Pragma("GCC unroll 8") for (int v = 0; v < SUF(V); v++) memcpy(ta + v * step, &s[v], sizeof s[v]); \
		_Pragma("GCC unroll 8") for (int h = SUF(W) / 2; h > 0; h /= 2) \
			for (int j = 0; j < h; j++) ta[j] = SUF(join)(ta[j], ta[j + h]); \
		return ta[0]; \
	}
REDUCE(reduce_sum, 0, plain, vadd, add)
REDUCE(reduce_dot, 0, product, vadd, add)
REDUCE(reduce_max, (REAL)-__builtin_inf(), plain, vmax, elbo_max)
#undef REDUCE
