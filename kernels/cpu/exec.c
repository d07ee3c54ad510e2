/* The program loop, memory, and what else does not depend on the instruction set. */
#include "exec.h"

#include <stdlib.h>
#include <string.h>

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

/* Zeroed memory aligned to 64 bytes with ELBO_SLACK readable bytes behind it, or null. The
 * pages of a large block are touched on first use. The word before the block is its origin. */
void *elbo_alloc(size_t bytes)
{
	if (bytes > (size_t)PTRDIFF_MAX - 4096)
		return NULL;
	char *base = calloc(1, bytes + ELBO_SLACK + 128);
	if (!base)
		return NULL;
	char *p = (char *)(((uintptr_t)base + 127) & ~(uintptr_t)63);
	memcpy(p - sizeof base, &base, sizeof base);
	return p;
}

void elbo_free(void *p)
{
	void *base = NULL;
	if (p)
		memcpy(&base, (char *)p - sizeof base, sizeof base);
	free(base);
}

/* Copies a block of the given bytes rounds times; returns the bytes moved (read + written). */
double elbo_copy_bytes(long bytes, long rounds)
{
	char *p = elbo_alloc((size_t)bytes * 2);
	if (!p)
		return 0;
	for (long i = 0; i < rounds; i++) {
		memcpy(p + bytes * ((i + 1) & 1), p + bytes * (i & 1), (size_t)bytes);
		__asm__ volatile("" ::: "memory");
	}
	elbo_free(p);
	return 2.0 * (double)bytes * (double)rounds;
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
