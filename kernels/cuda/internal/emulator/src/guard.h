/* Faults of device code, turned into errors of the launch they happen in. */
#ifndef ELBO_EMULATOR_GUARD_H
#define ELBO_EMULATOR_GUARD_H
#include <functional>

namespace emu {
void raise_fault(int code) __attribute__((noreturn)); /* ends the guarded body with code */
}
#endif
