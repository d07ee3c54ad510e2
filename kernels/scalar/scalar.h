/* All scalar functions. For C, include this file; for NVRTC, scalar.Source() of the Go
 * package in this directory is the same text with the includes resolved.
 */
#ifndef ELBO_SCALAR_H
#define ELBO_SCALAR_H
#include "base.h"
#include "poly.h"
#include "exp.h"
#include "log.h"
#include "trig.h"
#include "erf.h"
#include "gamma.h"
#include "pow.h"
#include "gammagrad.h"
#include "philox.h"
#endif
