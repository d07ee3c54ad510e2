//go:build elbo_cuda && linux && amd64

// One hidden trampoline for each function, which jumps through its slot. A slot first leads to the
// stub beside it, which has the resolver fill the slot and then enters the function as if the caller
// had: every register that may hold an argument under the System V convention is kept (rdi, rsi,
// rdx, rcx, r8, r9, rax, xmm0 to xmm7).

	.macro trampoline row, name
	.globl \name
	.hidden \name
	.type \name, @function
\name:
	jmp *elbo_cuda_slots+8*\row(%rip)
.Lstub\row:
	pushq $\row
	jmp elbo_cuda_bind
	.endm

	.macro slot row
	.quad .Lstub\row
	.endm

	.text
	.hidden elbo_cuda_resolve
	.type elbo_cuda_bind, @function
elbo_cuda_bind:
	subq $192, %rsp
	movq %rdi, 0(%rsp)
	movq %rsi, 8(%rsp)
	movq %rdx, 16(%rsp)
	movq %rcx, 24(%rsp)
	movq %r8, 32(%rsp)
	movq %r9, 40(%rsp)
	movq %rax, 48(%rsp)
	movups %xmm0, 64(%rsp)
	movups %xmm1, 80(%rsp)
	movups %xmm2, 96(%rsp)
	movups %xmm3, 112(%rsp)
	movups %xmm4, 128(%rsp)
	movups %xmm5, 144(%rsp)
	movups %xmm6, 160(%rsp)
	movups %xmm7, 176(%rsp)
	movl 192(%rsp), %edi
	call elbo_cuda_resolve
	movq %rax, %r11
	movq 0(%rsp), %rdi
	movq 8(%rsp), %rsi
	movq 16(%rsp), %rdx
	movq 24(%rsp), %rcx
	movq 32(%rsp), %r8
	movq 40(%rsp), %r9
	movq 48(%rsp), %rax
	movups 64(%rsp), %xmm0
	movups 80(%rsp), %xmm1
	movups 96(%rsp), %xmm2
	movups 112(%rsp), %xmm3
	movups 128(%rsp), %xmm4
	movups 144(%rsp), %xmm5
	movups 160(%rsp), %xmm6
	movups 176(%rsp), %xmm7
	addq $200, %rsp
	jmp *%r11

#define ELBO_SYMBOL(row, name, library, called, kind) trampoline row, name
#include "symbols_gen.h"
#undef ELBO_SYMBOL

	.data
	.balign 8
	.globl elbo_cuda_slots
	.hidden elbo_cuda_slots
elbo_cuda_slots:
#define ELBO_SYMBOL(row, name, library, called, kind) slot row
#include "symbols_gen.h"
#undef ELBO_SYMBOL

	.section .note.GNU-stack, "", @progbits
