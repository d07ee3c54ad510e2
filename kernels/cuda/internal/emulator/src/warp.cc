/* A warp operation completes when all lanes of its mask that have not returned are at the
 * same operation. What a lane gets from one that is not there is all ones, and reported. */
#include <cstring>
#include "access.h"
#include "guard.h"
#include "state.h"
#include "warp.h"

namespace emu {

struct Warp {
	Fiber *lane[32];
	unsigned alive;
};

/* shuffle_source is the lane whose value a lane gets: its own where the move leaves the segment. */
static unsigned shuffle_source(const elbo_wait &w, unsigned lane)
{
	unsigned width = w.width, base = lane & ~(width - 1), in = lane - base, from = in;
	switch (w.op) {
	case ELBO_SHFL_IDX: from = w.lane & (width - 1); break;
	case ELBO_SHFL_UP: from = in >= w.lane ? in - w.lane : in; break;
	case ELBO_SHFL_DOWN: from = in + w.lane < width ? in + w.lane : in; break;
	case ELBO_SHFL_XOR: from = (in ^ w.lane) < width ? in ^ w.lane : in; break;
	}
	return base + from;
}

static elbo_bits combine(int op, elbo_bits a, elbo_bits b)
{
	switch (op) {
	case ELBO_REDUCE_ADD: return a + b;
	case ELBO_REDUCE_MIN: return (long long)b < (long long)a ? b : a;
	case ELBO_REDUCE_MAX: return (long long)b > (long long)a ? b : a;
	case ELBO_ALL:
	case ELBO_REDUCE_AND: return a & b;
	case ELBO_ANY:
	case ELBO_REDUCE_OR: return a | b;
	}
	return a ^ b;
}

static elbo_bits result_of(const Warp &w, unsigned group, unsigned lane)
{
	const elbo_wait &own = *w.lane[lane]->wait;
	if (own.op <= ELBO_SHFL_XOR) {
		unsigned from = shuffle_source(own, lane);
		if (group >> from & 1)
			return w.lane[from]->wait->value;
		violation("warp", "lane %u shuffles from lane %u, which is not there", lane, from);
		return ~0ull;
	}
	elbo_bits r = 0;
	bool first = true;
	for (unsigned i = 0; i < 32; i++) {
		if (!(group >> i & 1))
			continue;
		elbo_bits v = w.lane[i]->wait->value;
		if (own.op == ELBO_BALLOT)
			r |= v << i;
		else if (own.op == ELBO_MATCH_ANY)
			r |= (elbo_bits)(v == own.value) << i;
		else
			r = first ? v : combine(own.op, r, v);
		first = false;
	}
	return r;
}

/* complete finishes the operations of one warp whose lanes have all come. */
static bool complete(Warp &w, unsigned number)
{
	bool any = false;
	unsigned seen = 0;
	for (unsigned lane = 0; lane < 32; lane++) {
		Fiber *f = w.lane[lane];
		if (!f || f->wait->kind != ELBO_WAIT_WARP)
			continue;
		unsigned mask = f->wait->mask, group = 0;
		if (!(mask >> lane & 1)) {
			violation("warp", "lane %u is at a warp operation whose mask 0x%x leaves it out", lane, mask);
			raise_fault(LAUNCH_FAILED);
		}
		if (seen >> lane & 1)
			continue;
		if (f->wait->width == 0 || f->wait->width > 32 || f->wait->width & (f->wait->width - 1)) {
			violation("warp", "a shuffle of width %u, not a power of two up to 32", f->wait->width);
			raise_fault(LAUNCH_FAILED);
		}
		for (unsigned i = 0; i < 32; i++) {
			Fiber *o = w.lane[i];
			if (o && o->wait->kind == ELBO_WAIT_WARP && o->wait->mask == mask && o->wait->site == f->wait->site)
				group |= 1u << i;
		}
		seen |= group;
		if ((mask & w.alive) != group)
			continue;
		elbo_bits results[32];
		for (unsigned i = 0; i < 32; i++)
			if (group >> i & 1)
				results[i] = result_of(w, group, i);
		for (unsigned i = 0; i < 32; i++)
			if (group >> i & 1) {
				w.lane[i]->wait->result = results[i];
				w.lane[i]->released = true;
			}
		warp_barrier(number);
		any = true;
	}
	return any;
}

bool release_warps(const std::vector<Fiber *> &waiting, unsigned threads)
{
	bool any = false;
	for (const Fiber *f : waiting)
		any = any || f->wait->kind == ELBO_WAIT_WARP;
	if (!any)
		return false;
	Warp warps[32];
	memset(warps, 0, sizeof warps);
	for (Fiber *f : waiting) {
		warps[f->linear / 32].lane[f->linear % 32] = f;
		warps[f->linear / 32].alive |= 1u << f->linear % 32;
	}
	any = false;
	for (unsigned i = 0; i * 32 < threads; i++)
		any = complete(warps[i], i) || any;
	return any;
}

bool stuck_warp(const std::vector<Fiber *> &waiting)
{
	for (const Fiber *f : waiting)
		if (f->wait->kind == ELBO_WAIT_WARP)
			return true;
	return false;
}

} // namespace emu
