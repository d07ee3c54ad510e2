/* Settings, violations, planned failures: what a test asks of the emulator. */
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include "state.h"

namespace emu {

Config config;
std::recursive_mutex mutex;
thread_local Context *current;

static std::map<std::string, long> counts;
static long total;
static std::string last_message;

u64 next_serial()
{
	static u64 n;
	return ++n;
}

static u64 number(const char *name, u64 otherwise)
{
	const char *s = getenv(name);
	return s && *s ? strtoull(s, nullptr, 0) : otherwise;
}

void violation(const char *kind, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	counts[kind]++;
	total++;
	last_message = std::string(kind) + ": " + text + place();
	if (!config.quiet)
		fprintf(stderr, "elbo emulator: %s\n", last_message.c_str());
}

/* Failures planned by a test: by the index of a call or by a call's name. */
struct Plan {
	std::string name; /* empty: any call */
	long after = 0;   /* calls that still pass */
	int code = 0;
	bool lasting = false;
	bool spent = false;
};
static std::vector<Plan> plans;
static long calls;
static std::map<std::string, long> calls_by_name;
static std::string last_call;

/* plan reads "index=code", "name:index=code" and, for every call from there on, "index+=code". */
static bool plan(const std::string &text)
{
	Plan p;
	size_t eq = text.rfind('=');
	if (eq == std::string::npos)
		return false;
	p.code = atoi(text.c_str() + eq + 1);
	std::string left = text.substr(0, eq);
	if (!left.empty() && left.back() == '+')
		p.lasting = true, left.pop_back();
	size_t colon = left.find(':');
	if (colon != std::string::npos)
		p.name = left.substr(0, colon), left = left.substr(colon + 1);
	p.after = atol(left.c_str());
	plans.push_back(p);
	return p.code != 0;
}

void configure()
{
	config = Config();
	config.memory = number("ELBO_EMU_MEMORY", config.memory);
	config.devices = (int)number("ELBO_EMU_DEVICES", 1);
	config.sms = (int)number("ELBO_EMU_SMS", 8);
	config.seed = number("ELBO_EMU_SEED", 1);
	config.quiet = number("ELBO_EMU_QUIET", 0);
	config.access = number("ELBO_EMU_ACCESS", 0);
	config.eager = number("ELBO_EMU_EAGER", 0);
	const char *order = getenv("ELBO_EMU_ORDER");
	if (order && !strcmp(order, "reverse"))
		config.order = REVERSE;
	if (order && !strcmp(order, "shuffled"))
		config.order = SHUFFLED;
	plans.clear();
	const char *inject = getenv("ELBO_EMU_INJECT");
	for (const char *p = inject; p && *p;) {
		const char *end = strchr(p, ',');
		std::string one = end ? std::string(p, end) : std::string(p);
		if (!plan(one))
			fprintf(stderr, "elbo emulator: ELBO_EMU_INJECT has %s, want index=code or name:index=code\n", one.c_str());
		p = end ? end + 1 : nullptr;
	}
}

/* planned is the failure due at this call, or 0. */
static int planned(const std::string &name)
{
	for (Plan &p : plans) {
		if (p.spent || (!p.name.empty() && p.name != name && p.name + "_v2" != name))
			continue;
		if (p.after-- > 0)
			continue;
		p.after = 0;
		p.spent = !p.lasting;
		return p.code;
	}
	return 0;
}

/* translate gives a CUresult the number the same failure has in cuBLAS and NVRTC. */
static int translate(int code, Enter::Library library)
{
	if (code == 0 || library == Enter::DRIVER)
		return code;
	if (library == Enter::BLAS)
		return code == OUT_OF_MEMORY ? 3 : 13;
	return code == OUT_OF_MEMORY ? 1 : 11;
}

static void configure_once()
{
	static bool done;
	if (!done)
		configure();
	done = true;
}

Enter::Enter(const char *name, int need, Library library) : lock(mutex)
{
	configure_once();
	calls++;
	last_call = name;
	calls_by_name[name]++;
	code = translate(planned(name), library);
	if (code)
		return;
	if (need != CONTEXT)
		return;
	if (!current) {
		violation("context", "%s on a thread where no context is current", name);
		code = translate(INVALID_CONTEXT, library);
	} else if (current->sticky) {
		code = translate(current->sticky, library);
	}
}

} // namespace emu

using namespace emu;
#define CONTROL extern "C" __attribute__((visibility("default")))

/* elboEmuViolations counts violations of a kind, or of all kinds for null or "". */
CONTROL long elboEmuViolations(const char *kind)
{
	std::lock_guard<std::recursive_mutex> hold(emu::mutex);
	return kind && *kind ? counts[kind] : total;
}

/* elboEmuLastViolation copies the last violation's line and returns its length. */
CONTROL long elboEmuLastViolation(char *to, long n)
{
	std::lock_guard<std::recursive_mutex> hold(emu::mutex);
	if (to && n > 0)
		snprintf(to, (size_t)n, "%s", last_message.c_str());
	return (long)last_message.size();
}

/* elboEmuCalls counts calls since the start or the last reset; of one name where given. */
CONTROL long elboEmuCalls(const char *name)
{
	std::lock_guard<std::recursive_mutex> hold(emu::mutex);
	return name && *name ? calls_by_name[name] : calls;
}

/* elboEmuLastCall copies the name of the last call. */
CONTROL long elboEmuLastCall(char *to, long n)
{
	std::lock_guard<std::recursive_mutex> hold(emu::mutex);
	if (to && n > 0)
		snprintf(to, (size_t)n, "%s", last_call.c_str());
	return (long)last_call.size();
}

/* elboEmuInject plans a failure as ELBO_EMU_INJECT does, index 0 being the next call (of
 * that name). It returns 0, or 1 for text it cannot read. */
CONTROL int elboEmuInject(const char *text)
{
	std::lock_guard<std::recursive_mutex> hold(emu::mutex);
	configure_once();
	return plan(text) ? 0 : 1;
}

/* elboEmuClear drops planned failures and counts of violations and calls. */
CONTROL void elboEmuClear()
{
	std::lock_guard<std::recursive_mutex> hold(emu::mutex);
	configure_once();
	plans.clear();
	counts.clear();
	calls_by_name.clear();
	total = calls = 0;
	last_message.clear();
}

/* elboEmuSet changes a setting: memory, devices, sms, order (0, 1, 2), seed, quiet, access,
 * eager. It returns 0, or 1 for an unknown name. */
CONTROL int elboEmuSet(const char *name, long value)
{
	std::lock_guard<std::recursive_mutex> hold(emu::mutex);
	configure_once();
	std::string s = name;
	if (s == "memory") config.memory = (u64)value;
	else if (s == "devices") config.devices = (int)value;
	else if (s == "sms") config.sms = (int)value;
	else if (s == "order") config.order = (Order)value;
	else if (s == "seed") config.seed = (u64)value;
	else if (s == "quiet") config.quiet = value != 0;
	else if (s == "access") config.access = value != 0;
	else if (s == "eager") config.eager = value != 0;
	else return 1;
	return 0;
}
