//go:build elbo_cuda && linux

package driver

// #include <cuda.h>
// #include <cublas_v2.h>
// #include <nvrtc.h>
import "C"

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	cublas "gorgonia.org/cu/blas"

	"elbo/kernels"
)

// A Library names the library an error came from.
type Library string

// The libraries errors come from. Driver is also the library of misuse found by this package.
const (
	Driver Library = "driver"
	CUBLAS Library = "cublas"
	NVRTC  Library = "nvrtc"
)

// WrongThread is the Code of a call made outside Do.
const WrongThread = -1

// OutOfMemory is what errors.Is finds where device memory ran out.
var OutOfMemory = kernels.ErrOutOfMemory

// Error is a failed CUDA call.
type Error struct {
	Call    string  // the call, such as "cuMemAlloc(4096 bytes)"
	Library Library // where Code belongs
	Code    int     // CUresult, cublasStatus_t or nvrtcResult; WrongThread
	Name    string  // such as "CUDA_ERROR_OUT_OF_MEMORY"
	Text    string  // the library's explanation, with a log where there is one
}

// Error names the call, the code and its meaning.
func (e *Error) Error() string {
	return fmt.Sprintf("cuda: %s: %s (%d): %s", e.Call, e.Name, e.Code, e.Text)
}

// lostCodes are the driver's codes after which a context answers nothing but errors.
var lostCodes = []int{
	C.CUDA_ERROR_DEINITIALIZED, C.CUDA_ERROR_DEVICE_UNAVAILABLE, C.CUDA_ERROR_ECC_UNCORRECTABLE,
	C.CUDA_ERROR_NVLINK_UNCORRECTABLE, C.CUDA_ERROR_ILLEGAL_ADDRESS, C.CUDA_ERROR_LAUNCH_TIMEOUT,
	C.CUDA_ERROR_CONTEXT_IS_DESTROYED, C.CUDA_ERROR_ASSERT, C.CUDA_ERROR_HARDWARE_STACK_ERROR,
	C.CUDA_ERROR_ILLEGAL_INSTRUCTION, C.CUDA_ERROR_MISALIGNED_ADDRESS, C.CUDA_ERROR_INVALID_ADDRESS_SPACE,
	C.CUDA_ERROR_INVALID_PC, C.CUDA_ERROR_LAUNCH_FAILED, C.CUDA_ERROR_EXTERNAL_DEVICE,
	C.CUDA_ERROR_MPS_RPC_FAILURE, C.CUDA_ERROR_MPS_CLIENT_TERMINATED, C.CUDA_ERROR_UNKNOWN,
}

// absentCodes say that there is nothing to run on.
var absentCodes = []int{
	C.CUDA_ERROR_STUB_LIBRARY, C.CUDA_ERROR_NO_DEVICE, C.CUDA_ERROR_INVALID_DEVICE,
	C.CUDA_ERROR_SYSTEM_NOT_READY, C.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH,
	C.CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE,
}

// Is compares with the errors of package kernels.
func (e *Error) Is(target error) bool {
	switch target {
	case kernels.ErrOutOfMemory:
		return e.Library == Driver && e.Code == C.CUDA_ERROR_OUT_OF_MEMORY ||
			e.Library == CUBLAS && e.Code == C.CUBLAS_STATUS_ALLOC_FAILED
	case kernels.ErrDeviceLost:
		return e.Library == Driver && slices.Contains(lostCodes, e.Code)
	case kernels.ErrUnavailable:
		return e.Library == Driver && slices.Contains(absentCodes, e.Code) ||
			e.Library == CUBLAS && e.Code == C.CUBLAS_STATUS_NOT_INITIALIZED
	}
	return false
}

// IsLost tells whether an error means that the device must be opened anew.
func IsLost(err error) bool { return errors.Is(err, kernels.ErrDeviceLost) }

// misuse is an error found before any library was called.
func misuse(call, format string, args ...any) *Error {
	return &Error{Call: call, Library: Driver, Code: C.CUDA_ERROR_INVALID_VALUE, Name: "CUDA_ERROR_INVALID_VALUE",
		Text: fmt.Sprintf(format, args...)}
}

