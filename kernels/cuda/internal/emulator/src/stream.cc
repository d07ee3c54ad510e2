/* Streams. Work is deferred: it runs when something waits for it, and then no
 * more than what the wait implies, so that a wait left out shows as stale bytes. */
#include <algorithm>
#include <random>
#include "stream.h"

namespace emu {

static u64 sequence;
static const size_t most_pending = 1024; /* then a launch waits for the oldest, as a driver's does */
std::set<Capture *> captures;

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
static int wander(Context *c);

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

int run_front(Stream *s)
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

int finish_stream(Stream *s)
{
	if (int e = wander(s->context))
		return e;
	return run_until(s, ~0ull);
}

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

/* waits_for_nothing says whether the oldest work of a stream could run now on a device. */
static bool waits_for_nothing(const Stream *s)
{
	if (s->pending.empty())
		return false;
	for (const OpRef &d : s->pending.front()->after)
		if (!d->done)
			return false;
	return true;
}

/* wander runs some of the work that waits for nothing where the order is shuffled: a device's streams
 * run ahead of each other at any time, as far as no event holds them. */
static int wander(Context *c)
{
	static std::mt19937_64 chance;
	static u64 seeded;
	if (config.order != SHUFFLED)
		return SUCCESS;
	if (seeded != config.seed + 1) {
		chance.seed(config.seed);
		seeded = config.seed + 1;
	}
	for (;;) {
		std::vector<std::shared_ptr<Stream>> free;
		for (const auto &s : c->streams)
			if (waits_for_nothing(s.get()))
				free.push_back(s);
		if (free.empty() || chance() % 3 == 0)
			return SUCCESS;
		std::sort(free.begin(), free.end(), [](const auto &a, const auto &b) { return a->serial < b->serial; });
		if (int e = run_front(free[chance() % free.size()].get()))
			return e;
	}
}

int enqueue(Stream *s, std::string what, std::function<int()> run, OpRef *out, OpRef after)
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
	if (after)
		op->after.push_back(after);
	s->pending.push_back(op);
	if (out)
		*out = op;
	if (config.eager)
		return finish_stream(s);
	while (s->pending.size() > most_pending)
		if (int e = run_front(s))
			return e;
	return wander(s->context);
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

/* refuse_captured is for calls that make no sense on a stream being captured. */
int refuse_captured(Stream *s, const char *call)
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

EMU_API cuLaunchHostFunc(void *handle, void (*f)(void *), void *data)
{
	EMU_ENTER(CONTEXT);
	Stream *s = stream_of(handle);
	if (!s || !f)
		return INVALID_VALUE;
	return enqueue(s, "host function", [f, data] { f(data); return SUCCESS; });
}
