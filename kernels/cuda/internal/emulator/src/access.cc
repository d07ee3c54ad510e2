/* Checks of single accesses: bounds to the byte, bytes nobody wrote, races.
 *
 * Every four bytes have a cell that knows the last write and the last read of the launch. Two
 * accesses of one place, one of them a write, race unless something orders them: the same
 * thread; a barrier of the block between them; an operation of the warp between them; both
 * being atomic; or, between blocks, an atomic of the later block that came after one of the
 * earlier block on the same address, as when the last block to count itself collects what the
 * others left. */
#include <algorithm>
#include <cstring>
#include <unordered_map>
#include "access.h"
#include "guard.h"
#include "state.h"

namespace emu {

struct Touch {
	u64 tick = 0; /* 0: none in this launch */
	unsigned block = 0, thread = 0, epoch = 0, warp_epoch = 0;
	unsigned char bytes = 0; /* which of the four */
	bool atomic = false, several = false;
};
struct Cell {
	unsigned launch = 0;
	Touch write, read;
};

static const u64 piece = 4096; /* cells are made by pieces of memory */
static const unsigned most_blocks = 4096; /* above, races between blocks are not looked for */

typedef std::unordered_map<unsigned, u64> Clock; /* of each block, up to which tick it is seen */

static struct {
	const Launch *launch;
	const Module *module;
	unsigned number, block, epoch;
	unsigned warp_epoch[32];
	u64 tick;
	u64 dynamic, dynamic_end, fixed, fixed_end;
	std::vector<unsigned char> fixed_written, dynamic_written;
	bool blocks, reported;
	std::unordered_map<unsigned, Clock> seen; /* by block */
	std::unordered_map<u64, Clock> released;  /* by address */
	std::unordered_map<unsigned, unsigned> epochs;
} run;
static std::unordered_map<u64, std::vector<Cell>> cells;
static u64 last_piece;
static std::vector<Cell> *last_cells;

void launch_opened(const Launch &l, unsigned char *dynamic)
{
	run.launch = nullptr;
	if (!config.access)
		return;
	const elbo_kernel &k = l.function->kernel;
	run.launch = &l;
	run.module = l.module.get();
	run.number++;
	run.tick = 0;
	run.dynamic = (u64)dynamic, run.dynamic_end = run.dynamic + l.shared;
	run.fixed = (u64)k.shared_begin, run.fixed_end = (u64)k.shared_end;
	run.reported = false;
	run.blocks = (u64)l.grid.x * l.grid.y * l.grid.z <= most_blocks && !l.cooperative;
	run.seen.clear();
	run.released.clear();
	run.epochs.clear();
	if (cells.size() > 65536)
		cells.clear();
	last_cells = nullptr;
	last_piece = ~0ull;
}

int launch_closed()
{
	bool bad = run.launch && run.reported;
	run.launch = nullptr;
	return bad ? LAUNCH_FAILED : SUCCESS;
}

void block_opened(unsigned block)
{
	if (!run.launch)
		return;
	run.block = block;
	auto before = run.epochs.find(block);
	bool fresh = before == run.epochs.end();
	run.epoch = fresh ? 1 : before->second;
	if (!fresh)
		return;
	run.epochs[block] = 1;
	memset(run.warp_epoch, 0, sizeof run.warp_epoch);
	/* Blocks of a cooperative launch take turns, which these flags do not follow. */
	run.fixed_written.assign(run.fixed_end - run.fixed, run.launch->cooperative);
	run.dynamic_written.assign(run.dynamic_end - run.dynamic, run.launch->cooperative);
	for (auto span : {std::make_pair(run.fixed, run.fixed_end), std::make_pair(run.dynamic, run.dynamic_end)})
		for (u64 p = span.first / piece; p * piece < span.second; p++)
			cells.erase(p);
	last_cells = nullptr;
	last_piece = ~0ull;
}

void block_barrier()
{
	if (run.launch)
		run.epochs[run.block] = ++run.epoch;
}

void warp_barrier(unsigned warp) { run.warp_epoch[warp]++; }

static Cell &cell_of(u64 address)
{
	u64 p = address / piece;
	if (p != last_piece || !last_cells) {
		std::vector<Cell> &c = cells[p];
		if (c.empty())
			c.resize(piece / 4);
		last_piece = p;
		last_cells = &c;
	}
	Cell &c = (*last_cells)[address % piece / 4];
	if (c.launch != run.number) {
		c = Cell();
		c.launch = run.number;
	}
	return c;
}

static unsigned linear_thread()
{
	const elbo_state *s = run.module->state;
	return s->thread.x + s->block_dim.x * (s->thread.y + s->block_dim.y * s->thread.z);
}

/* ordered says whether an earlier access is known to come before one made now by thread t. */
static bool ordered(const Touch &before, unsigned t)
{
	if (before.tick == 0)
		return true;
	if (before.block != run.block) {
		if (!run.blocks)
			return true;
		auto seen = run.seen.find(run.block);
		if (seen == run.seen.end())
			return false;
		auto until = seen->second.find(before.block);
		return until != seen->second.end() && before.tick <= until->second;
	}
	if (before.epoch != run.epoch)
		return true;
	if (before.several)
		return false;
	return before.thread == t || (before.thread / 32 == t / 32 && before.warp_epoch != run.warp_epoch[t / 32]);
}

static void report(const char *kind, const char *what, u64 address)
{
	if (!run.reported)
		violation(kind, "%s 0x%llx", what, address);
	run.reported = true;
}

static void note(Touch *to, unsigned t, unsigned char bytes, bool atomic, bool keep)
{
	bool same = keep && to->tick && to->block == run.block && to->epoch == run.epoch;
	bool several = same && (to->several || to->thread != t);
	if (same)
		bytes |= to->bytes;
	*to = Touch{run.tick, run.block, t, run.epoch, run.warp_epoch[t / 32], bytes, atomic, several};
}

/* check_race compares an access of some of the four bytes at a cell with those before it. */
static void check_race(u64 address, unsigned char bytes, int how, unsigned t)
{
	Cell &c = cell_of(address);
	bool atomic = how == ELBO_ATOMIC || how == ELBO_ATOMIC_READ, writes = how == ELBO_WRITE || how == ELBO_ATOMIC;
	if (c.write.bytes & bytes && !(atomic && c.write.atomic) && !ordered(c.write, t))
		report("race", writes ? "two threads write at" : "a thread reads what another writes at", address);
	if (writes && c.read.bytes & bytes && !(atomic && c.read.atomic) && !ordered(c.read, t))
		report("race", "a thread writes what another reads at", address);
	if (writes)
		note(&c.write, t, bytes, atomic, false);
	else
		note(&c.read, t, bytes, atomic, true);
}

/* synchronise makes the running block see what earlier users of the address had seen and done. */
static void synchronise(u64 address)
{
	if (!run.blocks)
		return;
	Clock &here = run.released[address], &seen = run.seen[run.block];
	for (const auto &c : here) {
		u64 &s = seen[c.first];
		s = std::max(s, c.second);
	}
	for (const auto &c : seen) {
		u64 &h = here[c.first];
		h = std::max(h, c.second);
	}
	here[run.block] = run.tick;
}

/* on_stack says whether an address is on the running thread's own stack. */
static bool on_stack(u64 address)
{
	u64 here = (u64)__builtin_frame_address(0);
	return address >= here && address < here + (64 << 10);
}

/* written_flags are those of n bytes from address, null where they are not kept; outside
 * everything the launch may touch, the launch ends. */
static unsigned char *written_flags(u64 address, unsigned n, bool *ours)
{
	*ours = true;
	if (address >= run.fixed && address + n <= run.fixed_end)
		return &run.fixed_written[address - run.fixed];
	if (address >= run.dynamic && address + n <= run.dynamic_end)
		return &run.dynamic_written[address - run.dynamic];
	if (Range *r = find_range(address)) {
		if (address + n <= r->base + r->size)
			return r->written.empty() ? nullptr : &r->written[address - r->base];
	} else if ((address >= run.module->low && address + n <= run.module->high) || on_stack(address)) {
		*ours = false;
		return nullptr;
	}
	const u64 args = (u64)run.launch->arguments.data();
	if (address >= args && address + n <= args + run.launch->arguments.size()) {
		*ours = false;
		return nullptr;
	}
	bool was_freed = find_freed(address) && !find_range(address);
	const char *kind = was_freed ? "freed" : in_device_space(address) ? "bounds" : "host-pointer";
	violation(kind, "%u bytes at %s", n, describe(address).c_str());
	raise_fault(ILLEGAL_ADDRESS);
}

void access(const volatile void *p, unsigned n, int how)
{
	u64 address = (u64)p;
	bool ours;
	unsigned char *written = written_flags(address, n, &ours);
	if (!ours)
		return;
	run.tick++;
	bool reads = how != ELBO_WRITE;
	for (unsigned i = 0; written && i < n; i++) {
		if (reads && !written[i]) {
			report("uninitialised", "a read where nothing was written, at", address + i);
			break;
		}
		if (how == ELBO_WRITE || how == ELBO_ATOMIC)
			written[i] = 1;
	}
	if (how == ELBO_ATOMIC)
		synchronise(address);
	unsigned t = linear_thread();
	for (u64 at = address; at < address + n;) {
		u64 next = std::min<u64>(at / 4 * 4 + 4, address + n);
		unsigned char bytes = (unsigned char)(((1u << (next - at)) - 1) << at % 4);
		check_race(at, bytes, how, t);
		at = next;
	}
}

} // namespace emu
