/* Preparation of preprocessed kernel source for the host's compiler. */
#ifndef ELBO_EMULATOR_SCAN_H
#define ELBO_EMULATOR_SCAN_H
#include <string>

namespace emu {
/* prepare gives shared variables their storage and appends the table of kernels. */
std::string prepare(const std::string &source);
}
#endif
