//go:build elbo_cuda && linux

// Where each library is looked for, and a record of every place that was tried.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <glob.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolve.h"

static const char *const variables[ELBO_LIBRARIES] = {"ELBO_CUDA_DRIVER", "ELBO_CUDA_BLAS", "ELBO_CUDA_NVRTC"};

// Names from the newest CUDA major version to the oldest; the driver has one name for all.
static const struct { int major; const char *name; } names[ELBO_LIBRARIES][3] = {
	{{0, "libcuda.so.1"}},
	{{13, "libcublas.so.13"}, {12, "libcublas.so.12"}, {11, "libcublas.so.11"}},
	{{13, "libnvrtc.so.13"}, {12, "libnvrtc.so.12"}, {11, "libnvrtc.so.11.2"}},
};

// Folders beside the dynamic linker's own search. A leading $NAME stands for an environment variable.
static const char *const driver_folders[] = {
	"/usr/local/nvidia/lib64", "/usr/local/nvidia/lib", "/usr/lib/wsl/lib", "/run/opengl-driver/lib",
	"/usr/lib64/nvidia", "/usr/lib/nvidia", NULL};
static const char *const toolkit_folders[] = {
	"$CUDA_HOME/lib64", "$CUDA_HOME/lib", "$CUDA_PATH/lib64", "$CUDA_PATH/lib",
	"/usr/local/cuda/lib64", "/opt/cuda/lib64",
	"$VIRTUAL_ENV/lib/python3*/site-packages/nvidia/*/lib",
	"$CONDA_PREFIX/lib", "$CONDA_PREFIX/lib/python3*/site-packages/nvidia/*/lib",
	"$HOME/.local/lib/python3*/site-packages/nvidia/*/lib",
	"/usr/local/lib/python3*/site-packages/nvidia/*/lib", "/usr/local/lib/python3*/dist-packages/nvidia/*/lib",
	"/usr/lib/python3*/site-packages/nvidia/*/lib", "/usr/lib/python3/dist-packages/nvidia/*/lib", NULL};

// append adds one formatted line to a growing text.
static void append(char **text, const char *format, ...) {
	char line[1024];
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (n < 0) return;
	if (n >= (int)sizeof line) n = sizeof line - 1;
	size_t old = *text ? strlen(*text) : 0;
	char *grown = realloc(*text, old + n + 2);
	if (!grown) return;
	memcpy(grown + old, line, n);
	grown[old + n] = '\n';
	grown[old + n + 1] = 0;
	*text = grown;
}

// try_open opens one file or name and remembers what happened.
static int try_open(struct elbo_library *library, const char *file) {
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		const char *why = dlerror();
		size_t n = strlen(file);
		if (why && strncmp(why, file, n) == 0 && strncmp(why + n, ": ", 2) == 0) why += n + 2;
		append(&library->tried, "%s: %s", file, why ? why : "cannot be opened");
		return 0;
	}
	struct link_map *map = NULL;
	const char *path = file;
	if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map->l_name && map->l_name[0]) path = map->l_name;
	char *real = realpath(path, NULL);
	append(&library->tried, "%s: opened", file);
	library->handle = handle;
	library->path = real ? real : strdup(path);
	return 1;
}

// expand replaces a leading $NAME; it returns 0 where the variable is unset or the result too long.
static int expand(const char *pattern, char *out, size_t size) {
	if (pattern[0] != '$') return snprintf(out, size, "%s", pattern) < (int)size;
	const char *rest = strchr(pattern, '/');
	char name[64];
	if (!rest || rest - pattern > (long)sizeof name) return 0;
	memcpy(name, pattern + 1, rest - pattern - 1);
	name[rest - pattern - 1] = 0;
	const char *value = getenv(name);
	return value && value[0] && snprintf(out, size, "%s%s", value, rest) < (int)size;
}

// try_folder looks for one name in the folders a pattern stands for.
static int try_folder(struct elbo_library *library, const char *pattern, const char *name) {
	char folder[3072], file[4096];
	if (!expand(pattern, folder, sizeof folder)) return 0;
	if (snprintf(file, sizeof file, "%s/%s", folder, name) >= (int)sizeof file) return 0;
	glob_t found;
	if (glob(file, 0, NULL, &found) != 0) {
		append(&library->tried, "%s: no such file", file);
		return 0;
	}
	int opened = 0;
	for (size_t i = 0; i < found.gl_pathc && !opened; i++) opened = try_open(library, found.gl_pathv[i]);
	globfree(&found);
	return opened;
}

// search looks for one name everywhere.
static int search(struct elbo_library *library, int which, const char *name) {
	if (try_open(library, name)) return 1;
	const char *const *folders = which == ELBO_DRIVER ? driver_folders : toolkit_folders;
	for (; *folders; folders++)
		if (try_folder(library, *folders, name)) return 1;
	return 0;
}

void elbo_open(struct elbo_library *library, int which, int driver_major) {
	library->done = 1;
	const char *chosen = getenv(variables[which]);
	if (chosen && strcmp(chosen, "off") == 0) {
		append(&library->reason, "%s=off", variables[which]);
		return;
	}
	if (chosen && chosen[0]) {
		if (!try_open(library, chosen)) append(&library->reason, "%s=%s cannot be opened", variables[which], chosen);
		return;
	}
	int count = which == ELBO_DRIVER ? 1 : 3;
	for (int newer = 0; newer < 2; newer++)
		for (int i = 0; i < count; i++) {
			int is_newer = driver_major && names[which][i].major > driver_major;
			if (is_newer == newer && search(library, which, names[which][i].name)) return;
		}
	if (count == 1) append(&library->reason, "%s was not found", names[which][0].name);
	else append(&library->reason, "none of %s, %s and %s was found", names[which][0].name, names[which][1].name,
		names[which][2].name);
}
