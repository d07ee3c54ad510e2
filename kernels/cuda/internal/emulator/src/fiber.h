/* Stacks to run a kernel's threads on, and the switch between them. */
#ifndef ELBO_EMULATOR_FIBER_H
#define ELBO_EMULATOR_FIBER_H
#include "abi.h"

namespace emu {

struct Fiber {
	void *sp = nullptr;
	char *stack = nullptr;
	uint3 thread = {0, 0, 0};
	unsigned linear = 0;
	elbo_wait *wait = nullptr;
	bool released = false, finished = false;
};

Fiber *take_fiber(void (*entry)()); /* null: no memory */
void give_fiber(Fiber *f);
void reclaim_fibers(); /* those of a launch that ended in a fault too */
bool near_stack(unsigned long long address); /* whether it is on a fiber's stack or its guard page */

} // namespace emu

/* elbo_switch leaves the running stack, its pointer kept in *from, for the one at to. */
extern "C" __attribute__((visibility("hidden"))) void elbo_switch(void **from, void *to);

#endif
