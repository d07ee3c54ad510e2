/* The switch saves what a function call must preserve and nothing else. */
#include <cstring>
#include <sys/mman.h>
#include <vector>
#include "fiber.h"

#if defined(__x86_64__)
asm(R"(
	.text
	.globl elbo_switch
	.hidden elbo_switch
	.type elbo_switch,@function
elbo_switch:
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	ret
	.size elbo_switch,.-elbo_switch
)");
static const int saved_words = 6, return_word = 6, frame_words = 8;
#elif defined(__aarch64__)
asm(R"(
	.text
	.globl elbo_switch
	.hidden elbo_switch
	.type elbo_switch,%function
elbo_switch:
	sub sp, sp, #160
	stp x19, x20, [sp]
	stp x21, x22, [sp, #16]
	stp x23, x24, [sp, #32]
	stp x25, x26, [sp, #48]
	stp x27, x28, [sp, #64]
	stp x29, x30, [sp, #80]
	stp d8, d9, [sp, #96]
	stp d10, d11, [sp, #112]
	stp d12, d13, [sp, #128]
	stp d14, d15, [sp, #144]
	mov x9, sp
	str x9, [x0]
	mov sp, x1
	ldp x19, x20, [sp]
	ldp x21, x22, [sp, #16]
	ldp x23, x24, [sp, #32]
	ldp x25, x26, [sp, #48]
	ldp x27, x28, [sp, #64]
	ldp x29, x30, [sp, #80]
	ldp d8, d9, [sp, #96]
	ldp d10, d11, [sp, #112]
	ldp d12, d13, [sp, #128]
	ldp d14, d15, [sp, #144]
	add sp, sp, #160
	ret
	.size elbo_switch,.-elbo_switch
)");
static const int saved_words = 20, return_word = 11, frame_words = 20;
#else
#error "the emulator's stack switch is written for amd64 and arm64"
#endif

namespace emu {

static const size_t guard_bytes = 4096, stack_size = 64 << 10;
static const size_t most_guarded = 4096; /* each guard page is a mapping, and those are limited */
static std::vector<Fiber *> idle, all;

static Fiber *make()
{
	char *p = (char *)mmap(nullptr, stack_size, PROT_READ | PROT_WRITE,
	                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (p == MAP_FAILED)
		return nullptr;
	if (all.size() < most_guarded)
		mprotect(p, guard_bytes, PROT_NONE);
	Fiber *f = new Fiber;
	f->stack = p;
	all.push_back(f);
	return f;
}

Fiber *take_fiber(void (*entry)())
{
	Fiber *f = nullptr;
	if (!idle.empty()) {
		f = idle.back();
		idle.pop_back();
	} else if (!(f = make())) {
		return nullptr;
	}
	void **sp = (void **)(f->stack + stack_size) - frame_words;
	memset(sp, 0, frame_words * sizeof *sp);
	sp[return_word] = (void *)entry;
	static_assert(saved_words <= frame_words, "the frame holds what the switch saves");
	f->sp = sp;
	f->wait = nullptr;
	f->released = f->finished = false;
	return f;
}

void give_fiber(Fiber *f) { idle.push_back(f); }

void reclaim_fibers() { idle = all; }

bool near_stack(unsigned long long address)
{
	for (Fiber *f : all)
		if (address >= (unsigned long long)f->stack && address < (unsigned long long)f->stack + stack_size)
			return true;
	return false;
}

} // namespace emu
