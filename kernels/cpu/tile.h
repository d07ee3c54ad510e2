/* Tile functions: one per elementwise op, element type and instruction set.
 *
 * A table is indexed [dtype][op], dtype 0 = float, 1 = double, op as in ops_gen.h; entries
 * are elbo_tile_fnf or elbo_tile_fnd, stored as void * to share a table. Unary functions
 * ignore b and c. out may be any of the inputs. Pointers need no alignment and
 * any n >= 0 goes, exactly n elements are read and written; 256 is the best tile.
 * Elementwise functions and fills return the same bits from every table.
 */
#ifndef ELBO_TILE_H
#define ELBO_TILE_H
#include <stdint.h>
#include "ops_gen.h"

typedef void (*elbo_tile_fnf)(
	long n, const float *a, const float *b, const float *c, float *out, float imm0, float imm1);
typedef void (*elbo_tile_fnd)(
	long n, const double *a, const double *b, const double *c, double *out, double imm0, double imm1);

/* Elements [first, first+n) of a random stream, see kernels/philox.go. */
enum { ELBO_FILL_UNIFORM, ELBO_FILL_NORMAL, ELBO_NUM_FILLS };
typedef void (*elbo_fill_fn)(void *out, long first, long n, uint64_t seed, uint32_t stream, uint64_t step);

/* Several ops in one pass, see tile_pattern.h: io holds the tiles of operands and results, imm the
 * immediates. */
enum { ELBO_PATTERN_ADAM, ELBO_PATTERN_SOFTSIGMOID, ELBO_NUM_PATTERNS };
typedef void (*elbo_pattern_fn)(long n, void *const *io, const double *imm);

#define ELBO_DECLARE_TILES(isa) \
	extern const elbo_pattern_fn elbo_patterns_##isa[2][ELBO_NUM_PATTERNS]; \
	extern void *const elbo_tiles_##isa[2][ELBO_NUM_OPS]; \
	extern const elbo_fill_fn elbo_fills_##isa[2][ELBO_NUM_FILLS];
ELBO_DECLARE_TILES(base)
#if defined(__x86_64__)
ELBO_DECLARE_TILES(v3)
ELBO_DECLARE_TILES(v4)
#endif

/* The best instruction set of this machine: 0 base, 3 AVX2 and FMA, 4 AVX-512. */
int elbo_best_isa(void);

/* Tables of an instruction set (0, 3 or 4); base where this build has no such table. */
void *const *elbo_tiles(int isa, int dtype);
const elbo_fill_fn *elbo_fills(int isa, int dtype);
const elbo_pattern_fn *elbo_patterns(int isa, int dtype);

#endif
