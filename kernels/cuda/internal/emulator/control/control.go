//go:build elbo_cuda

// Package control speaks to the emulator's shared object inside the running process: it reads
// what the emulator found, plans failures and changes settings. Its functions act on the copy
// that the loader uses, since a shared object opened twice by one path is one.
package control

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

typedef int (*elbo_any)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
                        uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
                        uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t);

// Arguments travel in registers and eight-byte stack slots, so that one call of many integers
// serves every function of integers and pointers.
static int elbo_call(void *f, uintptr_t *a)
{
	return ((elbo_any)f)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12], a[13],
	                     a[14], a[15], a[16], a[17], a[18], a[19], a[20], a[21]);
}
static long elbo_count(void *f, const char *s) { return ((long (*)(const char *))f)(s); }
static long elbo_text(void *f, char *to, long n) { return ((long (*)(char *, long))f)(to, n); }
static int elbo_set(void *f, const char *s, long v) { return ((int (*)(const char *, long))f)(s, v); }
static int elbo_inject(void *f, const char *s) { return ((int (*)(const char *))f)(s); }
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// Lib is the emulator in this process.
type Lib struct{ handle unsafe.Pointer }

// Open finds the shared object at path, loading it where the process has not yet.
func Open(path string) (*Lib, error) {
	s := C.CString(path)
	defer C.free(unsafe.Pointer(s))
	h := C.dlopen(s, C.RTLD_NOW|C.RTLD_LOCAL)
	if h == nil {
		return nil, fmt.Errorf("control: Open: %s", C.GoString(C.dlerror()))
	}
	return &Lib{h}, nil
}

// symbol returns the address of a function; a name the emulator lacks is a mistake of the caller.
func (l *Lib) symbol(name string) unsafe.Pointer {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	f := C.dlsym(l.handle, s)
	if f == nil {
		panic("control: the emulator has no function " + name)
	}
	return f
}

// Has says whether the emulator exports a function.
func (l *Lib) Has(name string) bool {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.dlsym(l.handle, s) != nil
}

// maxArgs is the longest argument list of the functions Call reaches.
const maxArgs = 22

// Call calls a function of integer and pointer arguments by name and returns its status.
// Pointers in args must not be to Go memory that holds Go pointers.
func (l *Lib) Call(name string, args ...uintptr) int {
	if len(args) > maxArgs {
		panic(fmt.Sprintf("control: %s takes %d arguments, at most %d can be passed", name, len(args), maxArgs))
	}
	var a [maxArgs]C.uintptr_t
	for i, v := range args {
		a[i] = C.uintptr_t(v)
	}
	return int(C.elbo_call(l.symbol(name), &a[0]))
}

func (l *Lib) count(function, name string) int {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return int(C.elbo_count(l.symbol(function), s))
}

func (l *Lib) text(function string) string {
	b := (*C.char)(C.malloc(1024))
	defer C.free(unsafe.Pointer(b))
	C.elbo_text(l.symbol(function), b, 1024)
	return C.GoString(b)
}

// Violations counts what was found since the start or the last Clear: of one kind, or of all
// kinds for "". The kinds are listed in package emulator.
func (l *Lib) Violations(kind string) int { return l.count("elboEmuViolations", kind) }

// LastViolation returns the last line reported, "" before the first.
func (l *Lib) LastViolation() string { return l.text("elboEmuLastViolation") }

// Calls counts the CUDA calls since the start or the last Clear: of one name, or all for "".
func (l *Lib) Calls(name string) int { return l.count("elboEmuCalls", name) }

// LastCall returns the name of the last CUDA call.
func (l *Lib) LastCall() string { return l.text("elboEmuLastCall") }

// Inject plans a failure in the form of ELBO_EMU_INJECT, counted from now: "0=2" makes the next
// call run out of memory, "cuMemAlloc:1=2" the second cuMemAlloc, "3+=700" the fourth call and
// all after it. cuBLAS and NVRTC calls return their own number for the same failure.
func (l *Lib) Inject(plan string) error {
	s := C.CString(plan)
	defer C.free(unsafe.Pointer(s))
	if C.elbo_inject(l.symbol("elboEmuInject"), s) != 0 {
		return fmt.Errorf("control: Inject %q: want index=code, name:index=code or index+=code", plan)
	}
	return nil
}

// Clear drops planned failures and sets the counts of violations and calls to zero.
func (l *Lib) Clear() { l.Call("elboEmuClear") }

// The orders of blocks, threads and free graph nodes, for Set("order", …).
const (
	Forward = iota
	Reverse
	Shuffled
)

// Set changes a setting: memory (bytes), devices, sms, order, seed, quiet, access, eager.
func (l *Lib) Set(name string, value int) error {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	if C.elbo_set(l.symbol("elboEmuSet"), s, C.long(value)) != 0 {
		return fmt.Errorf("control: Set: no setting %q", name)
	}
	return nil
}

// Memory returns n zero bytes outside Go's heap for arguments of Call, and what frees them.
func Memory(n int) (p unsafe.Pointer, free func()) {
	p = C.calloc(C.size_t(max(n, 1)), 1)
	if p == nil {
		panic("control: Memory: the C heap is exhausted")
	}
	return p, func() { C.free(p) }
}
