/* Devices and primary contexts: the device is a small Hopper-shaped one. */
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include "state.h"

namespace emu {

static std::vector<Context *> primary;

static Context *primary_of(int device)
{
	if (device < 0 || device >= config.devices)
		return nullptr;
	while ((int)primary.size() <= device) {
		Context *c = new Context;
		c->device = (int)primary.size();
		primary.push_back(c);
	}
	return primary[(size_t)device];
}

static void open_context(Context *c)
{
	c->null_stream = std::make_shared<Stream>();
	c->null_stream->context = c;
	c->sticky = 0;
}

/* close ends a context: what its owner did not free is reported, then freed. */
static void close_context(Context *c)
{
	Context *before = current;
	current = c;
	if (!c->sticky)
		finish_context(c);
	check_canaries("work before the context's end");
	bool report = c->sticky == 0;
	release_all(c, report);
	if (report) {
		for (const auto &s : c->streams)
			violation("leak", "stream %llu", s->serial);
		for (const auto &e : c->events)
			violation("leak", "event %llu", e->serial);
		for (const auto &m : c->modules)
			violation("leak", "module %llu", m->serial);
		if (!c->graphs.empty() || !c->execs.empty())
			violation("leak", "%zu graphs and %zu instances of graphs", c->graphs.size(), c->execs.size());
		if (!c->blas.empty())
			violation("leak", "%zu cuBLAS handles", c->blas.size());
	}
	drop_streams(c);
	c->null_stream.reset();
	c->events.clear();
	c->modules.clear();
	for (Graph *g : c->graphs)
		delete g;
	for (Exec *x : c->execs)
		delete x;
	c->graphs.clear();
	c->execs.clear();
	c->blas.clear();
	c->used = 0;
	c->sticky = 0;
	current = before == c ? nullptr : before;
}

struct Attribute { int key, value; };
static const Attribute attributes[] = {
	{1, 1024}, {2, 1024}, {3, 1024}, {4, 64}, {5, 0x7fffffff}, {6, 65535}, {7, 65535}, /* block and grid */
	{8, 48 << 10}, {9, 64 << 10}, {10, 32}, {11, 0x7fffffff}, {12, 65536}, {13, 1980000}, {14, 512},
	{15, 1}, {17, 0}, {18, 0}, {19, 1}, {20, 0}, {31, 1}, {32, 0}, {33, 0}, {34, 0}, {35, 0},
	{36, 3201000}, {37, 6144}, {38, 60 << 20}, {39, 2048}, {40, 3}, {41, 1}, {75, 9}, {76, 0}, {78, 1},
	{79, 1}, {80, 1}, {81, 233472}, {82, 65536}, {83, 1}, {84, 0}, {85, 0}, {86, 1}, {87, 2}, {88, 0}, {89, 1},
	{90, 1}, {91, 0}, {92, 0}, {93, 0}, {94, 1}, {95, 1}, {96, 0}, {97, 227 << 10}, {98, 1}, {99, 1}, {100, 0},
	{101, 0}, {102, 0}, {106, 32}, {108, 37 << 20}, {109, 128 << 20}, {111, 1024}, {115, 1}, {116, 0}, {120, 1},
};

static void uuid(int device, unsigned char *bytes)
{
	memcpy(bytes, "elbo-emulator-0", 16);
	bytes[15] = (unsigned char)device;
}

} // namespace emu

using namespace emu;

EMU_API cuInit(unsigned flags)
{
	EMU_ENTER(PLAIN);
	return flags ? INVALID_VALUE : SUCCESS;
}

EMU_API cuDriverGetVersion(int *version)
{
	EMU_ENTER(PLAIN);
	if (!version)
		return INVALID_VALUE;
	*version = 12080;
	return SUCCESS;
}

EMU_API cuDeviceGetCount(int *n)
{
	EMU_ENTER(PLAIN);
	if (!n)
		return INVALID_VALUE;
	*n = config.devices;
	return SUCCESS;
}

EMU_API cuDeviceGet(int *device, int index)
{
	EMU_ENTER(PLAIN);
	if (index < 0 || index >= config.devices)
		return INVALID_DEVICE;
	*device = index;
	return SUCCESS;
}

EMU_API cuDeviceGetName(char *name, int n, int device)
{
	EMU_ENTER(PLAIN);
	if (device < 0 || device >= config.devices)
		return INVALID_DEVICE;
	snprintf(name, (size_t)n, "elbo emulator");
	return SUCCESS;
}

EMU_API cuDeviceTotalMem_v2(size_t *bytes, int device)
{
	EMU_ENTER(PLAIN);
	if (device < 0 || device >= config.devices)
		return INVALID_DEVICE;
	*bytes = config.memory;
	return SUCCESS;
}

