#include "access.h"
#include "state.h"

namespace emu {
void access(const volatile void *, unsigned, int) {}
void launch_opened(const elbo_kernel &, unsigned char *, unsigned) {}
void block_opened(unsigned) {}
void barrier_passed() {}
}
