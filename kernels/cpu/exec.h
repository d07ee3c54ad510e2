/* The flat program a compiled kernels.Program becomes, and the one loop that runs it.
 *
 * All of it lives in C memory, so that Go hands over one pointer per run and the whole
 * program is one cgo call. Values are addressed through a table of pointers (ptr[value]),
 * refreshed when a slot is bound.
 */
#ifndef ELBO_EXEC_H
#define ELBO_EXEC_H

#include <stddef.h>
#include <stdint.h>

#include "tile.h"

#define ELBO_TILE 256   /* elements of a register tile */
#define ELBO_SLACK 320  /* bytes that may be read past the end of any allocation */
#define ELBO_INTS 20    /* integer parameters of an instruction */

typedef struct elbo_ctx elbo_ctx;
typedef struct elbo_ins elbo_ins;

/* A kernel runs the chunks [lo, hi) of an instruction; tls is scratch of the calling
 * thread. A finisher combines what the chunks left, in chunk order. */
typedef void (*elbo_kern)(elbo_ctx *, const elbo_ins *, long lo, long hi, char *tls);

struct elbo_ins {
	elbo_kern run;     /* all chunks may run at once */
	elbo_kern fin;     /* after the last chunk, or null */
	long chunks;       /* fixed by the shapes alone, never by the number of threads */
	int32_t v[4];      /* values: result, operands */
	int32_t source;    /* index of the instruction of the kernels.Program */
	long d[ELBO_INTS]; /* extents and strides, see the kernel */
	char *partial;     /* results of chunks that fin combines */
	void *ext;         /* struct of the kernel's own, such as a fused program */
};

struct elbo_ctx {
	char **ptr;        /* pointer of every value */
	elbo_ins *ins;
	long count;
	uint64_t seed, step;
	long failed;       /* 1 + source of the first instruction that failed, or 0 */
	long bad[2];       /* offending index and the extent it exceeds */
};

/* One array the group of a fused program reads. */
typedef struct {
	int32_t value, reg; /* reg: entry of the pointer table that holds the operand's tile */
	int32_t mode;       /* enum elbo_in_mode */
	int32_t period;     /* of a row operand */
	long stride[4];
	long offset;        /* of the operand's own tile in tls, in bytes */
} elbo_in;

enum elbo_in_mode {
	ELBO_IN_DIRECT,  /* contiguous over the whole space: the tile is the array itself */
	ELBO_IN_SCALAR,  /* one element: broadcast once a chunk */
	ELBO_IN_ROW,     /* repeats with a short period: unrolled once a chunk */
	ELBO_IN_STRIDED, /* gathered tile by tile */
};

/* The operands, results and immediates of a pattern of tile_pattern.h. */
#define ELBO_WIDE 10
typedef struct {
	int32_t count, at[ELBO_WIDE]; /* entries of the pointer table */
	double imm[8];
} elbo_wide;

/* One elementwise op of the group; a, b, c, out index the pointer table. */
typedef struct {
	void *fn; /* tile function of tile.h */
	elbo_wide *wide; /* of a pattern, for which fn is an elbo_pattern_fn; else null */
	int32_t a, b, c, out;
	double imm0, imm1;
} elbo_op;

typedef struct {
	int32_t value, reg, mode; /* mode: enum elbo_out_mode */
	long kept;         /* elements of the result of a reduction */
	long width;        /* ELBO_OUT_LEAD: accumulators, a multiple of kept */
	long offset;       /* of the out's accumulators in a chunk's partials, in doubles */
	long scratch;      /* byte offset of the out's running sums in tls */
	long stride[4];
} elbo_out;

enum elbo_out_mode {
	ELBO_OUT_DIRECT,  /* an op writes the array itself */
	ELBO_OUT_STRIDED, /* stored element by element from a tile */
	ELBO_OUT_ALL,     /* summed to one element */
	ELBO_OUT_LEAD,    /* leading axes summed */
	ELBO_OUT_TRAIL,   /* trailing axes summed */
};

/* An elementwise program over one space, run tile by tile. */
typedef struct {
	long n;           /* elements of the space */
	long chunk;       /* elements of a chunk */
	long dim[4];
	long partials;    /* doubles of partial results a chunk leaves */
	int32_t nin, nop, nout, nreg;
	int32_t tiles;    /* pointer table entries [0, tiles) are scratch tiles */
	long scratch;     /* byte offset of the tiles in tls */
	elbo_in *in;
	elbo_op *op;
	elbo_out *out;
} elbo_group;

/* Kernels of one instruction set; rows by enum elbo_kernel, columns by element size. */
enum elbo_kernel {
	ELBO_K_FUSED, ELBO_K_ZERO, ELBO_K_COPY, ELBO_K_REDUCE, ELBO_K_CUMSUM, ELBO_K_GEMM, ELBO_K_GEMM_SPLIT,
	ELBO_K_GEMV_N, ELBO_K_GEMV_T, ELBO_K_GATHER, ELBO_K_SCATTER, ELBO_K_TRIL, ELBO_K_CHOLESKY,
	ELBO_K_TRISOLVE, ELBO_K_IOTA, ELBO_K_STEP, ELBO_K_RANDOM, ELBO_K_BATCH,
	ELBO_K_TOFLOAT, ELBO_K_TOINT, ELBO_K_IM2COL, ELBO_K_COL2IM, ELBO_K_UNIFORM_ROWS,
	ELBO_K_GATHER_BYTES, ELBO_K_TOFLOAT_BYTES, ELBO_K_TOFLOAT_BF16, ELBO_K_COUNT
};

/* Integer parameters of IM2COL and COL2IM, see window.h. */
enum { WIN_ROWS, WIN_CHUNK, WIN_H, WIN_W, WIN_C, WIN_KH, WIN_KW, WIN_SY, WIN_SX, WIN_PY, WIN_PX, WIN_OH, WIN_OW };

typedef struct {
	elbo_kern run[ELBO_K_COUNT][2];
	elbo_kern fin[ELBO_K_COUNT][2];
	double (*fma[2])(long rounds); /* multiplies and adds in registers, returns the flops done */
	int mr[2], nr[2];              /* GEMM register tile */
	long gemm_tls[2];              /* bytes of scratch a GEMM needs */
} elbo_isa;

/* Kernels of level 0 (base), 3 (AVX2 and FMA) or 4 (AVX-512), the numbers of tile.h; null
 * where this build has none. */
const elbo_isa *elbo_level(int level);
extern const elbo_isa elbo_isa_base, elbo_isa_avx2, elbo_isa_avx512;

void elbo_run(elbo_ctx *ctx, long lo, long hi, char *tls);
long elbo_run_steps(elbo_ctx *ctx, uint64_t step, long k, char *tls);
void elbo_run_chunk(elbo_ctx *ctx, long ins, long chunk, char *tls);
void elbo_finish(elbo_ctx *ctx, long ins, char *tls);
void elbo_fail(elbo_ctx *ctx, const elbo_ins *in, long index, long extent);
void *elbo_alloc(size_t bytes);
void elbo_free(void *p);
void elbo_copy_halves(char *p, long bytes, long rounds);

#endif
