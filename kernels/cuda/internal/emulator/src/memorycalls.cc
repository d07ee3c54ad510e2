/* The driver's calls on memory, copies apart. */
#include <algorithm>
#include <sys/mman.h>
#include "memory.h"

using namespace emu;

EMU_API cuMemAlloc_v2(u64 *out, size_t n)
{
	EMU_ENTER(CONTEXT);
	if (!out)
		return INVALID_VALUE;
	if (int e = refuse_in_capture(current, CAPTURE_UNSUPPORTED))
		return e;
	return allocate(current, n, out);
}

EMU_API cuMemAllocManaged(u64 *out, size_t n, unsigned)
{
	EMU_ENTER(CONTEXT);
	return out ? allocate(current, n, out) : INVALID_VALUE;
}

EMU_API cuMemFree_v2(u64 address)
{
	EMU_ENTER(CONTEXT);
	if (address == 0)
		return SUCCESS;
	if (int e = refuse_in_capture(current, CAPTURE_UNSUPPORTED))
		return e;
	return release(address, "cuMemFree");
}

EMU_API cuMemGetInfo_v2(size_t *available, size_t *total)
{
	EMU_ENTER(CONTEXT);
	if (!available || !total)
		return INVALID_VALUE;
	*total = config.memory;
	*available = config.memory - std::min(config.memory, current->used);
	return SUCCESS;
}

EMU_API cuMemGetAddressRange_v2(u64 *base, size_t *size, u64 address)
{
	EMU_ENTER(CONTEXT);
	Range *r = find_range(address);
	if (!r)
		return NOT_FOUND;
	if (base)
		*base = r->base;
	if (size)
		*size = r->size;
	return SUCCESS;
}

EMU_API cuMemHostAlloc(void **out, size_t n, unsigned)
{
	EMU_ENTER(CONTEXT);
	if (int e = refuse_in_capture(current, CAPTURE_UNSUPPORTED))
		return e;
	return out ? allocate_pinned(n, out) : INVALID_VALUE;
}

EMU_API cuMemAllocHost_v2(void **out, size_t n)
{
	EMU_ENTER(CONTEXT);
	if (int e = refuse_in_capture(current, CAPTURE_UNSUPPORTED))
		return e;
	return out ? allocate_pinned(n, out) : INVALID_VALUE;
}

EMU_API cuMemFreeHost(void *p)
{
	EMU_ENTER(CONTEXT);
	Range *r = find_range((u64)p);
	if (!r || r->kind != Range::PINNED || r->base != (u64)p) {
		violation("double-free", "cuMemFreeHost of %p, which is no pinned allocation", p);
		return INVALID_VALUE;
	}
	/* Pinned memory is freed after the work that may use it, as the driver does. */
	if (int e = finish_context(current))
		return e;
	munmap((void *)r->map, r->map_size);
	leave_range((u64)p);
	return SUCCESS;
}

EMU_API cuMemHostGetDevicePointer_v2(u64 *out, void *p, unsigned)
{
	EMU_ENTER(CONTEXT);
	Range *r = find_range((u64)p);
	if (!r || r->kind != Range::PINNED || !out)
		return INVALID_VALUE;
	*out = (u64)p;
	return SUCCESS;
}

EMU_API cuMemHostRegister_v2(void *p, size_t n, unsigned)
{
	EMU_ENTER(CONTEXT);
	if (!p || n == 0 || find_range((u64)p))
		return INVALID_VALUE;
	enter_range(Range::PINNED, (u64)p, n);
	return SUCCESS;
}

EMU_API cuMemHostUnregister(void *p)
{
	EMU_ENTER(CONTEXT);
	Range *r = find_range((u64)p);
	if (!r || r->kind != Range::PINNED || r->map)
		return INVALID_VALUE;
	leave_range((u64)p);
	return SUCCESS;
}

EMU_API cuPointerGetAttribute(void *out, int attribute, u64 address)
{
	EMU_ENTER(CONTEXT);
	Range *r = find_range(address);
	if (!r || !out)
		return INVALID_VALUE;
	switch (attribute) {
	case 1: *(Context **)out = r->context; return SUCCESS;
	case 2: *(unsigned *)out = r->kind == Range::PINNED ? 1 : 2; return SUCCESS;
	case 3: *(u64 *)out = address; return SUCCESS;
	case 9: *(int *)out = r->context->device; return SUCCESS;
	}
	return INVALID_VALUE;
}
