/* Every kernel for the element type of REAL_BITS. */
#include "real.h"

#include "sum.h"
#include "fused.h"
#include "move.h"
#include "reduce.h"
#include "source.h"
#include "window.h"
#include "gemm.h"
#include "gemv.h"
#include "linalg.h"
#include "rate.h"
