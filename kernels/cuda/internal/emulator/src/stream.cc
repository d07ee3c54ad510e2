/* Streams and events. Work is deferred: it runs when something waits for it, and then no
 * more than what the wait implies, so that a wait left out shows as stale bytes. */
#include <algorithm>
#include <ctime>
#include "state.h"

namespace emu {

static u64 sequence;
static const size_t most_pending = 1024; /* then a launch waits for the oldest, as a driver's does */
static std::set<Capture *> captures;

static double milliseconds()
{
	timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

Stream *stream_of(void *handle)
{
	if ((u64)handle <= 2)
		return current->null_stream.get();
	for (const auto &s : current->streams)
		if (s.get() == handle)
			return s.get();
	violation("context", "stream %p is not of this context", handle);
	return nullptr;
}

static std::shared_ptr<Stream> shared(Stream *s)
{
	if (s->context->null_stream.get() == s)
		return s->context->null_stream;
	for (auto *set : {&s->context->streams, &s->context->orphans})
		for (const auto &p : *set)
			if (p.get() == s)
				return p;
	return nullptr;
}

static int run_until(Stream *s, u64 seq);

/* others runs what the default stream and the blocking ones wait for in each other. */
static int others(Stream *s, u64 seq)
{
	Context *c = s->context;
	if (s != c->null_stream.get())
		return s->blocking() ? run_until(c->null_stream.get(), seq) : SUCCESS;
	std::vector<std::shared_ptr<Stream>> all(c->streams.begin(), c->streams.end());
	all.insert(all.end(), c->orphans.begin(), c->orphans.end());
	for (const auto &o : all)
		if (o->blocking())
			if (int e = run_until(o.get(), seq))
				return e;
	return SUCCESS;
}

static int run_front(Stream *s)
{
	OpRef op = s->pending.front();
	for (const OpRef &d : op->after)
		if (int e = finish_op(d))
			return e;
	if (int e = others(s, op->seq - 1))
		return e;
	if (op->done)
		return SUCCESS;
	s->pending.pop_front();
	op->done = true;
	if (s->context->sticky)
		return s->context->sticky;
	int e = op->run();
	op->run = nullptr;
	op->after.clear();
	if (e && !s->context->sticky)
		s->context->sticky = e;
	return s->context->sticky;
}

static int run_until(Stream *s, u64 seq)
{
	while (!s->pending.empty() && s->pending.front()->seq <= seq)
		if (int e = run_front(s))
			return e;
	return SUCCESS;
}

int finish_op(const OpRef &op)
{
	if (!op || op->done)
		return SUCCESS;
	std::shared_ptr<Stream> s = op->stream.lock();
	return s ? run_until(s.get(), op->seq) : SUCCESS;
}

int finish_stream(Stream *s) { return run_until(s, ~0ull); }

int finish_default(Context *c) { return run_until(c->null_stream.get(), ~0ull); }

int finish_context(Context *c)
{
	if (int e = finish_default(c))
		return e;
	std::vector<std::shared_ptr<Stream>> all(c->streams.begin(), c->streams.end());
	all.insert(all.end(), c->orphans.begin(), c->orphans.end());
	for (const auto &s : all)
		if (int e = run_until(s.get(), ~0ull))
			return e;
	c->orphans.clear();
	return SUCCESS;
}

void drop_streams(Context *c)
{
	for (auto *set : {&c->streams, &c->orphans}) {
		for (const auto &s : *set)
			if (s->capture)
				captures.erase(s->capture.get());
		set->clear();
	}
	c->null_stream->pending.clear();
}

static void add_node(Stream *s, std::string what, std::function<int()> run)
{
	auto &nodes = s->capture->graph->nodes;
	nodes.push_back(Node{std::move(what), std::move(run), s->last});
	s->last.assign(1, (int)nodes.size() - 1);
}

int enqueue(Stream *s, std::string what, std::function<int()> run, OpRef *out)
{
	if (s->capture) {
		if (s->capture->invalid)
			return CAPTURE_INVALIDATED;
		add_node(s, std::move(what), std::move(run));
		return SUCCESS;
	}
	if (s == s->context->null_stream.get()) {
		for (Capture *c : captures)
			if (c->mode != 2 && c->origin->context == s->context && c->origin->blocking()) {
				c->invalid = true;
				violation("capture", "%s on the default stream while a stream is captured", what.c_str());
				return CAPTURE_IMPLICIT;
			}
	}
	OpRef op = std::make_shared<Op>();
	op->seq = ++sequence;
	op->what = std::move(what);
	op->run = std::move(run);
	op->stream = shared(s);
	s->pending.push_back(op);
	if (out)
		*out = op;
	if (config.eager)
		return finish_stream(s);
	while (s->pending.size() > most_pending)
		if (int e = run_front(s))
			return e;
	return SUCCESS;
}

bool capturing_globally()
{
	for (Capture *c : captures)
		if (c->mode != 2)
			return true;
	return false;
}

int refuse_in_capture(Context *c, int code)
{
	for (Capture *k : captures) {
		if (k->mode == 2 || k->origin->context != c)
			continue;
		k->invalid = true;
		violation("capture", "a call that may synchronise while a stream is captured");
		return code;
	}
	return SUCCESS;
}

static std::shared_ptr<Event> event_of(void *handle)
{
	for (const auto &e : current->events)
		if (e.get() == handle)
			return e;
	violation("context", "event %p is not of this context", handle);
	return nullptr;
}

/* refuse_captured is for calls that make no sense on a stream being captured. */
static int refuse_captured(Stream *s, const char *call)
{
	if (!s->capture)
		return SUCCESS;
	violation("capture", "%s of a stream that is captured", call);
	s->capture->invalid = true;
	return CAPTURE_UNSUPPORTED;
}

static int create_stream(void **out, unsigned flags, int priority)
{
	if (!out || flags > 1)
		return INVALID_VALUE;
	auto s = std::make_shared<Stream>();
	s->context = current;
	s->flags = flags;
	s->priority = priority;
	s->serial = next_serial();
	current->streams.insert(s);
	*out = s.get();
	return SUCCESS;
}

} // namespace emu

using namespace emu;

EMU_API cuStreamCreate(void **out, unsigned flags)
{
	EMU_ENTER(CONTEXT);
	return create_stream(out, flags, 0);
}

EMU_API cuStreamCreateWithPriority(void **out, unsigned flags, int priority)
{
	EMU_ENTER(CONTEXT);
	return create_stream(out, flags, std::max(-5, std::min(0, priority)));
}

EMU_API cuStreamDestroy_v2(void *handle)
{
	EMU_ENTER(CONTEXT);
	if ((u64)handle <= 2)
		return INVALID_HANDLE;
	Stream *s = stream_of(handle);
	if (!s)
		return INVALID_HANDLE;
	std::shared_ptr<Stream> keep = shared(s);
	current->streams.erase(keep);
	if (s->capture) {
		captures.erase(s->capture.get());
		s->capture.reset();
	}
	if (!s->pending.empty())
		current->orphans.insert(keep);
	return SUCCESS;
}

EMU_API cuStreamSynchronize(void *handle)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(handle);
	if (!s)
		return INVALID_HANDLE;
	if (int e = refuse_captured(s, "cuStreamSynchronize"))
		return e;
	return finish_stream(s);
}

