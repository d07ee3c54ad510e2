/* Checks of single accesses, for modules compiled with them. */
#ifndef ELBO_EMULATOR_ACCESS_H
#define ELBO_EMULATOR_ACCESS_H
#include "abi.h"

namespace emu {
struct Launch;
void access(const volatile void *address, unsigned bytes, int how);
void launch_opened(const Launch &l, unsigned char *dynamic);
int launch_closed(); /* the error of what was found, or 0 */
void block_opened(unsigned block);
void block_barrier();        /* all threads of the running block passed a barrier */
void warp_barrier(unsigned warp);
}
#endif
