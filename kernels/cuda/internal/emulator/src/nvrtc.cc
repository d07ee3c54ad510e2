/* NVRTC's calls. */
#include <cstring>
#include "rtc.h"

namespace emu {

static std::set<Program *> programs;

static bool known(void *p) { return programs.count((Program *)p) != 0; }

} // namespace emu

using namespace emu;
#define RTC_ENTER                                                   \
	emu::Enter entered(__func__, emu::Enter::PLAIN, emu::Enter::NVRTC); \
	if (entered.code)                                           \
		return entered.code

EMU_API nvrtcVersion(int *major, int *minor)
{
	RTC_ENTER;
	*major = 12;
	*minor = config.access ? 9 : 8; /* images with checks are kept apart */
	return RTC_SUCCESS;
}

EMU_API nvrtcGetNumSupportedArchs(int *n)
{
	RTC_ENTER;
	*n = 1;
	return RTC_SUCCESS;
}

EMU_API nvrtcGetSupportedArchs(int *archs)
{
	RTC_ENTER;
	archs[0] = 90;
	return RTC_SUCCESS;
}

extern "C" __attribute__((visibility("default"))) const char *nvrtcGetErrorString(int code)
{
	static const char *const names[] = {
		"NVRTC_SUCCESS", "NVRTC_ERROR_OUT_OF_MEMORY", "NVRTC_ERROR_PROGRAM_CREATION_FAILURE", "NVRTC_ERROR_INVALID_INPUT",
		"NVRTC_ERROR_INVALID_PROGRAM", "NVRTC_ERROR_INVALID_OPTION", "NVRTC_ERROR_COMPILATION",
		"NVRTC_ERROR_BUILTIN_OPERATION_FAILURE", "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION",
		"NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION", "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID",
		"NVRTC_ERROR_INTERNAL_ERROR",
	};
	return code >= 0 && code < 12 ? names[code] : "NVRTC_ERROR unknown";
}

EMU_API nvrtcCreateProgram(void **out, const char *source, const char *name, int n, const char *const *headers,
                           const char *const *names)
{
	RTC_ENTER;
	if (!out || !source || n < 0)
		return RTC_INVALID_INPUT;
	Program *p = new Program;
	p->source = source;
	p->name = name && *name ? name : "default_program";
	for (int i = 0; i < n; i++)
		p->headers.emplace_back(names[i], headers[i]);
	programs.insert(p);
	*out = p;
	return RTC_SUCCESS;
}

EMU_API nvrtcDestroyProgram(void **program)
{
	RTC_ENTER;
	if (!program || !programs.erase((Program *)*program))
		return RTC_INVALID_PROGRAM;
	delete (Program *)*program;
	*program = nullptr;
	return RTC_SUCCESS;
}

EMU_API nvrtcCompileProgram(void *program, int n, const char *const *options)
{
	RTC_ENTER;
	if (!known(program))
		return RTC_INVALID_PROGRAM;
	std::vector<std::string> all(options, options + n);
	entered.lock.unlock(); /* other threads go on while the compiler runs */
	return compile((Program *)program, all);
}

EMU_API nvrtcAddNameExpression(void *program, const char *name)
{
	RTC_ENTER;
	if (!known(program))
		return RTC_INVALID_PROGRAM;
	((Program *)program)->names.push_back(name);
	return RTC_SUCCESS;
}

/* Kernels carry C linkage here, so that a name is its own lowered name. */
EMU_API nvrtcGetLoweredName(void *program, const char *name, const char **lowered)
{
	RTC_ENTER;
	if (!known(program))
		return RTC_INVALID_PROGRAM;
	for (const std::string &s : ((Program *)program)->names)
		if (s == name) {
			*lowered = s.c_str();
			return RTC_SUCCESS;
		}
	return 10;
}

/* text_size and text_copy hand out a text with its final zero byte. */
#define RTC_TEXT(name, needs, member, zero)                                                     \
	EMU_API nvrtcGet##name##Size(void *program, size_t *n)                                  \
	{                                                                                       \
		RTC_ENTER;                                                                      \
		if (!known(program) || !n)                                                      \
			return RTC_INVALID_PROGRAM;                                             \
		*n = (needs) ? ((Program *)program)->member.size() + zero : zero;               \
		return RTC_SUCCESS;                                                             \
	}                                                                                       \
	EMU_API nvrtcGet##name(void *program, char *to)                                         \
	{                                                                                       \
		RTC_ENTER;                                                                      \
		if (!known(program) || !to)                                                     \
			return RTC_INVALID_PROGRAM;                                             \
		const std::string &s = ((Program *)program)->member;                            \
		memcpy(to, s.c_str(), s.size() + zero);                                         \
		return RTC_SUCCESS;                                                             \
	}
RTC_TEXT(ProgramLog, true, log, 1)
RTC_TEXT(PTX, true, ptx, 1)
RTC_TEXT(CUBIN, ((Program *)program)->machine, object, 0)