EMU_API cuDeviceGetUuid(unsigned char *bytes, int device)
{
	EMU_ENTER(PLAIN);
	uuid(device, bytes);
	return SUCCESS;
}

EMU_API cuDeviceGetUuid_v2(unsigned char *bytes, int device)
{
	EMU_ENTER(PLAIN);
	uuid(device, bytes);
	return SUCCESS;
}

EMU_API cuDeviceComputeCapability(int *major, int *minor, int)
{
	EMU_ENTER(PLAIN);
	*major = 9;
	*minor = 0;
	return SUCCESS;
}

EMU_API cuDeviceGetPCIBusId(char *id, int n, int device)
{
	EMU_ENTER(PLAIN);
	snprintf(id, (size_t)n, "0000:%02x:00.0", device + 1);
	return SUCCESS;
}

EMU_API cuDeviceGetAttribute(int *value, int key, int device)
{
	EMU_ENTER(PLAIN);
	if (device < 0 || device >= config.devices)
		return INVALID_DEVICE;
	if (key == 16) {
		*value = config.sms;
		return SUCCESS;
	}
	for (const Attribute &a : attributes)
		if (a.key == key) {
			*value = a.value;
			return SUCCESS;
		}
	return INVALID_VALUE;
}

EMU_API cuDevicePrimaryCtxRetain(void **out, int device)
{
	EMU_ENTER(PLAIN);
	Context *c = primary_of(device);
	if (!c)
		return INVALID_DEVICE;
	if (c->references++ == 0)
		open_context(c);
	*out = c;
	return SUCCESS;
}

EMU_API cuDevicePrimaryCtxRelease_v2(int device)
{
	EMU_ENTER(PLAIN);
	Context *c = primary_of(device);
	if (!c || c->references == 0)
		return INVALID_CONTEXT;
	if (--c->references == 0)
		close_context(c);
	return SUCCESS;
}

EMU_API cuDevicePrimaryCtxReset_v2(int device)
{
	EMU_ENTER(PLAIN);
	Context *c = primary_of(device);
	if (!c)
		return INVALID_DEVICE;
	if (c->references) {
		close_context(c);
		open_context(c);
	}
	return SUCCESS;
}

EMU_API cuDevicePrimaryCtxSetFlags_v2(int device, unsigned flags)
{
	EMU_ENTER(PLAIN);
	Context *c = primary_of(device);
	if (!c)
		return INVALID_DEVICE;
	c->flags = flags;
	return SUCCESS;
}

EMU_API cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active)
{
	EMU_ENTER(PLAIN);
	Context *c = primary_of(device);
	if (!c)
		return INVALID_DEVICE;
	*flags = c->flags;
	*active = c->references > 0;
	return SUCCESS;
}

EMU_API cuCtxSetCurrent(void *context)
{
	EMU_ENTER(PLAIN);
	Context *c = (Context *)context;
	if (c && c->references == 0)
		return violation("context", "cuCtxSetCurrent of a context that was released"), CONTEXT_DESTROYED;
	current = c;
	return SUCCESS;
}

EMU_API cuCtxGetCurrent(void **out)
{
	EMU_ENTER(PLAIN);
	*out = current;
	return SUCCESS;
}

EMU_API cuCtxPushCurrent_v2(void *context)
{
	EMU_ENTER(PLAIN);
	current = (Context *)context;
	return current ? SUCCESS : INVALID_CONTEXT;
}

EMU_API cuCtxPopCurrent_v2(void **out)
{
	EMU_ENTER(PLAIN);
	if (out)
		*out = current;
	current = nullptr;
	return SUCCESS;
}

EMU_API cuCtxGetDevice(int *device)
{
	EMU_ENTER(CONTEXT);
	*device = current->device;
	return SUCCESS;
}

EMU_API cuCtxSynchronize()
{
	EMU_ENTER(CONTEXT);
	if (int e = refuse_in_capture(current, CAPTURE_UNSUPPORTED))
		return e;
	return finish_context(current);
}

EMU_API cuCtxGetApiVersion(void *, unsigned *version)
{
	EMU_ENTER(PLAIN);
	*version = 3020;
	return SUCCESS;
}

EMU_API cuCtxGetFlags(unsigned *flags)
{
	EMU_ENTER(CONTEXT);
	*flags = current->flags;
	return SUCCESS;
}

EMU_API cuCtxSetLimit(int, size_t)
{
	EMU_ENTER(CONTEXT);
	return SUCCESS;
}

EMU_API cuCtxGetStreamPriorityRange(int *least, int *greatest)
{
	EMU_ENTER(CONTEXT);
	if (least)
		*least = 0;
	if (greatest)
		*greatest = -5;
	return SUCCESS;
}
