/* Random fills in groups of 32 counters and 128 elements (kernels/philox.go). */

/* A vector px holds one word of every second counter in the low halves of its 64-bit lanes;
 * the high halves hold leftovers that no operation looks at. */
#if ELBO_ISA == 4
#define PX_LANES 16
#define PX_SETS 2
typedef __m512i px;
#define PX_SET(x) _mm512_set1_epi32((int)(x))
#define PX_ADD _mm512_add_epi32
#define PX_XOR _mm512_xor_si512
#define PX_MUL _mm512_mul_epu32
#define PX_HIGH(v) _mm512_srli_epi64(v, 32)
#define PX_EVENS _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14)
#define PX_STORE(p, even, odd) \
	_mm512_storeu_si512((void *)(p), _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32)))
#elif ELBO_ISA == 3
#define PX_LANES 8
#define PX_SETS 1
typedef __m256i px;
#define PX_SET(x) _mm256_set1_epi32((int)(x))
#define PX_ADD _mm256_add_epi32
#define PX_XOR _mm256_xor_si256
#define PX_MUL _mm256_mul_epu32
#define PX_HIGH(v) _mm256_srli_epi64(v, 32)
#define PX_EVENS _mm256_setr_epi64x(0, 2, 4, 6)
#define PX_STORE(p, even, odd) \
	_mm256_storeu_si256((__m256i *)(p), _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA))
#endif

/* The 128 words of one group: w[32*j + lane] is word j of counter 32*group + lane. */
#if ELBO_ISA > 0
ELBO_INLINE void philox_round(px v[4], px key0, px key1)
{
	px p0 = PX_MUL(v[0], PX_SET(ELBO_PHILOX_M0)), p1 = PX_MUL(v[2], PX_SET(ELBO_PHILOX_M1));
	v[0] = PX_XOR(PX_XOR(PX_HIGH(p1), v[1]), key0);
	v[2] = PX_XOR(PX_XOR(PX_HIGH(p0), v[3]), key1);
	v[1] = p1, v[3] = p0;
}

ELBO_INLINE void philox_group(elbo_u32 *w, elbo_u32 first, elbo_u64 seed, elbo_u32 stream, elbo_u64 step)
{
	/* Even and odd counters of PX_SETS vectors at a time: what fits the registers. */
	for (elbo_u32 lane = 0; lane < 32; lane += PX_SETS * PX_LANES) {
		elbo_u32 k0 = (elbo_u32)seed, k1 = (elbo_u32)(seed >> 32);
		px v[2 * PX_SETS][4];
#pragma GCC unroll 4
		for (elbo_u32 s = 0; s < 2 * PX_SETS; s++) {
			v[s][0] = PX_ADD(PX_SET(first + lane + s / 2 * PX_LANES + s % 2), PX_EVENS);
			v[s][1] = PX_SET(stream), v[s][2] = PX_SET(step), v[s][3] = PX_SET(step >> 32);
		}
#pragma GCC unroll 10
		for (int round = 0; round < 10; round++) {
			px key0 = PX_SET(k0), key1 = PX_SET(k1);
#pragma GCC unroll 4
			for (int s = 0; s < 2 * PX_SETS; s++)
				philox_round(v[s], key0, key1);
			k0 += ELBO_PHILOX_W0, k1 += ELBO_PHILOX_W1;
		}
#pragma GCC unroll 4
		for (int j = 0; j < 4; j++)
#pragma GCC unroll 4
			for (elbo_u32 s = 0; s < PX_SETS; s++)
				PX_STORE(w + 32 * j + lane + s * PX_LANES, v[2 * s][j], v[2 * s + 1][j]);
	}
}
#else
ELBO_INLINE void philox_group(elbo_u32 *w, elbo_u32 first, elbo_u64 seed, elbo_u32 stream, elbo_u64 step)
{
	for (int lane = 0; lane < 32; lane++) {
		elbo_u32 c[4] = {first + (elbo_u32)lane, stream, (elbo_u32)step, (elbo_u32)(step >> 32)};
		elbo_philox(c, (elbo_u32)seed, (elbo_u32)(seed >> 32));
		for (int j = 0; j < 4; j++)
			w[32 * j + lane] = c[j];
	}
}
#endif

/* The transforms of one group. */
#define GROUPS(REAL, SUF, FLIP) \
	ELBO_INLINE void SUF(group_uniform)(const elbo_u32 *w, REAL *out) \
	{ \
		ELBO_VECTOR for (int i = 0; i < 128; i++) out[i] = SUF(elbo_uniform)(w[i]); \
	} \
	ELBO_INLINE void SUF(group_normal)(const elbo_u32 *w, REAL *out) \
	{ \
		REAL r[64]; \
		ELBO_VECTOR for (int i = 0; i < 32; i++) r[i] = SUF(elbo_radius2)(w[i]); \
		ELBO_VECTOR for (int i = 0; i < 32; i++) r[32 + i] = SUF(elbo_radius2)(w[64 + i]); \
		SUF(sqrt_pass)(64, r, r); \
		for (int pair = 0; pair < 2; pair++) { \
			const elbo_u32 *v = w + 64 * pair + 32; \
			REAL *o = out + 64 * pair, *radius = r + 32 * pair; \
			ELBO_VECTOR for (int i = 0; i < 32; i++) { \
				REAL t = SUF(elbo_angle)(v[i]), s = SUF(elbo_sin_kernel)(t), c = SUF(elbo_cos_kernel)(t); \
				elbo_u32 turn = elbo_quarter(v[i]); \
				REAL x = (turn & 1u) != 0 ? s : c, y = (turn & 1u) != 0 ? c : s; \
				o[i] = radius[i] * FLIP(x, (turn + 1u) & 2u); \
				o[i + 32] = radius[i] * FLIP(y, turn & 2u); \
			} \
		} \
	}
#define FLIPF(x, bit2) elbo_fromf(elbo_bitsf(x) ^ ((elbo_u32)(bit2) << 30))
#define FLIPD(x, bit2) elbo_fromd(elbo_bitsd(x) ^ ((elbo_u64)(bit2) << 62))
#define SUFF(name) name##f
#define SUFD(name) name##d
GROUPS(float, SUFF, FLIPF)
GROUPS(double, SUFD, FLIPD)

/* Whole groups go straight to out, the ragged ends through a copy. */
#define FILL(name, REAL, group_fn) \
	static void name(void *vo, long first, long n, uint64_t seed, uint32_t stream, uint64_t step) \
	{ \
		REAL *out = vo; \
		while (n > 0) { \
			elbo_u32 w[128]; \
			REAL t[128]; \
			long skip = first % 128, take = 128 - skip < n ? 128 - skip : n; \
			philox_group(w, (elbo_u32)(first / 128 * 32), seed, stream, step); \
			REAL *to = take == 128 ? out : t; \
			group_fn(w, to); \
			if (take < 128) \
				memcpy(out, t + skip, (size_t)take * sizeof(REAL)); \
			out += take, first += take, n -= take; \
		} \
	}
FILL(fill_uniformf, float, group_uniformf)
FILL(fill_normalf, float, group_normalf)
FILL(fill_uniformd, double, group_uniformd)
FILL(fill_normald, double, group_normald)
