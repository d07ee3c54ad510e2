/* Launches. The blocks of a launch run one after another. The threads of a block run in a
 * plain loop until one waits; the loop then goes on upon another stack, and the stacks take
 * turns from wait to wait. A block of a cooperative launch gives way to the next one when
 * all its threads wait for something outside it. */
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <sys/mman.h>
#include "access.h"
#include "fiber.h"
#include "guard.h"
#include "state.h"
#include "warp.h"

namespace emu {

struct Block {
	uint3 index = {0, 0, 0};
	unsigned next = 0;
	std::vector<Fiber *> fibers; /* that wait */
	std::vector<char> shared;    /* its shared memory while another block runs */
	std::vector<uint3> order;
	bool done = false;
};

/* The launch that runs. */
static struct {
	const Launch *launch;
	elbo_state *state;
	Block *block;
	Fiber *fiber;
	void *scheduler;
	unsigned count;
	unsigned char *dynamic;
	std::mt19937_64 random;
	std::vector<uint3> order;
} now;

const char *place()
{
	static char text[160];
	if (!now.launch)
		return "";
	const uint3 &b = now.state->block, &t = now.state->thread;
	snprintf(text, sizeof text, " [kernel %s, block (%u,%u,%u), thread (%u,%u,%u)]", now.launch->function->kernel.name,
	         b.x, b.y, b.z, t.x, t.y, t.z);
	return text;
}

static void fiber_main()
{
	now.launch->function->kernel.run(now.launch->arguments.data());
	now.fiber->finished = true;
	elbo_switch(&now.fiber->sp, now.scheduler);
	__builtin_unreachable();
}

static void suspend(elbo_wait *w)
{
	Fiber *f = now.fiber;
	const uint3 &t = now.state->thread, &d = now.state->block_dim;
	f->thread = t;
	f->linear = t.x + d.x * (t.y + d.y * t.z);
	f->wait = w;
	f->released = false;
	elbo_switch(&f->sp, now.scheduler);
}

/* resume lets a stack run until it waits or is done with its threads. */
static void resume(Fiber *f)
{
	now.fiber = f;
	if (f->wait)
		now.state->thread = f->thread;
	f->wait = nullptr;
	elbo_switch(&now.scheduler, f->sp);
	now.fiber = nullptr;
}

static void fault(int kind, elbo_bits what, const char *file, unsigned line)
{
	switch (kind) {
	case ELBO_FAULT_TRAP:
		violation("trap", "__trap()");
		raise_fault(LAUNCH_FAILED);
	case ELBO_FAULT_ASSERT:
		violation("trap", "assertion %s fails in line %u", file, line);
		raise_fault(ASSERT);
	case ELBO_FAULT_ALIGN:
		if (what < 4096) {
			violation("bounds", "%s:%u uses a null pointer (0x%llx)", file, line, what);
			raise_fault(ILLEGAL_ADDRESS);
		}
		violation("misaligned", "%s:%u uses 0x%llx, which its type's alignment forbids", file, line, what);
		raise_fault(MISALIGNED);
	default:
		violation("bounds", "%s:%u indexes an array at %lld, outside it", file, line, (long long)what);
		raise_fault(ILLEGAL_ADDRESS);
	}
}

static void give_up(const char *kind, const char *why)
{
	violation(kind, "%s", why);
	raise_fault(LAUNCH_FAILED);
}

/* release_barrier lets all threads go when every one of the block is at the same barrier. */
static bool release_barrier(Block *b)
{
	elbo_bits sum = 0, all = 1;
	for (Fiber *f : b->fibers) {
		if (f->wait->kind != ELBO_WAIT_BLOCK)
			return false;
		if (f->wait->site != b->fibers[0]->wait->site)
			give_up("barrier", "threads of a block wait at different __syncthreads()");
		sum += f->wait->value;
		all &= f->wait->value;
	}
	if (b->fibers.size() != now.count) {
		char text[128];
		snprintf(text, sizeof text, "%zu threads returned before a __syncthreads() that %zu wait at",
		         now.count - b->fibers.size(), b->fibers.size());
		give_up("barrier", text);
	}
	for (Fiber *f : b->fibers) {
		int op = f->wait->op;
		f->wait->result = op == ELBO_ALL ? all : op == ELBO_ANY ? sum != 0 : sum;
		f->released = true;
	}
	block_barrier();
	return true;
}

/* settle decides who goes on once every thread waits: true when some may, false when all
 * that can is to look at other blocks first. */
static bool settle(Block *b)
{
	if (release_warps(b->fibers, now.count))
		return true;
	if (release_barrier(b))
		return true;
	bool elsewhere = false;
	for (Fiber *f : b->fibers)
		if (f->wait->kind == ELBO_WAIT_ELSEWHERE)
			f->released = elsewhere = true;
	if (elsewhere)
		return false;
	give_up("barrier", stuck_warp(b->fibers) ? "a warp operation waits for lanes that wait at something else"
	                                         : "threads of a block wait at different places");
	return false;
}

/* start_threads runs the loop over threads on as many stacks as it takes. */
static void start_threads(Block *b)
{
	while (now.state->next < now.state->count) {
		Fiber *f = take_fiber(fiber_main);
		if (!f)
			give_up("launch", "no memory for another stack");
		resume(f);
		if (f->finished)
			give_fiber(f);
		else
			b->fibers.push_back(f);
	}
}

/* run_block goes on until the block is done (true) or waits for something outside it. */
static bool run_block(Block *b)
{
	start_threads(b);
	while (!b->fibers.empty()) {
		bool inside = settle(b);
		std::vector<Fiber *> go;
		go.swap(b->fibers);
		if (config.order == SHUFFLED)
			std::shuffle(go.begin(), go.end(), now.random);
		for (Fiber *f : go) {
			if (f->released)
				resume(f);
			if (f->finished)
				give_fiber(f);
			else
				b->fibers.push_back(f);
		}
		if (!inside && !b->fibers.empty())
			return false;
	}
	return true;
}

/* make_order lists the threads of a block in the order they start. */
static void make_order(const uint3 &d)
{
	now.order.clear();
	for (unsigned z = 0; z < d.z; z++)
		for (unsigned y = 0; y < d.y; y++)
			for (unsigned x = 0; x < d.x; x++)
				now.order.push_back(uint3{x, y, z});
	if (config.order == REVERSE)
		std::reverse(now.order.begin(), now.order.end());
	if (config.order == SHUFFLED)
		std::shuffle(now.order.begin(), now.order.end(), now.random);
}

static const u64 dynamic_space = 256 << 10;

/* place_dynamic puts dynamic shared memory right before unmapped pages. */
static unsigned char *place_dynamic(unsigned bytes)
{
	static unsigned char *space;
	if (!space) {
		void *p = mmap(nullptr, dynamic_space + 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return nullptr;
		space = (unsigned char *)p;
		mprotect(space + dynamic_space, 65536, PROT_NONE);
	}
	return space + dynamic_space - (bytes + 15) / 16 * 16;
}

static void poison_shared()
{
	const elbo_kernel &k = now.launch->function->kernel;
	if (k.shared_end > k.shared_begin)
		memset(k.shared_begin, 0xff, (size_t)(k.shared_end - k.shared_begin));
	if (now.launch->shared)
		memset(now.dynamic, 0xff, now.launch->shared);
}

static void open_block(Block *b)
{
	now.block = b;
	now.state->block = b->index;
	now.state->next = b->next;
	now.state->thread = uint3{0, 0, 0};
	block_opened(b->index.x + now.launch->grid.x * (b->index.y + now.launch->grid.y * b->index.z));
}

static uint3 block_index(u64 i)
{
	const uint3 &g = now.launch->grid;
	return uint3{(unsigned)(i % g.x), (unsigned)(i / g.x % g.y), (unsigned)(i / g.x / g.y)};
}

/* nth block in the order asked for, without a table of all. */
static u64 nth(u64 i, u64 n)
{
	if (config.order == REVERSE)
		return n - 1 - i;
	if (config.order == SHUFFLED) {
		u64 step = (config.seed * 2654435761u | 1) % n;
		for (step = std::max<u64>(step, 1); std::__gcd(step, n) != 1;)
			step++;
		return (u64)((unsigned __int128)i * step % n + config.seed % n) % n;
	}
	return i;
}

static void run_independent(u64 n)
{
	Block b;
	for (u64 i = 0; i < n; i++) {
		b.index = block_index(nth(i, n));
		b.next = 0;
		poison_shared();
		open_block(&b);
		for (long spins = 0; !run_block(&b); spins++)
			if (spins > 100000)
				give_up("spin", "a block waits for another one in a launch that is not cooperative");
	}
}

/* swap_shared moves shared memory between the block and where kernels see it. */
static void swap_shared(Block *b, bool in)
{
	const elbo_kernel &k = now.launch->function->kernel;
	size_t fixed = (size_t)(k.shared_end - k.shared_begin), moving = now.launch->shared;
	b->shared.resize(fixed + moving);
	char *kept = b->shared.data();
	if (fixed)
		memcpy(in ? k.shared_begin : kept, in ? kept : k.shared_begin, fixed);
	if (moving)
		memcpy(in ? (char *)now.dynamic : kept + fixed, in ? kept + fixed : (char *)now.dynamic, moving);
}

static void run_cooperative(u64 n)
{
	std::vector<Block> *blocks = new std::vector<Block>((size_t)n); /* left behind where a fault ends the launch */
	u64 left = n;
	for (long round = 0; left; round++) {
		if (round > 100000)
			give_up("spin", "a cooperative launch makes no progress");
		for (u64 i = 0; i < n; i++) {
			Block *b = &(*blocks)[(size_t)nth(i, n)];
			if (b->done)
				continue;
			b->index = block_index(nth(i, n));
			if (round == 0)
				poison_shared();
			else
				swap_shared(b, true);
			open_block(b);
			b->done = run_block(b);
			b->next = now.state->next;
			if (b->done)
				left--;
			else
				swap_shared(b, false);
		}
	}
	delete blocks;
}

int run_launch(const Launch &l)
{
	const elbo_kernel &k = l.function->kernel;
	Context *c = l.module->context;
	if (!c->modules.count(l.module))
		return violation("freed", "kernel %s runs after its module was unloaded", k.name), INVALID_HANDLE;
	now.launch = &l;
	now.state = l.module->state;
	now.count = l.block.x * l.block.y * l.block.z;
	now.random.seed(config.seed);
	now.dynamic = place_dynamic(l.shared);
	make_order(l.block);
	*now.state = elbo_state{{0, 0, 0}, {0, 0, 0}, l.block, l.grid, 0, now.count, now.order.data(), now.dynamic,
	                        l.shared, suspend, fault, access};
	launch_opened(l, now.dynamic);
	u64 n = (u64)l.grid.x * l.grid.y * l.grid.z;
	int code = run_guarded(k.name, [&] {
		if (l.cooperative)
			run_cooperative(n);
		else
			run_independent(n);
		return SUCCESS;
	});
	now.launch = nullptr;
	int checks = launch_closed();
	if (code)
		reclaim_fibers();
	if (!code)
		code = checks;
	check_canaries(k.name);
	return code ? code : c->sticky;
}

} // namespace emu
