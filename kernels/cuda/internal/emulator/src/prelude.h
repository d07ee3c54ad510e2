/* The CUDA C that kernels are written in, on top of C++17: qualifiers, built-in variables,
 * vector types, launch entries. Names are those of the CUDA programming guide. */
#define __CUDACC__ 1
#define __CUDACC_RTC__ 1
#define __CUDA_ARCH__ 900
#define __CUDACC_VER_MAJOR__ 12
#define __CUDACC_VER_MINOR__ 8
#define __global__ __elbo_global__ __attribute__((noinline))
#define __shared__ __elbo_shared__
#define __device__
#define __host__
#define __constant__
#define __managed__
#define __grid_constant__
#define __launch_bounds__(...) __elbo_bounds__(__VA_ARGS__)
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(n) alignas(n)
#define __builtin_assume(c) ((void)0)

typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;

/* Which compiler settings and which text of the emulator this module was made with. */
extern "C" const char elbo_built_with[];
const char elbo_built_with[] = ELBO_BUILT_WITH;

extern "C" elbo_state elbo_module;
elbo_state elbo_module;
#define threadIdx (elbo_module.thread)
#define blockIdx (elbo_module.block)
#define blockDim (elbo_module.block_dim)
#define gridDim (elbo_module.grid_dim)
static constexpr int warpSize = 32;

#define ELBO_PAIR(name, type, bytes)                                        \
	struct alignas(bytes) name { type x, y; };                          \
	static inline name make_##name(type x, type y) { return name{x, y}; }
#define ELBO_TRIPLE(name, type)                                             \
	struct name { type x, y, z; };                                      \
	static inline name make_##name(type x, type y, type z) { return name{x, y, z}; }
#define ELBO_QUAD(name, type, bytes)                                        \
	struct alignas(bytes) name { type x, y, z, w; };                    \
	static inline name make_##name(type x, type y, type z, type w) { return name{x, y, z, w}; }
ELBO_PAIR(char2, signed char, 2)
ELBO_PAIR(uchar2, unsigned char, 2)
ELBO_PAIR(short2, short, 4)
ELBO_PAIR(ushort2, unsigned short, 4)
ELBO_PAIR(int2, int, 8)
ELBO_PAIR(uint2, unsigned, 8)
ELBO_PAIR(float2, float, 8)
ELBO_PAIR(double2, double, 16)
ELBO_PAIR(longlong2, long long, 16)
ELBO_PAIR(ulonglong2, unsigned long long, 16)
ELBO_TRIPLE(int3, int)
ELBO_TRIPLE(float3, float)
ELBO_TRIPLE(double3, double)
static inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return uint3{x, y, z}; }
ELBO_QUAD(char4, signed char, 4)
ELBO_QUAD(uchar4, unsigned char, 4)
ELBO_QUAD(short4, short, 8)
ELBO_QUAD(ushort4, unsigned short, 8)
ELBO_QUAD(int4, int, 16)
ELBO_QUAD(uint4, unsigned, 16)
ELBO_QUAD(float4, float, 16)
ELBO_QUAD(double4, double, 16)
struct dim3 {
	unsigned x, y, z;
	constexpr dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};

/* The threads of one block, in the order given. A thread that waits leaves the loop to the
 * others: the emulator then starts the loop again on another stack. */
template <class T> struct elbo_is_pointer { static constexpr unsigned char yes = 0; };
template <class T> struct elbo_is_pointer<T *> { static constexpr unsigned char yes = 1; };
template <class T> struct elbo_is_pointer<T *const> { static constexpr unsigned char yes = 1; };
template <class T> struct elbo_is_pointer<T *__restrict__> { static constexpr unsigned char yes = 1; };

template <unsigned... I> struct elbo_indices {};
template <unsigned N, unsigned... I> struct elbo_count : elbo_count<N - 1, N - 1, I...> {};
template <unsigned... I> struct elbo_count<0, I...> { typedef elbo_indices<I...> type; };

template <class... A> struct elbo_layout {
	static constexpr unsigned n = sizeof...(A);
	struct table { unsigned offset[n + 1] = {}, size[n + 1] = {}, bytes = 0; unsigned char pointer[n + 1] = {}; };
	static constexpr table make()
	{
		const unsigned size[] = {(unsigned)sizeof(A)..., 0}, align[] = {(unsigned)alignof(A)..., 1};
		const unsigned char pointer[] = {elbo_is_pointer<A>::yes..., 0};
		table t;
		for (unsigned i = 0; i < n; i++) {
			t.offset[i] = (t.bytes + align[i] - 1) / align[i] * align[i];
			t.size[i] = size[i];
			t.pointer[i] = pointer[i];
			t.bytes = t.offset[i] + size[i];
		}
		return t;
	}
	static constexpr table at = make();
};

template <auto F> struct elbo_entry;
template <class... A, void (*F)(A...)> struct elbo_entry<F> {
	typedef elbo_layout<A...> layout;
	template <unsigned... I>
	static __attribute__((no_sanitize("thread"))) void loop(const unsigned char *arguments, elbo_indices<I...>)
	{
		for (;;) {
			unsigned t = elbo_module.next;
			if (t >= elbo_module.count)
				return;
			elbo_module.next = t + 1;
			elbo_module.thread = elbo_module.order[t];
			F(*(const A *)(arguments + layout::at.offset[I])...);
		}
	}
	static void run(const unsigned char *arguments) { loop(arguments, typename elbo_count<sizeof...(A)>::type()); }
	static constexpr elbo_kernel describe(const char *name, unsigned bounds, char *begin, char *end)
	{
		return elbo_kernel{name, run, sizeof...(A), layout::at.bytes, layout::at.offset, layout::at.size,
		                   layout::at.pointer, begin, end, bounds};
	}
};
