/* Events: recorded in streams, waited for by streams and threads. */
#include <ctime>
#include "stream.h"

namespace emu {

static double milliseconds()
{
	timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

std::shared_ptr<Event> event_of(void *handle)
{
	for (const auto &e : current->events)
		if (e.get() == handle)
			return e;
	violation("context", "event %p is not of this context", handle);
	return nullptr;
}

} // namespace emu

using namespace emu;

EMU_API cuStreamWaitEvent(void *handle, void *event, unsigned)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(handle);
	std::shared_ptr<Event> e = event_of(event);
	if (!s || !e)
		return INVALID_HANDLE;
	std::shared_ptr<Capture> from = e->capture.lock();
	if (from) {
		if (s->capture && s->capture != from)
			return from->invalid = true, CAPTURE_MERGE;
		if (!s->capture && s == current->null_stream.get())
			return from->invalid = true, CAPTURE_IMPLICIT;
		s->capture = from;
		from->members.insert(s);
		s->last.insert(s->last.end(), e->nodes.begin(), e->nodes.end());
		return SUCCESS;
	}
	if (s->capture) {
		violation("capture", "a captured stream waits for an event recorded outside the capture");
		return s->capture->invalid = true, CAPTURE_ISOLATION;
	}
	if (!e->record || e->record->done)
		return SUCCESS;
	return enqueue(s, "wait", [] { return SUCCESS; }, nullptr, e->record);
}

EMU_API cuEventCreate(void **out, unsigned flags)
{
	EMU_ENTER(CONTEXT);
	if (!out || flags > 7)
		return INVALID_VALUE;
	auto e = std::make_shared<Event>();
	e->context = current;
	e->flags = flags;
	e->serial = next_serial();
	current->events.insert(e);
	*out = e.get();
	return SUCCESS;
}

EMU_API cuEventDestroy_v2(void *handle)
{
	EMU_ENTER(CONTEXT);
	std::shared_ptr<Event> e = event_of(handle);
	if (!e)
		return INVALID_HANDLE;
	current->events.erase(e);
	return SUCCESS;
}

static int record(void *event, void *stream)
{
	Stream *s = stream_of(stream);
	std::shared_ptr<Event> e = event_of(event);
	if (!s || !e)
		return INVALID_HANDLE;
	if (s->capture) {
		e->capture = s->capture;
		e->nodes = s->last;
		return SUCCESS;
	}
	e->capture.reset();
	auto when = std::make_shared<double>(-1);
	e->when = when;
	return enqueue(s, "event", [when] { *when = milliseconds(); return SUCCESS; }, &e->record);
}

EMU_API cuEventRecord(void *event, void *stream)
{
	EMU_ENTER(CONTEXT);
	return record(event, stream);
}

EMU_API cuEventRecordWithFlags(void *event, void *stream, unsigned)
{
	EMU_ENTER(CONTEXT);
	return record(event, stream);
}

EMU_API cuEventSynchronize(void *event)
{
	EMU_ENTER(CONTEXT);
	std::shared_ptr<Event> e = event_of(event);
	if (!e)
		return INVALID_HANDLE;
	if (e->capture.lock())
		return violation("capture", "cuEventSynchronize of an event recorded in a capture"), CAPTURE_UNSUPPORTED;
	return finish_op(e->record);
}

EMU_API cuEventQuery(void *event)
{
	EMU_ENTER(CONTEXT);
	std::shared_ptr<Event> e = event_of(event);
	if (!e)
		return INVALID_HANDLE;
	if (!e->record || e->record->done)
		return SUCCESS;
	std::shared_ptr<Stream> s = e->record->stream.lock();
	if (s && !s->pending.empty())
		if (int code = run_front(s.get()))
			return code;
	return NOT_READY;
}

static int elapsed(float *ms, void *start, void *end)
{
	std::shared_ptr<Event> a = event_of(start), b = event_of(end);
	if (!ms || !a || !b)
		return INVALID_HANDLE;
	if ((a->flags | b->flags) & 2 || !a->record || !b->record)
		return INVALID_HANDLE;
	if (!a->record->done || !b->record->done)
		return NOT_READY;
	*ms = (float)(*b->when - *a->when);
	return SUCCESS;
}

EMU_API cuEventElapsedTime(float *ms, void *start, void *end)
{
	EMU_ENTER(CONTEXT);
	return elapsed(ms, start, end);
}

EMU_API cuEventElapsedTime_v2(float *ms, void *start, void *end)
{
	EMU_ENTER(CONTEXT);
	return elapsed(ms, start, end);
}