/* A poll lets one piece of work run and says "not ready" until none is left. */
EMU_API cuStreamQuery(void *handle)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(handle);
	if (!s)
		return INVALID_HANDLE;
	if (int e = refuse_captured(s, "cuStreamQuery"))
		return e;
	if (s->pending.empty())
		return SUCCESS;
	if (int e = run_front(s))
		return e;
	return NOT_READY;
}

EMU_API cuStreamGetFlags(void *handle, unsigned *flags)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(handle);
	if (!s || !flags)
		return INVALID_VALUE;
	*flags = s->flags;
	return SUCCESS;
}

EMU_API cuStreamGetPriority(void *handle, int *priority)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(handle);
	if (!s || !priority)
		return INVALID_VALUE;
	*priority = s->priority;
	return SUCCESS;
}

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
	OpRef op;
	OpRef recorded = e->record;
	if (int code = enqueue(s, "wait", [] { return SUCCESS; }, &op))
		return code;
	if (!op->done)
		op->after.push_back(recorded);
	return SUCCESS;
}

EMU_API cuLaunchHostFunc(void *handle, void (*f)(void *), void *data)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(handle);
	if (!s || !f)
		return INVALID_VALUE;
	return enqueue(s, "host function", [f, data] { f(data); return SUCCESS; });
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

static int begin_capture(void *handle, int mode)
{
	Stream *s = stream_of(handle);
	if (!s || mode < 0 || mode > 2)
		return INVALID_VALUE;
	if (s == current->null_stream.get())
		return CAPTURE_UNSUPPORTED;
	if (s->capture)
		return INVALID_VALUE;
	auto c = std::make_shared<Capture>();
	c->origin = s;
	c->mode = mode;
	c->members.insert(s);
	s->capture = c;
	s->last.clear();
	captures.insert(c.get());
	return SUCCESS;
}

EMU_API cuStreamBeginCapture_v2(void *handle, int mode)
{
	EMU_ENTER(CONTEXT);
	return begin_capture(handle, mode);
}

EMU_API cuStreamBeginCapture(void *handle)
{
	EMU_ENTER(CONTEXT);
	return begin_capture(handle, 0);
}

/* joined says whether the work of every member of the capture leads to its origin. */
static bool joined(const Capture &c)
{
	std::vector<char> seen(c.graph->nodes.size(), 0);
	std::vector<int> todo = c.origin->last;
	while (!todo.empty()) {
		int n = todo.back();
		todo.pop_back();
		if (seen[(size_t)n])
			continue;
		seen[(size_t)n] = 1;
		const auto &after = c.graph->nodes[(size_t)n].after;
		todo.insert(todo.end(), after.begin(), after.end());
	}
	return std::find(seen.begin(), seen.end(), 0) == seen.end();
}

EMU_API cuStreamEndCapture(void *handle, void **out)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(handle);
	if (!s || !out)
		return INVALID_VALUE;
	*out = nullptr;
	std::shared_ptr<Capture> c = s->capture;
	if (!c)
		return INVALID_VALUE;
	if (c->origin != s)
		return CAPTURE_UNMATCHED;
	bool whole = joined(*c);
	captures.erase(c.get());
	for (Stream *m : c->members) {
		m->capture.reset();
		m->last.clear();
	}
	if (c->invalid)
		return CAPTURE_INVALIDATED;
	if (!whole)
		return violation("capture", "a capture ends before another stream's part joins it"), CAPTURE_UNJOINED;
	Graph *g = new Graph(*c->graph);
	current->graphs.insert(g);
	*out = g;
	return SUCCESS;
}

EMU_API cuStreamIsCapturing(void *handle, int *status)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(handle);
	if (!s || !status)
		return INVALID_VALUE;
	*status = !s->capture ? 0 : s->capture->invalid ? 2 : 1;
	return SUCCESS;
}
