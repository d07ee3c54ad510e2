/* Device memory: each allocation has pages of its own that end where it ends, with unmapped
 * pages after them, so that a kernel that leaves it faults or damages a canary. Addresses
 * are not used again, so that a freed one stays recognisable. */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>
#include "memory.h"

namespace emu {

static const u64 page = 4096, space_size = 1ull << 40, gap = 64 << 10;
static const unsigned char poison = 0xff; /* NaN in every format, -1 as an integer */
static const unsigned char canary = 0xfd;
static const u64 apron = 128;             /* canary bytes looked at before an allocation */
static u64 space, used_space;
static std::map<u64, Range> ranges;
static std::map<u64, Range> freed;

static bool reserve()
{
	if (space)
		return true;
	void *p = mmap(nullptr, space_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return false;
	space = (u64)p;
	return true;
}

bool in_device_space(u64 address) { return space && address >= space && address < space + space_size; }

template <class M> static Range *holder(M &m, u64 address)
{
	auto it = m.upper_bound(address);
	if (it == m.begin())
		return nullptr;
	--it;
	Range &r = it->second;
	return address < r.base + std::max<u64>(r.size, 1) ? &r : nullptr;
}

Range *find_range(u64 address) { return holder(ranges, address); }
Range *find_freed(u64 address) { return holder(freed, address); }

Range *nearest_below(u64 address)
{
	auto it = ranges.upper_bound(address);
	return it == ranges.begin() ? nullptr : &(--it)->second;
}

std::string describe(u64 address)
{
	char text[256];
	if (address < page) {
		snprintf(text, sizeof text, "a null pointer (0x%llx)", address);
	} else if (Range *r = find_range(address)) {
		snprintf(text, sizeof text, "0x%llx, byte %llu of allocation %llu of %llu bytes", address,
		         address - r->base, r->serial, r->size);
	} else if (Range *f = find_freed(address)) {
		snprintf(text, sizeof text, "0x%llx, byte %llu of freed allocation %llu of %llu bytes", address,
		         address - f->base, f->serial, f->size);
	} else if (!in_device_space(address)) {
		snprintf(text, sizeof text, "0x%llx, a host address", address);
	} else {
		Range *b = nearest_below(address);
		auto next = ranges.upper_bound(address);
		u64 past = b ? address - b->base - b->size : ~0ull;
		u64 before = next == ranges.end() ? ~0ull : next->second.base - address;
		if (b && past <= before)
			snprintf(text, sizeof text, "0x%llx, %llu bytes past allocation %llu of %llu bytes", address, past,
			         b->serial, b->size);
		else if (before != ~0ull)
			snprintf(text, sizeof text, "0x%llx, %llu bytes before allocation %llu of %llu bytes", address,
			         before, next->second.serial, next->second.size);
		else
			snprintf(text, sizeof text, "0x%llx, in no allocation", address);
	}
	return text;
}

/* check_device says whether n bytes from address lie in one live allocation. */
int check_device(const char *what, u64 address, u64 n, Range **range)
{
	if (n == 0)
		return SUCCESS;
	Range *r = find_range(address);
	if (!r) {
		const char *kind = find_freed(address) ? "freed" : in_device_space(address) ? "copy" : "host-pointer";
		violation(kind, "%s: %s", what, describe(address).c_str());
		return INVALID_VALUE;
	}
	if (n > r->base + r->size - address) {
		violation("copy", "%s: %llu bytes from %s: %llu too many", what, n, describe(address).c_str(),
		          n - (r->base + r->size - address));
		return INVALID_VALUE;
	}
	if (range)
		*range = r;
	return SUCCESS;
}

static bool whole(u64 from, u64 n)
{
	for (u64 i = 0; i < n; i++)
		if (((unsigned char *)from)[i] != canary)
			return false;
	return true;
}

/* check_canaries reports damage between an allocation and the pages around it, once. */
void check_canaries(const char *what)
{
	for (auto &it : ranges) {
		Range &r = it.second;
		if (r.kind != Range::DEVICE)
			continue;
		u64 end = r.base + r.size, tail = r.map + r.map_size - end, head = std::min(apron, r.base - r.map);
		if (!whole(end, tail)) {
			violation("bounds", "%s wrote past allocation %llu of %llu bytes", what, r.serial, r.size);
			memset((void *)end, canary, tail);
			if (current)
				current->sticky = ILLEGAL_ADDRESS;
		}
		if (!whole(r.base - head, head)) {
			violation("bounds", "%s wrote before allocation %llu of %llu bytes", what, r.serial, r.size);
			memset((void *)(r.base - head), canary, head);
			if (current)
				current->sticky = ILLEGAL_ADDRESS;
		}
	}
}

/* fill_poison maps one piece of poison again and again where a plain fill would touch much
 * memory: pages are copied when they are written. */
static bool fill_poison(u64 base, u64 n)
{
	static const u64 piece = 16 << 20;
	static int file = -1;
	u64 from = (base + page - 1) / page * page;
	if (n < 4 * piece) {
		memset((void *)base, poison, n);
		return true;
	}
	if (file < 0) {
		file = memfd_create("elbo-emulator-poison", MFD_CLOEXEC);
		std::vector<unsigned char> bytes(piece, poison);
		if (file < 0 || write(file, bytes.data(), piece) != (ssize_t)piece)
			return false;
	}
	memset((void *)base, poison, from - base);
	for (u64 at = from; at < base + n;) {
		u64 m = std::min(piece, base + n - at);
		if (m < page) {
			memset((void *)at, poison, m);
			break;
		}
		m = m / page * page;
		if (mmap((void *)at, m, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file, 0) == MAP_FAILED)
			return false;
		at += m;
	}
	return true;
}

int allocate(Context *c, u64 n, u64 *out)
{
	if (n == 0)
		return INVALID_VALUE;
	u64 padded = (n + 255) / 256 * 256;
	if (padded < n || padded > config.memory - std::min(config.memory, c->used))
		return OUT_OF_MEMORY;
	u64 bytes = (padded + apron + page - 1) / page * page;
	if (!reserve() || used_space + bytes + gap > space_size)
		return OUT_OF_MEMORY;
	Range r;
	r.size = n;
	r.map = space + used_space + gap;
	r.map_size = bytes;
	r.base = r.map + bytes - padded;
	r.serial = next_serial();
	r.context = c;
	if (mprotect((void *)r.map, bytes, PROT_READ | PROT_WRITE) != 0)
		return OUT_OF_MEMORY;
	memset((void *)r.map, canary, r.base - r.map);
	memset((void *)(r.base + n), canary, padded - n);
	if (!fill_poison(r.base, n))
		return OUT_OF_MEMORY;
	used_space += bytes + gap;
	c->used += padded;
	if (config.access)
		r.written.assign(n, 0);
	ranges[r.base] = r;
	*out = r.base;
	return SUCCESS;
}

/* unmap forgets a device range and leaves its addresses without memory behind them. */
static void unmap(const Range &r)
{
	mmap((void *)r.map, r.map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	r.context->used -= (r.size + 255) / 256 * 256;
	Range old = r;
	old.written.clear();
	freed[r.base] = old;
	if (freed.size() > 65536)
		freed.erase(freed.begin());
}

int release(u64 address, const char *call)
{
	auto it = ranges.find(address);
	if (it != ranges.end() && it->second.kind == Range::DEVICE) {
		if (it->second.context != current)
			violation("context", "%s of memory of another context: %s", call, describe(address).c_str());
		check_canaries(call);
		Range r = it->second;
		ranges.erase(it);
		unmap(r);
		return SUCCESS;
	}
	violation(find_freed(address) ? "double-free" : "free", "%s of %s", call, describe(address).c_str());
	return INVALID_VALUE;
}

Range *enter_range(Range::Kind kind, u64 base, u64 size)
{
	Range r;
	r.kind = kind;
	r.base = base;
	r.size = size;
	r.serial = next_serial();
	r.context = current;
	freed.erase(base);
	return &(ranges[base] = r);
}

void leave_range(u64 base) { ranges.erase(base); }

int release_all(Context *c, bool report)
{
	int n = 0;
	for (auto it = ranges.begin(); it != ranges.end();) {
		Range r = it->second;
		if (r.context != c || r.kind == Range::GLOBAL) {
			++it;
			continue;
		}
		if (report)
			violation("leak", "%s allocation %llu of %llu bytes", r.kind == Range::PINNED ? "pinned" : "device",
			          r.serial, r.size);
		it = ranges.erase(it);
		if (r.kind == Range::DEVICE)
			unmap(r);
		else
			munmap((void *)r.map, r.map_size);
		n++;
	}
	return n;
}

void mark_written(u64 address, u64 n)
{
	Range *r = config.access ? find_range(address) : nullptr;
	if (r && !r->written.empty())
		std::fill_n(r->written.begin() + (long)(address - r->base), std::min(n, r->base + r->size - address), 1);
}

bool all_written(u64 address, u64 n)
{
	Range *r = config.access ? find_range(address) : nullptr;
	if (!r || r->written.empty())
		return true;
	auto from = r->written.begin() + (long)(address - r->base);
	return std::find(from, from + (long)std::min(n, r->base + r->size - address), 0) ==
	       from + (long)std::min(n, r->base + r->size - address);
}

int allocate_pinned(u64 n, void **out)
{
	if (n == 0)
		return INVALID_VALUE;
	u64 bytes = (n + page - 1) / page * page;
	void *p = mmap(nullptr, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return OUT_OF_MEMORY;
	mprotect((char *)p + bytes, page, PROT_NONE);
	memset(p, poison, bytes);
	Range *r = enter_range(Range::PINNED, (u64)p, n);
	r->map = (u64)p;
	r->map_size = bytes + page;
	*out = p;
	return SUCCESS;
}

} // namespace emu
