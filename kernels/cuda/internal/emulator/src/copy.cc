/* Copies and fills. Pageable host memory is read before an asynchronous copy returns and
 * written before it returns; pinned memory is touched only when the copy runs. */
#include <cstring>
#include "state.h"

namespace emu {

static bool pinned(const void *p, size_t n)
{
	Range *r = find_range((u64)p);
	return r && r->kind == Range::PINNED && n <= r->base + r->size - (u64)p;
}

/* check_host says whether p is host memory: a device pointer there is a mistake that works
 * nowhere but here, and a pinned range too short is one everywhere. */
static int check_host(const char *what, const void *p, size_t n)
{
	if (n == 0)
		return SUCCESS;
	if (!p) {
		violation("copy", "%s: the host pointer is null", what);
		return INVALID_VALUE;
	}
	Range *r = find_range((u64)p);
	if (in_device_space((u64)p)) {
		violation("copy", "%s: a device pointer where host memory is due: %s", what, describe((u64)p).c_str());
		return INVALID_VALUE;
	}
	if (r && r->kind == Range::PINNED && !pinned(p, n)) {
		violation("copy", "%s: %zu bytes of pinned memory from %s", what, n, describe((u64)p).c_str());
		return INVALID_VALUE;
	}
	return SUCCESS;
}

static int move(const char *what, void *to, const void *from, size_t n, bool to_device, bool from_device)
{
	if (to_device)
		if (int e = check_device(what, (u64)to, n))
			return e == SUCCESS ? e : ILLEGAL_ADDRESS;
	if (from_device)
		if (int e = check_device(what, (u64)from, n))
			return e == SUCCESS ? e : ILLEGAL_ADDRESS;
	if (from_device && !all_written((u64)from, n)) {
		violation("uninitialised", "%s reads bytes nothing wrote among the %zu from %s", what, n,
		          describe((u64)from).c_str());
		if (!to_device)
			return LAUNCH_FAILED;
	}
	memmove(to, from, n);
	if (to_device)
		mark_written((u64)to, n);
	return SUCCESS;
}

static int to_device(const char *what, Stream *s, u64 to, const void *from, size_t n)
{
	if (int e = check_device(what, to, n))
		return e;
	if (int e = check_host(what, from, n))
		return e;
	if (pinned(from, n))
		return enqueue(s, what, [=] {
			if (!pinned(from, n))
				return violation("freed", "%s: its pinned memory is gone", what), (int)ILLEGAL_ADDRESS;
			return move(what, (void *)to, from, n, true, false);
		});
	if (s->capture)
		violation("capture", "%s: pageable memory in a captured graph is read at every launch", what);
	const unsigned char *first = (const unsigned char *)from;
	auto bytes = std::make_shared<std::vector<unsigned char>>(first, first + n);
	return enqueue(s, what, [=] { return move(what, (void *)to, bytes->data(), n, true, false); });
}

static int to_host(const char *what, Stream *s, void *to, u64 from, size_t n)
{
	if (int e = check_device(what, from, n))
		return e;
	if (int e = check_host(what, to, n))
		return e;
	bool pin = pinned(to, n);
	if (!pin && s->capture)
		violation("capture", "%s: pageable memory in a captured graph is written at every launch", what);
	int e = enqueue(s, what, [=] {
		if (pin && !pinned(to, n))
			return violation("freed", "%s: its pinned memory is gone", what), (int)ILLEGAL_ADDRESS;
		return move(what, to, (void *)from, n, false, true);
	});
	return e || pin || s->capture ? e : finish_stream(s);
}

static int within(const char *what, Stream *s, u64 to, u64 from, size_t n)
{
	if (int e = check_device(what, to, n))
		return e;
	if (int e = check_device(what, from, n))
		return e;
	if (n && to < from + n && from < to + n) {
		violation("copy", "%s: the ranges overlap", what);
		return INVALID_VALUE;
	}
	return enqueue(s, what, [=] { return move(what, (void *)to, (void *)from, n, true, true); });
}

/* fill writes n items of the given width. */
static int fill(const char *what, Stream *s, u64 to, unsigned value, size_t width, size_t n)
{
	if (to % width)
		return INVALID_VALUE;
	if (int e = check_device(what, to, n * width))
		return e;
	return enqueue(s, what, [=]() -> int {
		if (check_device(what, to, n * width))
			return ILLEGAL_ADDRESS;
		if (width == 1)
			memset((void *)to, (int)value, n);
		for (size_t i = 0; width > 1 && i < n; i++)
			memcpy((char *)to + i * width, &value, width);
		mark_written(to, n * width);
		return SUCCESS;
	});
}

/* blocking queues on the default stream and waits for it. */
template <class F> static int blocking(F queue)
{
	if (int e = refuse_in_capture(current, CAPTURE_IMPLICIT))
		return e;
	if (int e = queue(current->null_stream.get()))
		return e;
	return finish_default(current);
}

} // namespace emu

