// Which context's worker a thread is: every call of our own checks it at no cost beyond the call.
#ifndef ELBO_CUDA_WORKER_H
#define ELBO_CUDA_WORKER_H

#include <stdint.h>

// elbo_enter makes the calling thread the worker of a context; 0 is none.
void elbo_enter(uintptr_t context);

// elbo_here gives the context whose worker the calling thread is.
uintptr_t elbo_here(void);

#endif
