// The part of the NVRTC API that this program links against.
//
// Declarations alone, shaped as in CUDA 11.8: names, values, member order and signatures as the public API
// documentation gives them. The libraries are opened at run time (package load), so no toolkit is needed.
#ifndef ELBO_NVRTC_H
#define ELBO_NVRTC_H

#include <stddef.h>
#include <stdlib.h>

typedef struct _nvrtcProgram *nvrtcProgram;

typedef enum {
	NVRTC_SUCCESS = 0, NVRTC_ERROR_OUT_OF_MEMORY = 1, NVRTC_ERROR_PROGRAM_CREATION_FAILURE = 2,
	NVRTC_ERROR_INVALID_INPUT = 3, NVRTC_ERROR_INVALID_PROGRAM = 4, NVRTC_ERROR_INVALID_OPTION = 5,
	NVRTC_ERROR_COMPILATION = 6, NVRTC_ERROR_BUILTIN_OPERATION_FAILURE = 7,
	NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION = 8,
	NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION = 9, NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID = 10,
	NVRTC_ERROR_INTERNAL_ERROR = 11,
} nvrtcResult;

nvrtcResult nvrtcAddNameExpression(nvrtcProgram, const char * const);
nvrtcResult nvrtcCompileProgram(nvrtcProgram, int, const char * const *);
nvrtcResult nvrtcCreateProgram(nvrtcProgram *, const char *, const char *, int, const char * const *,
	const char * const *);
nvrtcResult nvrtcDestroyProgram(nvrtcProgram *);
nvrtcResult nvrtcGetCUBIN(nvrtcProgram, char *);
nvrtcResult nvrtcGetCUBINSize(nvrtcProgram, size_t *);
const char *nvrtcGetErrorString(nvrtcResult);
nvrtcResult nvrtcGetLoweredName(nvrtcProgram, const char * const, const char **);
nvrtcResult nvrtcGetNumSupportedArchs(int *);
nvrtcResult nvrtcGetPTX(nvrtcProgram, char *);
nvrtcResult nvrtcGetPTXSize(nvrtcProgram, size_t *);
nvrtcResult nvrtcGetProgramLog(nvrtcProgram, char *);
nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram, size_t *);
nvrtcResult nvrtcGetSupportedArchs(int *);
nvrtcResult nvrtcVersion(int *, int *);

#endif
