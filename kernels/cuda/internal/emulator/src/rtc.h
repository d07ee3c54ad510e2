/* A program on its way through the compiler, and NVRTC's status numbers. */
#ifndef ELBO_EMULATOR_RTC_H
#define ELBO_EMULATOR_RTC_H
#include "state.h"

namespace emu {

enum {
	RTC_SUCCESS = 0, RTC_OUT_OF_MEMORY = 1, RTC_INVALID_INPUT = 3, RTC_INVALID_PROGRAM = 4, RTC_INVALID_OPTION = 5,
	RTC_COMPILATION = 6, RTC_INTERNAL = 11,
};

struct Program {
	std::string source, name, log, object, ptx;
	std::vector<std::pair<std::string, std::string>> headers;
	std::vector<std::string> names;
	bool compiled = false, machine = false; /* machine: a cubin as well, as for sm_ */
};
int compile(Program *p, const std::vector<std::string> &options);

} // namespace emu
#endif