using namespace emu;

EMU_API cuMemcpyHtoD_v2(u64 to, const void *from, size_t n)
{
	EMU_ENTER(CONTEXT);
	return blocking([=](Stream *s) { return to_device("cuMemcpyHtoD", s, to, from, n); });
}

EMU_API cuMemcpyDtoH_v2(void *to, u64 from, size_t n)
{
	EMU_ENTER(CONTEXT);
	return blocking([=](Stream *s) { return to_host("cuMemcpyDtoH", s, to, from, n); });
}

EMU_API cuMemcpyDtoD_v2(u64 to, u64 from, size_t n)
{
	EMU_ENTER(CONTEXT);
	if (int e = refuse_in_capture(current, CAPTURE_IMPLICIT))
		return e;
	return within("cuMemcpyDtoD", current->null_stream.get(), to, from, n);
}

EMU_API cuMemcpyHtoDAsync_v2(u64 to, const void *from, size_t n, void *stream)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(stream);
	return s ? to_device("cuMemcpyHtoDAsync", s, to, from, n) : INVALID_HANDLE;
}

EMU_API cuMemcpyDtoHAsync_v2(void *to, u64 from, size_t n, void *stream)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(stream);
	return s ? to_host("cuMemcpyDtoHAsync", s, to, from, n) : INVALID_HANDLE;
}

EMU_API cuMemcpyDtoDAsync_v2(u64 to, u64 from, size_t n, void *stream)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(stream);
	return s ? within("cuMemcpyDtoDAsync", s, to, from, n) : INVALID_HANDLE;
}

/* any_copy finds the direction from the addresses, as unified addressing does. */
static int any_copy(const char *what, Stream *s, u64 to, u64 from, size_t n)
{
	bool into = in_device_space(to), out = in_device_space(from);
	if (into && out)
		return within(what, s, to, from, n);
	if (into)
		return to_device(what, s, to, (const void *)from, n);
	if (out)
		return to_host(what, s, (void *)to, from, n);
	violation("host-pointer", "%s between two host addresses", what);
	return INVALID_VALUE;
}

EMU_API cuMemcpy(u64 to, u64 from, size_t n)
{
	EMU_ENTER(CONTEXT);
	return blocking([=](Stream *s) { return any_copy("cuMemcpy", s, to, from, n); });
}

EMU_API cuMemcpyAsync(u64 to, u64 from, size_t n, void *stream)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(stream);
	return s ? any_copy("cuMemcpyAsync", s, to, from, n) : INVALID_HANDLE;
}

#define EMU_FILL(bits, type)                                                                         \
	EMU_API cuMemsetD##bits##_v2(u64 to, type value, size_t n)                                   \
	{                                                                                            \
		EMU_ENTER(CONTEXT);                                                                  \
		if (int e = refuse_in_capture(current, CAPTURE_IMPLICIT))                            \
			return e;                                                                    \
		return fill("cuMemsetD" #bits, current->null_stream.get(), to, value, bits / 8, n);  \
	}                                                                                            \
	EMU_API cuMemsetD##bits##Async(u64 to, type value, size_t n, void *stream)                   \
	{                                                                                            \
		EMU_ENTER(CONTEXT);                                                                  \
		Stream *s = stream_of(stream);                                                       \
		return s ? fill("cuMemsetD" #bits "Async", s, to, value, bits / 8, n) : INVALID_HANDLE; \
	}
EMU_FILL(8, unsigned char)
EMU_FILL(16, unsigned short)
EMU_FILL(32, unsigned)
