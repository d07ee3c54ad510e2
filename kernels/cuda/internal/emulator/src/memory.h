/* Allocation behind the driver's calls. */
#ifndef ELBO_EMULATOR_MEMORY_H
#define ELBO_EMULATOR_MEMORY_H
#include "state.h"

namespace emu {
int allocate(Context *c, u64 n, u64 *out);
int release(u64 address, const char *call);
int allocate_pinned(u64 n, void **out);
}
#endif
