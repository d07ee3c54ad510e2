//go:build elbo_cuda && linux && arm64

// One hidden trampoline for each function, which jumps through its slot. A slot first leads to the
// stub beside it, which has the resolver fill the slot and then enters the function as if the caller
// had: every register that may hold an argument under AAPCS64 is kept (x0 to x8, q0 to q7), and x30,
// the return address. The slot is read with acquire order: the thread that filled it may be another.

	.macro trampoline row, name
	.globl \name
	.hidden \name
	.type \name, %function
\name:
	adrp x16, elbo_cuda_slots+8*\row
	add x16, x16, :lo12:elbo_cuda_slots+8*\row
	ldar x16, [x16]
	br x16
.Lstub\row:
	mov w17, #\row
	b elbo_cuda_bind
	.endm

	.macro slot row
	.quad .Lstub\row
	.endm

	.text
	.hidden elbo_cuda_resolve
	.type elbo_cuda_bind, %function
elbo_cuda_bind:
	stp x29, x30, [sp, #-224]!
	mov x29, sp
	stp x0, x1, [sp, #16]
	stp x2, x3, [sp, #32]
	stp x4, x5, [sp, #48]
	stp x6, x7, [sp, #64]
	str x8, [sp, #80]
	stp q0, q1, [sp, #96]
	stp q2, q3, [sp, #128]
	stp q4, q5, [sp, #160]
	stp q6, q7, [sp, #192]
	mov w0, w17
	bl elbo_cuda_resolve
	mov x16, x0
	ldp x0, x1, [sp, #16]
	ldp x2, x3, [sp, #32]
	ldp x4, x5, [sp, #48]
	ldp x6, x7, [sp, #64]
	ldr x8, [sp, #80]
	ldp q0, q1, [sp, #96]
	ldp q2, q3, [sp, #128]
	ldp q4, q5, [sp, #160]
	ldp q6, q7, [sp, #192]
	ldp x29, x30, [sp], #224
	br x16

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

	.section .note.GNU-stack, "", %progbits
