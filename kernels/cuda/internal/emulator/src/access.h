/* Checks of single accesses, for modules compiled with them. */
#ifndef ELBO_EMULATOR_ACCESS_H
#define ELBO_EMULATOR_ACCESS_H
#include "abi.h"

namespace emu {
void access(const volatile void *address, unsigned bytes, int how);
void launch_opened(const elbo_kernel &k, unsigned char *dynamic, unsigned dynamic_bytes);
void block_opened(unsigned block);
void barrier_passed();
}
#endif