// wrongThread is the error of a call made outside Do.
func wrongThread(call string) *Error {
	return &Error{Call: call, Library: Driver, Code: WrongThread, Name: "WRONG_THREAD",
		Text: "this call must be made inside Context.Do of an open context"}
}

// status turns the result of a driver call of our own into an error.
func status(code C.CUresult, call string, args ...any) error {
	if code == C.CUDA_SUCCESS {
		return nil
	}
	return driverError(int(code), fmt.Sprintf(call, args...))
}

// wrap turns what cu returned into an error. cu's own types keep the code but not always the name.
func wrap(err error, call string, args ...any) error {
	if err == nil {
		return nil
	}
	v := reflect.ValueOf(err)
	if v.Kind() != reflect.Int {
		return fmt.Errorf("cuda: %s: %w", fmt.Sprintf(call, args...), err)
	}
	return driverError(int(v.Int()), fmt.Sprintf(call, args...))
}

// driverError asks the driver what a code means.
func driverError(code int, call string) *Error {
	e := &Error{Call: call, Library: Driver, Code: code, Name: fmt.Sprintf("CUDA error %d", code)}
	var text *C.char
	if C.cuGetErrorName(C.CUresult(code), &text) == C.CUDA_SUCCESS && text != nil {
		e.Name = C.GoString(text)
	}
	e.Text = "no explanation from the driver"
	if C.cuGetErrorString(C.CUresult(code), &text) == C.CUDA_SUCCESS && text != nil {
		e.Text = C.GoString(text)
	}
	return e
}

// blasNames are the names of cuBLAS statuses, which its own text leaves out before CUDA 12.
var blasNames = map[int]string{
	C.CUBLAS_STATUS_NOT_INITIALIZED:  "CUBLAS_STATUS_NOT_INITIALIZED",
	C.CUBLAS_STATUS_ALLOC_FAILED:     "CUBLAS_STATUS_ALLOC_FAILED",
	C.CUBLAS_STATUS_INVALID_VALUE:    "CUBLAS_STATUS_INVALID_VALUE",
	C.CUBLAS_STATUS_ARCH_MISMATCH:    "CUBLAS_STATUS_ARCH_MISMATCH",
	C.CUBLAS_STATUS_MAPPING_ERROR:    "CUBLAS_STATUS_MAPPING_ERROR",
	C.CUBLAS_STATUS_EXECUTION_FAILED: "CUBLAS_STATUS_EXECUTION_FAILED",
	C.CUBLAS_STATUS_INTERNAL_ERROR:   "CUBLAS_STATUS_INTERNAL_ERROR",
	C.CUBLAS_STATUS_NOT_SUPPORTED:    "CUBLAS_STATUS_NOT_SUPPORTED",
	C.CUBLAS_STATUS_LICENSE_ERROR:    "CUBLAS_STATUS_LICENSE_ERROR",
}

// blasError turns a cuBLAS status into an error.
func blasError(code int, call string) error {
	if code == C.CUBLAS_STATUS_SUCCESS {
		return nil
	}
	name, known := blasNames[code]
	if !known {
		name = fmt.Sprintf("cuBLAS status %d", code)
	}
	return &Error{Call: call, Library: CUBLAS, Code: code, Name: name,
		Text: C.GoString(C.cublasGetStatusString(C.cublasStatus_t(code)))}
}

// wrapBlas turns what cu's cuBLAS returned into an error.
func wrapBlas(err error, call string) error {
	var s cublas.Status
	if err == nil || !errors.As(err, &s) {
		return err
	}
	return blasError(int(s), call)
}

// wrapNVRTC turns what cu's NVRTC returned into an error; log, where not empty, is added.
func wrapNVRTC(err error, call, log string) error {
	if err == nil {
		return nil
	}
	e := &Error{Call: call, Library: NVRTC, Code: -2, Name: err.Error()}
	if v := reflect.ValueOf(err); v.Kind() == reflect.Int {
		e.Code = int(v.Int())
		e.Text = C.GoString(C.nvrtcGetErrorString(C.nvrtcResult(e.Code)))
	}
	if log != "" {
		e.Text += "\n" + log
	}
	return e
}
