/* Patterns: runs of ops of a group that one function does in one pass, every element by the
 * same operations with the same roundings, so that results keep their bits. io holds the
 * tiles of the operands, then those of the results, which may be operands too; imm holds the
 * immediates in the order of the ops. */

/* One step of Adam for a block: operands gradient, mean, mean square, rate, correction,
 * parameter; results mean, mean square, parameter, squared gradient. */
ELBO_INLINE void SUF(adam_block)(const REAL *const *in, REAL *const *out, const REAL *q)
{
	enum { W = ELBO_BLOCK / sizeof(REAL) };
	REAL h[W], m[W], v[W], s[W];
	ELBO_VECTOR for (int j = 0; j < W; j++) {
		REAL g = in[0][j];
		h[j] = g * g;
		m[j] = FUSED(q[2], in[1][j], FUSED(q[0], g, q[1]));
		v[j] = FUSED(q[5], in[2][j], FUSED(q[3], h[j], q[4]));
	}
	SUF(sqrt_pass)(W, v, s);
	ELBO_VECTOR for (int j = 0; j < W; j++) {
		REAL w = in[5][j] - in[3][j] * m[j] / FUSED(q[6], in[4][j] * s[j], q[7]);
		out[0][j] = m[j];
		out[1][j] = v[j];
		out[2][j] = w;
		out[3][j] = h[j];
	}
}

/* softplus and sigmoid of one operand: they share the exponential. */
ELBO_INLINE void SUF(softsigmoid_block)(const REAL *const *in, REAL *const *out, const REAL *q)
{
	enum { W = ELBO_BLOCK / sizeof(REAL) };
	(void)q;
	ELBO_VECTOR for (int j = 0; j < W; j++) {
		REAL x = in[0][j], a = SUF(elbo_softplus)(x), b = SUF(elbo_sigmoid)(x);
		out[0][j] = a;
		out[1][j] = b;
	}
}

/* A pattern over n elements: a short last block runs in copies. */
#define PATTERN(name, INS, OUTS, IMMS) \
	static void SUF(pattern_##name)(long n, void *const *io, const double *imm) \
	{ \
		enum { W = ELBO_BLOCK / sizeof(REAL) }; \
		REAL q[IMMS + 1], copy[INS + OUTS][W]; \
		const REAL *in[INS]; \
		REAL *out[OUTS]; \
		for (int k = 0; k < IMMS; k++) q[k] = (REAL)imm[k]; \
		long i = 0; \
		for (; i + W <= n; i += W) { \
			for (int k = 0; k < INS; k++) in[k] = (const REAL *)io[k] + i; \
			for (int k = 0; k < OUTS; k++) out[k] = (REAL *)io[INS + k] + i; \
			SUF(name##_block)(in, out, q); \
		} \
		if (i == n) return; \
		size_t bytes = (size_t)(n - i) * sizeof(REAL); \
		for (int k = 0; k < INS; k++) SUF(tail)(copy[k], (const REAL *)io[k] + i, bytes), in[k] = copy[k]; \
		for (int k = 0; k < OUTS; k++) out[k] = copy[INS + k]; \
		SUF(name##_block)(in, out, q); \
		for (int k = 0; k < OUTS; k++) memcpy((REAL *)io[INS + k] + i, out[k], bytes); \
	}
PATTERN(adam, 6, 4, 8)
PATTERN(softsigmoid, 1, 2, 0)
#undef PATTERN
