/* Functions: attributes, occupancy, and launches, whose arguments are checked and copied when they
 * are queued. */
#include <algorithm>
#include <cstring>
#include <sys/mman.h>
#include "state.h"

namespace emu {

static Function *function_of(void *handle)
{
	for (const auto &m : current->modules)
		for (const auto &f : m->functions)
			if (f.second == handle)
				return f.second;
	violation("context", "function %p is not of this context", handle);
	return nullptr;
}

/* How many blocks of a kernel an SM holds: 2048 threads, 32 blocks, 228 KB of shared memory. */
int blocks_per_sm(const Function *f, int block, u64 dynamic)
{
	u64 shared = f->static_shared() + dynamic + 1024;
	return std::max(0, std::min({2048 / std::max(block, 1), 32, (int)((228u << 10) / shared)}));
}

static const int most_dynamic = 227 << 10;

/* collect_arguments packs a launch's arguments, from pointers to each or from one buffer. */
static int collect_arguments(const elbo_kernel &k, void **pointers, void **extra, std::vector<unsigned char> *to)
{
	to->assign(k.bytes + 16, 0);
	if (pointers && extra)
		return INVALID_VALUE;
	if (pointers) {
		for (unsigned i = 0; i < k.parameters; i++)
			memcpy(to->data() + k.offset[i], pointers[i], k.size[i]);
		return SUCCESS;
	}
	if (!extra)
		return k.parameters ? INVALID_VALUE : SUCCESS;
	const void *buffer = nullptr;
	size_t size = 0;
	for (; *extra != nullptr; extra += 2) {
		if (*extra == (void *)1)
			buffer = extra[1];
		else if (*extra == (void *)2)
			size = *(size_t *)extra[1];
		else
			return INVALID_VALUE;
	}
	if (size < k.bytes || size > (k.bytes + 15u) / 16 * 16) {
		violation("launch", "kernel %s takes %u bytes of arguments, the launch passes %zu", k.name, k.bytes, size);
		return INVALID_VALUE;
	}
	memcpy(to->data(), buffer, k.bytes);
	return SUCCESS;
}

static bool mapped(u64 address)
{
	unsigned char in;
	return address >= 4096 && address < 1ull << 47 && mincore((void *)(address & ~4095ull), 1, &in) == 0;
}

/* check_arguments refuses pointers that cannot be device memory. */
static void check_arguments(const elbo_kernel &k, const unsigned char *arguments)
{
	for (unsigned i = 0; i < k.parameters; i++) {
		u64 p;
		if (!k.pointer[i] || k.size[i] != 8)
			continue;
		memcpy(&p, arguments + k.offset[i], 8);
		if (p == 0 || find_range(p))
			continue;
		if (find_freed(p))
			violation("freed", "kernel %s, argument %u: %s", k.name, i, describe(p).c_str());
		else if (!in_device_space(p) && mapped(p))
			violation("host-pointer", "kernel %s, argument %u: %s", k.name, i, describe(p).c_str());
	}
}

static int launch(void *function, uint3 grid, uint3 block, unsigned shared, void *stream, void **pointers,
                  void **extra, bool cooperative)
{
	Stream *s = stream_of(stream);
	Function *f = s ? function_of(function) : nullptr;
	if (!f)
		return INVALID_HANDLE;
	const elbo_kernel &k = f->kernel;
	u64 threads = (u64)block.x * block.y * block.z;
	bool shape = grid.x && grid.y && grid.z && threads && grid.x < 1u << 31 && grid.y < 65536 && grid.z < 65536 &&
	             block.x <= 1024 && block.y <= 1024 && block.z <= 64 && threads <= 1024;
	if (!shape) {
		violation("launch", "kernel %s: grid %u,%u,%u block %u,%u,%u", k.name, grid.x, grid.y, grid.z, block.x,
		          block.y, block.z);
		return INVALID_VALUE;
	}
	if (k.max_threads && threads > k.max_threads)
		return violation("launch", "kernel %s: %llu threads, __launch_bounds__ says %u", k.name, threads, k.max_threads),
		       INVALID_VALUE;
	if (f->static_shared() > 48u << 10 || (int)shared > f->dynamic_limit ||
	    f->static_shared() + shared > (unsigned)std::max(f->dynamic_limit + (int)f->static_shared(), 48 << 10) ||
	    (f->dynamic_limit <= 48 << 10 && f->static_shared() + shared > 48u << 10)) {
		violation("launch", "kernel %s: %u bytes of static and %u of dynamic shared memory, limit %d", k.name,
		          f->static_shared(), shared, f->dynamic_limit);
		return INVALID_VALUE;
	}
	if (cooperative && (u64)grid.x * grid.y * grid.z > (u64)blocks_per_sm(f, (int)threads, shared) * (u64)config.sms)
		return COOPERATIVE_TOO_LARGE;
	auto l = std::make_shared<Launch>();
	l->module = f->module.lock();
	l->function = f;
	l->grid = grid;
	l->block = block;
	l->shared = shared;
	l->cooperative = cooperative;
	if (int e = collect_arguments(k, pointers, extra, &l->arguments))
		return e;
	check_arguments(k, l->arguments.data());
	return enqueue(s, k.name, [l] { return run_launch(*l); });
}

} // namespace emu

