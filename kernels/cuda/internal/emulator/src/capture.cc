/* Stream capture: what is queued on a stream becomes nodes of a graph. */
#include <algorithm>
#include "stream.h"

using namespace emu;

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
