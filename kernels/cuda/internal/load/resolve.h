// The table behind the trampolines and the libraries behind the table.
#ifndef ELBO_CUDA_RESOLVE_H
#define ELBO_CUDA_RESOLVE_H

#include <stdint.h>

enum { ELBO_DRIVER, ELBO_CUBLAS, ELBO_NVRTC, ELBO_LIBRARIES };
enum { ELBO_STATUS, ELBO_TEXT };

// What is known about a function: nothing yet, bound to its library, called but absent from its
// library, or called while its library is absent.
enum { ELBO_UNUSED, ELBO_BOUND, ELBO_MISSING, ELBO_ABSENT };

struct elbo_symbol {
	const char *name;
	uint8_t library, called, kind;
};

// elbo_library is what opening one library came to.
struct elbo_library {
	void *handle;   // NULL where the library is absent
	char *path;     // the file that was opened
	char *tried;    // one line for each place looked at, with what was found there
	char *reason;   // why the library is absent, or "" where it is not
	int done;       // opening was attempted
};

// elbo_open opens a library once. driver_major, where not 0, is the CUDA version of the driver: newer
// libraries come after it.
void elbo_open(struct elbo_library *library, int which, int driver_major);

// elbo_cuda_resolve gives the function of one row, or what answers in its place.
void *elbo_cuda_resolve(uint32_t row);

// elbo_library_of opens a library where that has not been tried, and describes it. A driver is also
// initialised.
const struct elbo_library *elbo_library_of(int which);

// elbo_init_status is cuInit's status: 0, or why no driver call works. Valid once the driver is open.
int elbo_init_status(void);

// elbo_symbol_at describes a row; elbo_symbol_state says what is known about it; elbo_symbol_exists
// looks it up in its library without binding it.
const struct elbo_symbol *elbo_symbol_at(uint32_t row);
int elbo_symbol_state(uint32_t row);
int elbo_symbol_exists(uint32_t row);
uint32_t elbo_symbol_count(void);

// elbo_version writes a library's own version as major, minor and patch level, and returns how many
// of these it knows (0 where the library is absent).
int elbo_version(int which, int version[3]);

#endif
