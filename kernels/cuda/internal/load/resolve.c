//go:build elbo_cuda && linux

// The resolver: which function a trampoline leads to, and what answers where there is none.

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#include "resolve.h"

#define ELBO_SYMBOL(row, name, library, called, kind) {#name, library, called, kind},
static const struct elbo_symbol symbols[] = {
#include "symbols_gen.h"
};
#undef ELBO_SYMBOL

enum { SYMBOLS = sizeof symbols / sizeof symbols[0] };

// Rows that are treated apart from the others, found by name once at build time.
enum {
#define ELBO_SYMBOL(row, name, library, called, kind) row_##name = row,
#include "symbols_gen.h"
#undef ELBO_SYMBOL
};

extern void *elbo_cuda_slots[SYMBOLS] __attribute__((visibility("hidden")));

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct elbo_library libraries[ELBO_LIBRARIES];
static uint8_t states[SYMBOLS];
static int init_status = 100; // cudaErrorNoDevice's number, until cuInit has run
static int driver_version;

// What answers in place of a function. Each takes no notice of its arguments.
static int driver_unusable(void) { return init_status; }
static int driver_missing(void) { return 801; }
static int cublas_absent(void) { return 1; }
static int cublas_missing(void) { return 15; }
static int nvrtc_failed(void) { return 11; }
static const char *no_text(void) { return "the library that explains this status is not loaded"; }
static int init_later(void) { return 0; }
static int no_devices(int *count) {
	*count = 0;
	return 0;
}

// explains is true of the driver's functions that work without initialisation.
static int explains(uint32_t row) {
	return row == row_cuDriverGetVersion || row == row_cuGetErrorName || row == row_cuGetErrorString;
}

// instead gives what answers for a row that has no function.
static void *instead(uint32_t row, int state) {
	if (symbols[row].kind == ELBO_TEXT) return (void *)no_text;
	switch (symbols[row].library) {
	case ELBO_DRIVER:
		if (state == ELBO_MISSING) return (void *)driver_missing;
		return row == row_cuDeviceGetCount ? (void *)no_devices : (void *)driver_unusable;
	case ELBO_CUBLAS:
		return state == ELBO_MISSING ? (void *)cublas_missing : (void *)cublas_absent;
	default:
		return (void *)nvrtc_failed;
	}
}

// open_locked opens a library at its first use; a driver is initialised then.
static struct elbo_library *open_locked(int which) {
	struct elbo_library *l = &libraries[which];
	if (l->done) return l;
	if (which != ELBO_DRIVER) open_locked(ELBO_DRIVER);
	elbo_open(l, which, driver_version / 1000);
	if (which != ELBO_DRIVER || !l->handle) return l;
	int (*version)(int *) = (int (*)(int *))dlsym(l->handle, "cuDriverGetVersion");
	if (!version || version(&driver_version) != 0) driver_version = 0;
	int (*init)(unsigned int) = (int (*)(unsigned int))dlsym(l->handle, "cuInit");
	init_status = init ? init(0) : 801;
	return l;
}

// usable is true where a row's library may be called.
static int usable(const struct elbo_library *l, uint32_t row) {
	return l->handle && (symbols[row].library != ELBO_DRIVER || init_status == 0 || explains(row));
}

void *elbo_cuda_resolve(uint32_t row) {
	if (row == row_cuInit) return (void *)init_later;
	pthread_mutex_lock(&lock);
	struct elbo_library *l = open_locked(symbols[row].library);
	void *function = usable(l, row) ? dlsym(l->handle, symbols[row].name) : NULL;
	if (function) {
		states[row] = ELBO_BOUND;
	} else {
		states[row] = usable(l, row) ? ELBO_MISSING : ELBO_ABSENT;
		function = instead(row, states[row]);
	}
	__atomic_store_n(&elbo_cuda_slots[row], function, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&lock);
	return function;
}

const struct elbo_library *elbo_library_of(int which) {
	pthread_mutex_lock(&lock);
	struct elbo_library *l = open_locked(which);
	pthread_mutex_unlock(&lock);
	return l;
}

int elbo_init_status(void) { return init_status; }
uint32_t elbo_symbol_count(void) { return SYMBOLS; }
const struct elbo_symbol *elbo_symbol_at(uint32_t row) { return &symbols[row]; }

int elbo_symbol_state(uint32_t row) {
	pthread_mutex_lock(&lock);
	int state = states[row];
	pthread_mutex_unlock(&lock);
	return state;
}

int elbo_symbol_exists(uint32_t row) {
	const struct elbo_library *l = elbo_library_of(symbols[row].library);
	return l->handle && dlsym(l->handle, symbols[row].name) != NULL;
}

int elbo_version(int which, int version[3]) {
	const struct elbo_library *l = elbo_library_of(which);
	if (!l->handle) return 0;
	if (which == ELBO_DRIVER) {
		version[0] = driver_version / 1000;
		version[1] = driver_version % 1000 / 10;
		return driver_version ? 2 : 0;
	}
	if (which == ELBO_NVRTC) {
		int (*get)(int *, int *) = (int (*)(int *, int *))dlsym(l->handle, "nvrtcVersion");
		return get && get(&version[0], &version[1]) == 0 ? 2 : 0;
	}
	int (*get)(int, int *) = (int (*)(int, int *))dlsym(l->handle, "cublasGetProperty");
	for (int i = 0; i < 3; i++)
		if (!get || get(i, &version[i]) != 0) return i;
	return 3;
}
