/* Tile functions of one instruction set; included by tile_base.c, tile_v3.c, tile_v4.c,
 * which set ELBO_ISA and ELBO_ISA_NAME. (The name ends in .h as go build looks for changes
 * in no file it does not know, and .inc is one.)
 *
 * A tile is cut into blocks of ELBO_BLOCK bytes with a constant trip count, so that every
 * block compiles to straight vector code with no scalar tail; the last, short block runs in
 * a copy. Square roots are a pass of intrinsics over a block: gcc and clang keep an errno
 * call in a plain loop, and that stops vectorisation.
 */
#include <string.h>
#if ELBO_ISA > 0
#include <immintrin.h>
#endif
#include "tile.h"
#include "../scalar/scalar.h"

#define ELBO_BLOCK 128
#define ELBO_INLINE static inline __attribute__((always_inline, unused))
#if defined(__clang__)
#define ELBO_VECTOR _Pragma("clang loop vectorize(assume_safety)")
#else
#define ELBO_VECTOR _Pragma("GCC ivdep")
#endif

/* Vector types stay inside inlined functions, so how they are passed is no matter. */
#pragma GCC diagnostic ignored "-Wpsabi"

/* Both element types, from one text each. */
#define REAL float
#define SUF(name) name##f
#define IS_F32 1
#include "tile_sqrt.h"
#include "tile_ops.h"
#undef REAL
#undef SUF
#undef IS_F32

#define REAL double
#define SUF(name) name##d
#define IS_F32 0
#include "tile_sqrt.h"
#include "tile_ops.h"
#undef REAL
#undef SUF
#undef IS_F32

#include "tile_random.h"

#define ELBO_ROW(number, op) [number] = (void *)tile_##op##f,
#define ELBO_ROWD(number, op) [number] = (void *)tile_##op##d,
void *const ELBO_ISA_NAME(elbo_tiles)[2][ELBO_NUM_OPS] = {{ELBO_EACH_OP(ELBO_ROW)}, {ELBO_EACH_OP(ELBO_ROWD)}};
const elbo_pattern_fn ELBO_ISA_NAME(elbo_patterns)[2][ELBO_NUM_PATTERNS] = {
	{pattern_adamf, pattern_softsigmoidf}, {pattern_adamd, pattern_softsigmoidd}};
const elbo_fill_fn ELBO_ISA_NAME(elbo_fills)[2][ELBO_NUM_FILLS] = {
	{fill_uniformf, fill_normalf}, {fill_uniformd, fill_normald}};
