/* The program loop, memory, and what else does not depend on the instruction set. */
#if defined(__linux__)
#define _DEFAULT_SOURCE
#endif
#include "exec.h"

#include <stdlib.h>
#include <string.h>
#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#define ELBO_MAPS 1
#endif

void elbo_run(elbo_ctx *ctx, long lo, long hi, char *tls)
{
	for (long i = lo; i < hi; i++) {
		const elbo_ins *in = ctx->ins + i;
		in->run(ctx, in, 0, in->chunks, tls);
		if (in->fin)
			in->fin(ctx, in, 0, in->chunks, tls);
	}
}

/* Runs the whole program for k steps on the calling thread; returns the steps done, fewer
 * than k only where one failed. */
long elbo_run_steps(elbo_ctx *ctx, uint64_t step, long k, char *tls)
{
	long done = 0;
	for (; done < k && !ctx->failed; done++) {
		ctx->step = step + (uint64_t)done;
		elbo_run(ctx, 0, ctx->count, tls);
	}
	return done;
}

void elbo_run_chunk(elbo_ctx *ctx, long ins, long chunk, char *tls)
{
	const elbo_ins *in = ctx->ins + ins;
	in->run(ctx, in, chunk, chunk + 1, tls);
}

void elbo_finish(elbo_ctx *ctx, long ins, char *tls)
{
	const elbo_ins *in = ctx->ins + ins;
	if (in->fin)
		in->fin(ctx, in, 0, in->chunks, tls);
}

/* Records the first failure of a run. Chunks of one instruction may fail at once: whichever
 * wins names the same instruction. */
void elbo_fail(elbo_ctx *ctx, const elbo_ins *in, long index, long extent)
{
	long none = 0;
	if (__atomic_compare_exchange_n(&ctx->failed, &none, in->source + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		ctx->bad[0] = index;
		ctx->bad[1] = extent;
	}
}

/* What lies before a block: where its memory starts, and its bytes where they were mapped. */
typedef struct {
	void *base;
	size_t mapped;
} origin;

enum { LARGE = 1 << 18 };

/* Zeroed memory aligned to 64 bytes with ELBO_SLACK readable bytes behind it, or null. Large
 * blocks are mapped, so that they go back to the system when freed; their pages are touched on
 * first use. */
void *elbo_alloc(size_t bytes)
{
	if (bytes > (size_t)PTRDIFF_MAX - 4096)
		return NULL;
	origin o = {NULL, 0};
	size_t full = bytes + ELBO_SLACK + 128;
#if ELBO_MAPS
	if (full >= LARGE) {
		o.base = mmap(NULL, full, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		o.mapped = full;
		if (o.base == MAP_FAILED)
			return NULL;
	}
#endif
	if (!o.base && !(o.base = calloc(1, full)))
		return NULL;
	char *p = (char *)(((uintptr_t)o.base + 127) & ~(uintptr_t)63);
	memcpy(p - sizeof o, &o, sizeof o);
	return p;
}

void elbo_free(void *p)
{
	origin o;
	if (!p)
		return;
	memcpy(&o, (char *)p - sizeof o, sizeof o);
#if ELBO_MAPS
	if (o.mapped) {
		munmap(o.base, o.mapped);
		return;
	}
#endif
	free(o.base);
}

/* Copies the lower half of a block of 2*bytes to the upper and back, rounds times. */
void elbo_copy_halves(char *p, long bytes, long rounds)
{
	for (long i = 0; i < rounds; i++) {
		memcpy(p + bytes * ((i + 1) & 1), p + bytes * (i & 1), (size_t)bytes);
		__asm__ volatile("" ::: "memory");
	}
}

const elbo_isa *elbo_level(int level)
{
#if defined(__x86_64__)
	if (level == 4)
		return &elbo_isa_avx512;
	if (level == 3)
		return &elbo_isa_avx2;
#endif
	return level == 0 ? &elbo_isa_base : NULL;
}
