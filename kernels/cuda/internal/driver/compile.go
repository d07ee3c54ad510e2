//go:build elbo_cuda && linux

package driver

// #include <nvrtc.h>
import "C"

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unsafe"

	"gorgonia.org/cu/nvrtc"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/load"
)

// Compile compiles CUDA C++ with NVRTC. headers are what #include finds, by name; options are NVRTC's,
// such as "--gpu-architecture=sm_90". The image is a CUBIN where the architecture is a real one (sm_),
// else PTX ending in a zero byte. The log may hold warnings; an error holds it too. Compile needs no
// device and may be called from any goroutine, also from several at once.
func Compile(source string, headers map[string]string, options []string) (image []byte, log string, err error) {
	var includes []nvrtc.Include
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		includes = append(includes, nvrtc.Include{Source: headers[name], Name: name})
	}
	program, err := nvrtc.CreateProgram(source, "kernels.cu", includes...)
	if err != nil {
		return nil, "", wrapNVRTC(err, "nvrtcCreateProgram", unloaded())
	}
	defer func() {
		if e := program.Destroy(); err == nil {
			err = wrapNVRTC(e, "nvrtcDestroyProgram", "")
		}
	}()
	failed := program.Compile(options...)
	if text, err := program.GetLog(); err == nil {
		log = strings.Trim(text, " \n\x00")
	}
	if failed != nil {
		return nil, log, wrapNVRTC(failed, fmt.Sprintf("nvrtcCompileProgram%q", options), log)
	}
	image, err = imageOf(program)
	return image, log, err
}

// imageOf takes the CUBIN of a compiled program, or its PTX where there is none.
func imageOf(program nvrtc.Program) ([]byte, error) {
	handle := programHandle(program)
	var size C.size_t
	if C.nvrtcGetCUBINSize(handle, &size) == C.NVRTC_SUCCESS && size > 0 {
		image := make([]byte, size)
		if code := C.nvrtcGetCUBIN(handle, (*C.char)(unsafe.Pointer(&image[0]))); code != C.NVRTC_SUCCESS {
			return nil, compilerError(code, "nvrtcGetCUBIN")
		}
		return image, nil
	}
	text, err := program.GetPTX()
	return []byte(text), wrapNVRTC(err, "nvrtcGetPTX", "")
}

// CompilerVersion is NVRTC's version, such as "12.4": part of the key of cached images.
func CompilerVersion() (string, error) {
	major, minor, err := nvrtc.Version()
	if err != nil {
		return "", wrapNVRTC(err, "nvrtcVersion", unloaded())
	}
	return fmt.Sprintf("%d.%d", major, minor), nil
}

// Arch chooses the architecture to compile for on a device of the given compute capability: its own
// ("sm_90") where NVRTC knows it, else the PTX of the newest below it that NVRTC knows ("compute_80"),
// which the driver then compiles.
func Arch(major, minor int) (string, error) {
	known, err := architectures()
	if err != nil {
		return "", err
	}
	own, best := 10*major+minor, 0
	for _, a := range known {
		if a <= own {
			best = max(best, a)
		}
	}
	switch best {
	case own:
		return fmt.Sprintf("sm_%d", own), nil
	case 0:
		return "", fmt.Errorf("cuda: NVRTC: %w: compute capability %d.%d is older than any it compiles for %v; "+
			"use an older CUDA", kernels.ErrUnavailable, major, minor, known)
	}
	return fmt.Sprintf("compute_%d", best), nil
}

// architectures lists what NVRTC compiles for, as ten times the major number plus the minor one.
func architectures() ([]int, error) {
	var n C.int
	if code := C.nvrtcGetNumSupportedArchs(&n); code != C.NVRTC_SUCCESS {
		return nil, compilerError(code, "nvrtcGetNumSupportedArchs")
	}
	raw := make([]C.int, max(1, n))
	if code := C.nvrtcGetSupportedArchs(&raw[0]); code != C.NVRTC_SUCCESS {
		return nil, compilerError(code, "nvrtcGetSupportedArchs")
	}
	list := make([]int, n)
	for i := range list {
		list[i] = int(raw[i])
	}
	return list, nil
}

// compilerError is the error of an NVRTC call of our own.
func compilerError(code C.nvrtcResult, call string) error {
	text := C.GoString(C.nvrtcGetErrorString(code))
	return &Error{Call: call, Library: NVRTC, Code: int(code), Name: text, Text: unloaded()}
}

// unloaded says why NVRTC is absent, where it is.
func unloaded() string {
	if l := load.Describe(load.NVRTC); l.Err != nil {
		return l.Err.Error()
	}
	return ""
}
