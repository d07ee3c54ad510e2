// A library with a few functions of all three CUDA libraries, for tests of the loader. The others are
// missing. FAKE_INIT is cuInit's status.
#include <stdlib.h>

int cuInit(unsigned int flags) {
	const char *status = getenv("FAKE_INIT");
	return flags ? 1 : status ? atoi(status) : 0;
}
int cuDriverGetVersion(int *version) {
	*version = 12040;
	return 0;
}
int cuDeviceGetCount(int *count) {
	*count = 3;
	return 0;
}
// Returns its float argument: the trampoline must keep floating-point registers at the first call.
int cuTexRefSetMipmapLevelClamp(void *texture, float low, float high) { return texture ? 1 : (int)(100 * low + high); }
int cublasGetProperty(int which, int *value) {
	*value = 12 + which;
	return 0;
}
int cublasCreate_v2(void **handle) {
	*handle = &handle;
	return 13;
}
int nvrtcVersion(int *major, int *minor) {
	*major = 12;
	*minor = 4;
	return 0;
}
