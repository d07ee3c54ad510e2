/* Ground of the kernels: bodies, the state in device memory, functions of type real. */
#define ELBO_THREADS 256u
#define ELBO_BODY static __device__ __forceinline__

ELBO_BODY float real_abs(float x) { return ELBO_ABSF(x); }
ELBO_BODY double real_abs(double x) { return ELBO_ABS(x); }
ELBO_BODY float real_floor(float x) { return ELBO_FLOORF(x); }
ELBO_BODY double real_floor(double x) { return ELBO_FLOOR(x); }
ELBO_BODY float real_sqrt(float x) { return ELBO_SQRTF(x); }
ELBO_BODY double real_sqrt(double x) { return ELBO_SQRT(x); }
ELBO_BODY float real_fma(float a, float b, float c) { return ELBO_FMAF(a, b, c); }
ELBO_BODY double real_fma(double a, double b, double c) { return ELBO_FMA(a, b, c); }

typedef unsigned char elbo_u8;
typedef unsigned short elbo_u16;

/* What a run keeps in device memory: the step, and the first index that was out of range. */
struct step_state {
	elbo_u64 step;
	elbo_u32 failed, unused; /* 1 + the instruction that failed first, or 0 */
	elbo_i64 index, extent;
};

ELBO_BODY void elbo_fail(step_state *state, elbo_i64 instr, elbo_i64 index, elbo_i64 extent)
{
	if (atomicCAS(&state->failed, 0u, (elbo_u32)instr + 1u) == 0u) {
		state->index = index;
		state->extent = extent;
	}
}

/* After n steps. Kernels of the j-th step since the last of these read step + j. */
ELBO_BODY void advance(double *s, elbo_u32 bx, elbo_u32 by, step_state *state, elbo_i64 n)
{
	if (threadIdx.x == 0)
		state->step += (elbo_u64)n;
}

/* Before a step that does not follow the one before. */
ELBO_BODY void set_step(double *s, elbo_u32 bx, elbo_u32 by, step_state *state, elbo_i64 step)
{
	if (threadIdx.x == 0)
		state->step = (elbo_u64)step;
}

/* The element of a thread in a grid of one thread an element. */
ELBO_BODY elbo_i64 elbo_element(elbo_u32 bx) { return (elbo_i64)bx * ELBO_THREADS + threadIdx.x; }

/* Quotient and remainder; short division where it will do, which is several times faster. */
ELBO_BODY elbo_i64 elbo_split(elbo_i64 e, elbo_i64 d, elbo_i64 *rest)
{
	if ((e | d) >> 32 == 0) {
		elbo_u32 q = (elbo_u32)e / (elbo_u32)d;
		*rest = (elbo_i64)((elbo_u32)e - q * (elbo_u32)d);
		return q;
	}
	elbo_i64 q = e / d;
	*rest = e - q * d;
	return q;
}
