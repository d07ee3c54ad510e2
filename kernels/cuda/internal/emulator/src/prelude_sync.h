/* Barriers, warp operations, atomics, fences and faults of device code. */
static inline unsigned elbo_lane_()
{
	return (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) & 31;
}

static __attribute__((noinline)) elbo_bits elbo_block_(unsigned site, int op, elbo_bits value)
{
	elbo_wait w = {ELBO_WAIT_BLOCK, op, site, 0, 0, 0, value, 0};
	elbo_module.suspend(&w);
	return w.result;
}

static __attribute__((noinline)) elbo_bits elbo_warp_(unsigned site, int op, unsigned mask, elbo_bits value,
                                                      unsigned lane, unsigned width)
{
	elbo_wait w = {ELBO_WAIT_WARP, op, site, mask, lane, width, value, 0};
	elbo_module.suspend(&w);
	return w.result;
}

template <class T> static inline T elbo_shuffle_(unsigned site, int op, unsigned mask, T v, int lane, int width = 32)
{
	static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move 4 or 8 bytes");
	elbo_bits bits = 0;
	__builtin_memcpy(&bits, &v, sizeof v);
	bits = elbo_warp_(site, op, mask, bits, (unsigned)lane, (unsigned)width);
	__builtin_memcpy(&v, &bits, sizeof v);
	return v;
}

template <class T> static inline T elbo_reduce_(unsigned site, int op, unsigned mask, T v)
{
	return (T)elbo_warp_(site, op, mask, (elbo_bits)(long long)v, 0, 32);
}

static inline void elbo_syncwarp_(unsigned site, unsigned mask = 0xffffffffu)
{
	elbo_warp_(site, ELBO_SYNCWARP, mask, 0, 0, 32);
}

#define __syncthreads() ((void)elbo_block_(__COUNTER__, ELBO_SYNCWARP, 0))
#define __syncthreads_count(p) ((int)elbo_block_(__COUNTER__, ELBO_REDUCE_ADD, (p) ? 1 : 0))
#define __syncthreads_and(p) ((int)elbo_block_(__COUNTER__, ELBO_ALL, (p) ? 1 : 0))
#define __syncthreads_or(p) ((int)elbo_block_(__COUNTER__, ELBO_ANY, (p) ? 1 : 0))
#define __shfl_sync(...) elbo_shuffle_(__COUNTER__, ELBO_SHFL_IDX, __VA_ARGS__)
#define __shfl_up_sync(...) elbo_shuffle_(__COUNTER__, ELBO_SHFL_UP, __VA_ARGS__)
#define __shfl_down_sync(...) elbo_shuffle_(__COUNTER__, ELBO_SHFL_DOWN, __VA_ARGS__)
#define __shfl_xor_sync(...) elbo_shuffle_(__COUNTER__, ELBO_SHFL_XOR, __VA_ARGS__)
#define __ballot_sync(m, p) ((unsigned)elbo_warp_(__COUNTER__, ELBO_BALLOT, m, (p) ? 1 : 0, 0, 32))
#define __all_sync(m, p) ((int)elbo_warp_(__COUNTER__, ELBO_ALL, m, (p) ? 1 : 0, 0, 32))
#define __any_sync(m, p) ((int)elbo_warp_(__COUNTER__, ELBO_ANY, m, (p) ? 1 : 0, 0, 32))
#define __match_any_sync(m, v) ((unsigned)elbo_warp_(__COUNTER__, ELBO_MATCH_ANY, m, (elbo_bits)(v), 0, 32))
#define __syncwarp(...) elbo_syncwarp_(__COUNTER__, ##__VA_ARGS__)
#define __reduce_add_sync(m, v) elbo_reduce_(__COUNTER__, ELBO_REDUCE_ADD, m, v)
#define __reduce_min_sync(m, v) elbo_reduce_(__COUNTER__, ELBO_REDUCE_MIN, m, v)
#define __reduce_max_sync(m, v) elbo_reduce_(__COUNTER__, ELBO_REDUCE_MAX, m, v)
#define __reduce_and_sync(m, v) elbo_reduce_(__COUNTER__, ELBO_REDUCE_AND, m, v)
#define __reduce_or_sync(m, v) elbo_reduce_(__COUNTER__, ELBO_REDUCE_OR, m, v)
#define __reduce_xor_sync(m, v) elbo_reduce_(__COUNTER__, ELBO_REDUCE_XOR, m, v)
/* Threads that returned are not told apart from threads on their way: the mask is that of
 * the whole warp, a legal outcome where the warp has not diverged. */
static inline unsigned __activemask()
{
	unsigned n = blockDim.x * blockDim.y * blockDim.z;
	unsigned base = (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) & ~31u;
	return n - base >= 32 ? 0xffffffffu : (1u << (n - base)) - 1;
}

