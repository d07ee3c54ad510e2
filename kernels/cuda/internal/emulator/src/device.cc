/* Devices, primary contexts, error names: the device is a small Hopper-shaped one. */
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

struct ErrorName { int code; const char *name, *text; };
static const ErrorName error_names[] = {
	{0, "CUDA_SUCCESS", "no error"},
	{1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
	{2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
	{3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
	{4, "CUDA_ERROR_DEINITIALIZED", "driver shutting down"},
	{46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "device busy or unavailable"},
	{100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
	{101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
	{200, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
	{201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
	{209, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for the device"},
	{214, "CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error"},
	{218, "CUDA_ERROR_INVALID_PTX", "a PTX compilation failed"},
	{300, "CUDA_ERROR_INVALID_SOURCE", "device kernel image is invalid"},
	{301, "CUDA_ERROR_FILE_NOT_FOUND", "file not found"},
	{304, "CUDA_ERROR_OPERATING_SYSTEM", "an operating system call failed"},
	{400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
	{500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
	{600, "CUDA_ERROR_NOT_READY", "device not ready"},
	{700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
	{701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
	{702, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
	{709, "CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"},
	{710, "CUDA_ERROR_ASSERT", "device-side assert triggered"},
	{715, "CUDA_ERROR_ILLEGAL_INSTRUCTION", "an illegal instruction was encountered"},
	{716, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
	{719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
	{720, "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE", "too many blocks in cooperative launch"},
	{801, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
	{900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
	{901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
	{902, "CUDA_ERROR_STREAM_CAPTURE_MERGE", "operation would result in a merge of separate capture sequences"},
	{903, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not initiated in this stream"},
	{904, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
	{905, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION", "dependency created on uncaptured work in another stream"},
	{906, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT", "operation would make the legacy stream depend on a capturing blocking stream"},
	{999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

static const ErrorName *error_of(int code)
{
	for (const ErrorName &e : error_names)
		if (e.code == code)
			return &e;
	return nullptr;
}

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

/* Names are looked up even when every other call fails, so these two are not counted. */
EMU_API cuGetErrorName(int code, const char **name)
{
	const ErrorName *e = error_of(code);
	*name = e ? e->name : nullptr;
	return e ? SUCCESS : INVALID_VALUE;
}

EMU_API cuGetErrorString(int code, const char **text)
{
	const ErrorName *e = error_of(code);
	*text = e ? e->text : nullptr;
	return e ? SUCCESS : INVALID_VALUE;
}
