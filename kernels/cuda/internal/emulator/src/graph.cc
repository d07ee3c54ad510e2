/* Captured graphs: instantiated, launched and destroyed. The nodes of a launch run in an
 * order that their edges allow, in the reverse order of capture where that is asked for. */
#include <algorithm>
#include <random>
#include "state.h"

namespace emu {

/* schedule puts the nodes in the order the settings ask for, after what each depends on. */
static std::vector<int> schedule(const Graph &g)
{
	size_t n = g.nodes.size();
	std::vector<int> order, waits(n, 0);
	std::vector<std::vector<int>> then(n);
	for (size_t i = 0; i < n; i++) {
		waits[i] = (int)g.nodes[i].after.size();
		for (int d : g.nodes[i].after)
			then[(size_t)d].push_back((int)i);
	}
	std::set<int> ready;
	for (size_t i = 0; i < n; i++)
		if (!waits[i])
			ready.insert((int)i);
	std::mt19937_64 random(config.seed);
	while (!ready.empty()) {
		auto it = ready.begin();
		if (config.order == REVERSE)
			it = std::prev(ready.end());
		if (config.order == SHUFFLED)
			std::advance(it, (long)(random() % ready.size()));
		int i = *it;
		ready.erase(it);
		order.push_back(i);
		for (int t : then[(size_t)i])
			if (--waits[(size_t)t] == 0)
				ready.insert(t);
	}
	return order;
}

/* leads says whether a path of edges leads from one node to a later one. */
static bool leads(const Graph &g, int from, int to)
{
	std::set<int> todo{to}; /* edges lead to later nodes, so the last comes first */
	while (!todo.empty() && *todo.rbegin() > from) {
		const auto &after = g.nodes[(size_t)*todo.rbegin()].after;
		todo.erase(std::prev(todo.end()));
		todo.insert(after.begin(), after.end());
	}
	return todo.count(from) > 0;
}

/* check_workspaces finds products that may run at once and share a workspace. */
static void check_workspaces(const Graph &g)
{
	std::map<u64, int> last;
	for (size_t i = 0; i < g.nodes.size(); i++) {
		u64 w = g.nodes[i].workspace;
		if (!w)
			continue;
		if (last.count(w) && !leads(g, last[w], (int)i))
			violation("blas", "%s: no edge to it from a product that uses the same workspace", g.nodes[i].what.c_str());
		last[w] = (int)i;
	}
}

static int instantiate(void **out, void *graph)
{
	Graph *g = (Graph *)graph;
	if (!out || !current->graphs.count(g))
		return INVALID_VALUE;
	check_workspaces(*g);
	Exec *x = new Exec;
	x->graph = std::make_shared<Graph>(*g);
	x->context = current;
	current->execs.insert(x);
	*out = x;
	return SUCCESS;
}

} // namespace emu

using namespace emu;

EMU_API cuGraphInstantiate(void **out, void *graph, void **, char *, size_t)
{
	EMU_ENTER(CONTEXT);
	return instantiate(out, graph);
}

EMU_API cuGraphInstantiate_v2(void **out, void *graph, void **, char *, size_t)
{
	EMU_ENTER(CONTEXT);
	return instantiate(out, graph);
}

EMU_API cuGraphInstantiateWithFlags(void **out, void *graph, unsigned long long)
{
	EMU_ENTER(CONTEXT);
	return instantiate(out, graph);
}

EMU_API cuGraphDestroy(void *graph)
{
	EMU_ENTER(CONTEXT);
	Graph *g = (Graph *)graph;
	if (!current->graphs.erase(g))
		return violation("double-free", "cuGraphDestroy of %p, which is no graph", graph), INVALID_VALUE;
	delete g;
	return SUCCESS;
}

EMU_API cuGraphExecDestroy(void *exec)
{
	EMU_ENTER(CONTEXT);
	Exec *x = (Exec *)exec;
	if (!current->execs.erase(x))
		return violation("double-free", "cuGraphExecDestroy of %p, which is no graph", exec), INVALID_VALUE;
	delete x;
	return SUCCESS;
}

EMU_API cuGraphUpload(void *exec, void *stream)
{
	EMU_ENTER(CONTEXT);
	return current->execs.count((Exec *)exec) && stream_of(stream) ? SUCCESS : INVALID_VALUE;
}

EMU_API cuGraphLaunch(void *exec, void *stream)
{
	EMU_ENTER(CONTEXT);
	Exec *x = (Exec *)exec;
	Stream *s = stream_of(stream);
	if (!s || !current->execs.count(x))
		return INVALID_VALUE;
	std::shared_ptr<Graph> g = x->graph;
	return enqueue(s, "graph", [g]() -> int {
		for (int i : schedule(*g))
			if (int e = g->nodes[(size_t)i].run())
				return e;
		return SUCCESS;
	});
}

EMU_API cuGraphGetNodes(void *graph, void **nodes, size_t *n)
{
	EMU_ENTER(CONTEXT);
	Graph *g = (Graph *)graph;
	if (!n || !current->graphs.count(g))
		return INVALID_VALUE;
	for (size_t i = 0; nodes && i < *n; i++)
		nodes[i] = i < g->nodes.size() ? &g->nodes[i] : nullptr;
	*n = nodes ? std::min(*n, g->nodes.size()) : g->nodes.size();
	return SUCCESS;
}