static inline void __nanosleep(unsigned)
{
	elbo_wait w = {ELBO_WAIT_ELSEWHERE, 0, 0, 0, 0, 0, 0, 0};
	elbo_module.suspend(&w);
}

static inline void __threadfence() { asm volatile("" ::: "memory"); }
static inline void __threadfence_block() { asm volatile("" ::: "memory"); }
static inline void __threadfence_system() { asm volatile("" ::: "memory"); }
static inline long long clock64() { return (long long)__builtin_ia32_rdtsc(); }
static inline int clock() { return (int)clock64(); }

static inline void __trap()
{
	elbo_module.fault(ELBO_FAULT_TRAP, 0, "", 0);
	__builtin_unreachable();
}
#define assert(c) ((c) ? (void)0 : elbo_module.fault(ELBO_FAULT_ASSERT, 0, #c, __LINE__))
extern "C" int printf(const char *, ...);

/* One thread runs at a time, so a plain read and write is atomic. With checks per access
 * they are reported as atomic. */
#ifdef ELBO_CHECK_ACCESS
#define ELBO_TOUCH(p) elbo_module.access(p, sizeof *(p), ELBO_ATOMIC)
#else
#define ELBO_TOUCH(p) ((void)0)
#endif
#define ELBO_RMW(name, type, expression)                                                  \
	__attribute__((no_sanitize("thread"))) static inline type name(type *p, type v)   \
	{                                                                                 \
		ELBO_TOUCH(p);                                                            \
		volatile type *q = p;                                                     \
		type old = *q;                                                            \
		*q = expression;                                                          \
		return old;                                                               \
	}                                                                                 \
	static inline type name##_block(type *p, type v) { return name(p, v); }           \
	static inline type name##_system(type *p, type v) { return name(p, v); }
#define ELBO_RMW_INTEGER(type)                           \
	ELBO_RMW(atomicAdd, type, old + v)               \
	ELBO_RMW(atomicMin, type, old < v ? old : v)     \
	ELBO_RMW(atomicMax, type, old > v ? old : v)     \
	ELBO_RMW(atomicAnd, type, old & v)               \
	ELBO_RMW(atomicOr, type, old | v)                \
	ELBO_RMW(atomicXor, type, old ^ v)               \
	ELBO_RMW(atomicExch, type, v)
ELBO_RMW_INTEGER(int)
ELBO_RMW_INTEGER(unsigned)
ELBO_RMW_INTEGER(unsigned long long)
ELBO_RMW(atomicAdd, float, old + v)
ELBO_RMW(atomicAdd, double, old + v)
ELBO_RMW(atomicExch, float, v)
ELBO_RMW(atomicSub, int, old - v)
ELBO_RMW(atomicSub, unsigned, old - v)
ELBO_RMW(atomicInc, unsigned, old >= v ? 0 : old + 1)
ELBO_RMW(atomicDec, unsigned, old == 0 || old > v ? v : old - 1)
#define ELBO_CAS(type)                                                                          \
	__attribute__((no_sanitize("thread"))) static inline type atomicCAS(type *p, type c, type v) \
	{                                                                                       \
		ELBO_TOUCH(p);                                                                  \
		volatile type *q = p;                                                           \
		type old = *q;                                                                  \
		if (old == c)                                                                   \
			*q = v;                                                                 \
		return old;                                                                     \
	}
ELBO_CAS(int)
ELBO_CAS(unsigned)
ELBO_CAS(unsigned short)
ELBO_CAS(unsigned long long)

/* Loads and stores with cache hints. */
template <class T> static inline T __ldg(const T *p) { return *p; }
template <class T> static inline T __ldca(const T *p) { return *p; }
template <class T> static inline T __ldcg(const T *p) { return *(const volatile T *)p; }
template <class T> static inline T __ldcs(const T *p) { return *p; }
template <class T> static inline T __ldcv(const T *p) { return *(const volatile T *)p; }
template <class T> static inline void __stcg(T *p, T v) { *p = v; }
template <class T> static inline void __stcs(T *p, T v) { *p = v; }
template <class T> static inline void __stwb(T *p, T v) { *p = v; }
template <class T> static inline void __stwt(T *p, T v) { *p = v; }

/* What the compiler's own checks call: alignment of every access, indices of arrays whose
 * length it knows. */
struct elbo_place { const char *file; unsigned line, column; };
extern "C" void __ubsan_handle_type_mismatch_v1(void *data, void *p)
{
	const elbo_place *at = (const elbo_place *)data;
	elbo_module.fault(ELBO_FAULT_ALIGN, (elbo_bits)p, at->file, at->line);
}
extern "C" void __ubsan_handle_out_of_bounds(void *data, void *index)
{
	const elbo_place *at = (const elbo_place *)data;
	elbo_module.fault(ELBO_FAULT_INDEX, (elbo_bits)index, at->file, at->line);
}
