/* Warp operations over the threads of a block that wait. */
#ifndef ELBO_EMULATOR_WARP_H
#define ELBO_EMULATOR_WARP_H
#include <vector>
#include "fiber.h"

namespace emu {
/* release_warps completes every warp operation whose lanes are all there. */
bool release_warps(const std::vector<Fiber *> &waiting, unsigned threads);
bool stuck_warp(const std::vector<Fiber *> &waiting);
}
#endif
