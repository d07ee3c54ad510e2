/* Vectors and names of one element type; included once per type, with REAL_BITS 32 or 64.
 * FN(name) is the type's own function name.
 */
#undef REAL
#undef FN
#undef VL
#undef VFMA
#undef TILE_FN
#undef TILE_BYTES
#undef BLOCK_ELEMS

#if REAL_BITS == 32
#define REAL float

#define FN(name) ELBO_JOIN2(name, real32)
#define VL (ELBO_VBYTES / 4)
typedef int32_t FN(lane);
#else
#define REAL double

#define FN(name) ELBO_JOIN2(name, real64)
#define VL (ELBO_VBYTES / 8)
typedef int64_t FN(lane);
#endif

typedef REAL FN(vec) __attribute__((vector_size(ELBO_VBYTES)));
typedef REAL FN(vecu) __attribute__((vector_size(ELBO_VBYTES), aligned(sizeof(REAL)), may_alias));
typedef FN(lane) FN(ivec) __attribute__((vector_size(ELBO_VBYTES)));
typedef FN(lane) FN(ivecu) __attribute__((vector_size(ELBO_VBYTES), aligned(sizeof(REAL)), may_alias));
typedef FN(lane) FN(iquad) __attribute__((vector_size(16)));
typedef FN(lane) FN(iquadu) __attribute__((vector_size(16), aligned(sizeof(REAL)), may_alias));

#if ELBO_LEVEL == 4 && REAL_BITS == 32
#define VFMA(a, b, c) ((FN(vec))_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#elif ELBO_LEVEL == 4
#define VFMA(a, b, c) ((FN(vec))_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#elif ELBO_LEVEL == 3 && REAL_BITS == 32
#define VFMA(a, b, c) ((FN(vec))_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#elif ELBO_LEVEL == 3
#define VFMA(a, b, c) ((FN(vec))_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#elif defined(__ARM_NEON) && REAL_BITS == 32
#define VFMA(a, b, c) ((FN(vec))vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#elif defined(__ARM_NEON)
#define VFMA(a, b, c) ((FN(vec))vfmaq_f64((float64x2_t)(c), (float64x2_t)(a), (float64x2_t)(b)))
#else
#define VFMA(a, b, c) ((a) * (b) + (c))
#endif

#define VLOAD(p) (*(const FN(vecu) *)(p))
#define VSTORE(p, v) (*(FN(vecu) *)(p) = (v))

static inline __attribute__((always_inline, unused)) FN(vec) FN(splat)(REAL x)
{
	return x - (FN(vec)){0};
}

/* Lanes below n keep their value, the others become zero whatever they held. */
static inline __attribute__((always_inline, unused)) FN(vec) FN(first)(FN(vec) v, long n)
{
	FN(ivec) index;
	for (int i = 0; i < (int)VL; i++)
		index[i] = i;
	return (FN(vec))((FN(ivec))v & (index < (FN(lane))n));
}

/* Sum of the lanes by halves. */
static inline __attribute__((always_inline, unused)) REAL FN(lanes)(FN(vec) v)
{
#if ELBO_LEVEL == 4 && REAL_BITS == 32
	__m256 h = _mm256_add_ps(_mm512_castps512_ps256((__m512)v), _mm512_extractf32x8_ps((__m512)v, 1));
	__m128 q = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
#elif ELBO_LEVEL == 3 && REAL_BITS == 32
	__m128 q = _mm_add_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
#elif ELBO_LEVEL == 4
	__m256d h = _mm256_add_pd(_mm512_castpd512_pd256((__m512d)v), _mm512_extractf64x4_pd((__m512d)v, 1));
	__m128d q = _mm_add_pd(_mm256_castpd256_pd128(h), _mm256_extractf128_pd(h, 1));
#elif ELBO_LEVEL == 3
	__m128d q = _mm_add_pd(_mm256_castpd256_pd128((__m256d)v), _mm256_extractf128_pd((__m256d)v, 1));
#else
	FN(vec) q = v;
#endif
#if REAL_BITS == 32
	return (q[0] + q[2]) + (q[1] + q[3]);
#else
	return q[0] + q[1];
#endif
}