using namespace emu;

EMU_API cuFuncGetAttribute(int *value, int key, void *function)
{
	EMU_ENTER(CONTEXT);
	Function *f = function_of(function);
	if (!f || !value)
		return INVALID_HANDLE;
	const int values[] = {f->kernel.max_threads ? (int)f->kernel.max_threads : 1024,
	                      (int)f->static_shared(), 0, 0, 32, 90, 90, 0, f->dynamic_limit, -1};
	if (key < 0 || key > 9)
		return INVALID_VALUE;
	*value = values[key];
	return SUCCESS;
}

EMU_API cuFuncSetAttribute(void *function, int key, int value)
{
	EMU_ENTER(CONTEXT);
	Function *f = function_of(function);
	if (!f)
		return INVALID_HANDLE;
	if (key == 9)
		return value >= -1 && value <= 100 ? SUCCESS : INVALID_VALUE;
	if (key != 8 || value < 0 || value + (int)f->static_shared() > most_dynamic)
		return INVALID_VALUE;
	f->dynamic_limit = value;
	return SUCCESS;
}

EMU_API cuFuncSetCacheConfig(void *function, int)
{
	EMU_ENTER(CONTEXT);
	return function_of(function) ? SUCCESS : INVALID_HANDLE;
}

EMU_API cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, void *function, int threads, size_t dynamic)
{
	EMU_ENTER(CONTEXT);
	Function *f = function_of(function);
	if (!f || !blocks)
		return INVALID_HANDLE;
	*blocks = blocks_per_sm(f, threads, dynamic);
	return SUCCESS;
}

EMU_API cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, void *function, int threads, size_t dynamic,
                                                             unsigned)
{
	EMU_ENTER(CONTEXT);
	Function *f = function_of(function);
	if (!f || !blocks)
		return INVALID_HANDLE;
	*blocks = blocks_per_sm(f, threads, dynamic);
	return SUCCESS;
}

EMU_API cuOccupancyMaxPotentialBlockSize(int *grid, int *block, void *function, size_t (*dynamic)(int), size_t shared,
                                         int limit)
{
	EMU_ENTER(CONTEXT);
	Function *f = function_of(function);
	if (!f || !grid || !block)
		return INVALID_HANDLE;
	*block = limit > 0 ? std::min(limit, 1024) : 1024;
	if (f->kernel.max_threads)
		*block = std::min(*block, (int)f->kernel.max_threads);
	*grid = config.sms * blocks_per_sm(f, *block, dynamic ? dynamic(*block) : shared);
	return SUCCESS;
}

EMU_API cuLaunchKernel(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                       unsigned shared, void *stream, void **pointers, void **extra)
{
	EMU_ENTER(CONTEXT);
	return launch(f, uint3{gx, gy, gz}, uint3{bx, by, bz}, shared, stream, pointers, extra, false);
}

EMU_API cuLaunchCooperativeKernel(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                                  unsigned bz, unsigned shared, void *stream, void **pointers)
{
	EMU_ENTER(CONTEXT);
	return launch(f, uint3{gx, gy, gz}, uint3{bx, by, bz}, shared, stream, pointers, nullptr, true);
}
