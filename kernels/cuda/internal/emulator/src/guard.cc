/* A fault signal in guarded work moves the thread to a landing, from where it jumps back to
 * the guard; any other fault goes to the handler that was there before, Go's own. */
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <ucontext.h>
#include "fiber.h"
#include "guard.h"
#include "state.h"

namespace emu {

static jmp_buf back;
static int fault_code;
static struct { int signal, code; u64 address; } caught;
static thread_local bool guarded __attribute__((tls_model("initial-exec")));
static char landing_stack[64 << 10] __attribute__((aligned(16)));
static struct sigaction before_segv, before_bus, before_fpe;

static void land() { longjmp(back, 1); }

static void chain(int signal, siginfo_t *info, void *context)
{
	struct sigaction *old = signal == SIGSEGV ? &before_segv : signal == SIGBUS ? &before_bus : &before_fpe;
	if (old->sa_flags & SA_SIGINFO)
		old->sa_sigaction(signal, info, context);
	else if (old->sa_handler == SIG_DFL || old->sa_handler == SIG_IGN)
		sigaction(signal, old, nullptr);
	else
		old->sa_handler(signal);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	if (!guarded) {
		chain(signal, info, context);
		return;
	}
	caught.signal = signal;
	caught.code = info->si_code;
	caught.address = (u64)info->si_addr;
	ucontext_t *u = (ucontext_t *)context;
	u64 sp = (u64)landing_stack + sizeof landing_stack - 128;
#if defined(__x86_64__)
	u->uc_mcontext.gregs[REG_RIP] = (greg_t)&land;
	u->uc_mcontext.gregs[REG_RSP] = (greg_t)(sp - 8);
#else
	u->uc_mcontext.pc = (u64)&land;
	u->uc_mcontext.sp = sp;
#endif
}

static void install()
{
	static bool done;
	if (done)
		return;
	done = true;
	struct sigaction a;
	memset(&a, 0, sizeof a);
	a.sa_sigaction = on_fault;
	a.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigfillset(&a.sa_mask);
	sigaction(SIGSEGV, &a, &before_segv);
	sigaction(SIGBUS, &a, &before_bus);
	sigaction(SIGFPE, &a, &before_fpe);
}

/* report names what the signal means and gives the CUresult it becomes. */
static int report(const char *what)
{
	if (caught.signal == SIGFPE)
		return violation("trap", "%s divides an integer by zero", what), LAUNCH_FAILED;
	if (caught.code == SI_KERNEL)
		return violation("misaligned", "%s uses a misaligned or impossible address", what), MISALIGNED;
	if (near_stack(caught.address))
		return violation("bounds", "%s uses more than 60 KB of stack in a thread", what), OUT_OF_RESOURCES;
	bool was_freed = find_freed(caught.address) && !find_range(caught.address);
	violation(was_freed ? "freed" : "bounds", "%s uses %s", what, describe(caught.address).c_str());
	return ILLEGAL_ADDRESS;
}

void raise_fault(int code)
{
	fault_code = code;
	guarded = false;
	longjmp(back, 2);
}

int run_guarded(const char *what, const std::function<int()> &body)
{
	install();
	volatile int code = 0;
	switch (setjmp(back)) {
	case 0:
		guarded = true;
		code = body();
		break;
	case 1:
		guarded = false;
		code = report(what);
		break;
	default:
		code = fault_code;
	}
	guarded = false;
	return code;
}

} // namespace emu
