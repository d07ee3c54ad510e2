//go:build elbo_cuda

package emulator_test

import (
	"runtime"
	"testing"
	"unsafe"

	"elbo/kernels/cuda/internal/emulator/control"
)

// CUresult values the tests expect.
const (
	success        = 0
	invalidValue   = 1
	outOfMemory    = 2
	invalidContext = 201
	invalidHandle  = 400
	notFound       = 500
	notReady       = 600
	illegalAddress = 700
	misaligned     = 716
	launchFailed   = 719
)

// device is the emulator with its context current on the test's thread.
type device struct{ t testing.TB }

// open makes the context current and ends it with the test. The counts start at zero.
func open(t testing.TB) *device {
	t.Helper()
	runtime.LockOSThread()
	lib.Clear()
	d := &device{t}
	context := d.word()
	d.ok("cuDevicePrimaryCtxRetain", d.at(context), 0)
	d.ok("cuCtxSetCurrent", uintptr(*context))
	set(t, "quiet", 1)
	t.Cleanup(func() {
		lib.Clear()
		lib.Call("cuDevicePrimaryCtxRelease_v2", 0)
		lib.Call("cuCtxSetCurrent", 0)
		set(t, "quiet", 0)
		runtime.UnlockOSThread()
	})
	return d
}

func set(t testing.TB, name string, value int) {
	t.Helper()
	if err := lib.Set(name, value); err != nil {
		t.Fatal(err)
	}
}

// setUntilEnd changes a setting and puts it back to what it was by default.
func setUntilEnd(t testing.TB, name string, value, usual int) {
	t.Helper()
	set(t, name, value)
	t.Cleanup(func() { set(t, name, usual) })
}

// word is an out-parameter.
func (d *device) word() *uint64 {
	p, free := control.Memory(8)
	d.t.Cleanup(free)
	return (*uint64)(p)
}

func (d *device) at(p *uint64) uintptr { return uintptr(unsafe.Pointer(p)) }

// bytes is host memory the C heap holds: pageable, and not moved by Go.
func (d *device) bytes(n int) []byte {
	p, free := control.Memory(n)
	d.t.Cleanup(free)
	return unsafe.Slice((*byte)(p), n)
}

func address[T any](s []T) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(s))) }

// floats is a view of host bytes.
func floats(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

func (d *device) text(s string) uintptr {
	b := d.bytes(len(s) + 1)
	copy(b, s)
	return address(b)
}

// ok makes a call that must succeed.
func (d *device) ok(name string, args ...uintptr) {
	d.t.Helper()
	if code := lib.Call(name, args...); code != success {
		d.t.Fatalf("%s returns %d: %s", name, code, lib.LastViolation())
	}
}

// want makes a call that must return code.
func (d *device) want(code int, name string, args ...uintptr) {
	d.t.Helper()
	if got := lib.Call(name, args...); got != code {
		d.t.Fatalf("%s returns %d, want %d: %s", name, got, code, lib.LastViolation())
	}
}

// out makes a call whose first argument is an out-parameter and returns what it holds.
func (d *device) out(name string, args ...uintptr) uintptr {
	d.t.Helper()
	w := d.word()
	d.ok(name, append([]uintptr{d.at(w)}, args...)...)
	return uintptr(*w)
}

func (d *device) alloc(n int) uintptr {
	d.t.Helper()
	return d.out("cuMemAlloc_v2", uintptr(n))
}

// upload allocates device memory with the values given.
func (d *device) upload(v []float32) uintptr {
	d.t.Helper()
	host := d.bytes(4 * len(v))
	copy(floats(host), v)
	p := d.alloc(4 * len(v))
	d.ok("cuMemcpyHtoD_v2", p, address(host), uintptr(4*len(v)))
	return p
}

func (d *device) download(p uintptr, n int) []float32 {
	d.t.Helper()
	host := d.bytes(4 * n)
	d.ok("cuMemcpyDtoH_v2", address(host), p, uintptr(4*n))
	return append([]float32(nil), floats(host)...)
}

// module compiles and loads a source.
func (d *device) module(source string) uintptr {
	d.t.Helper()
	status, log, text := lib.Compile(source, "--std=c++17", "--fmad=false")
	if status != success {
		d.t.Fatalf("nvrtcCompileProgram returns %d: %s", status, log)
	}
	image := d.bytes(len(text))
	copy(image, text)
	m := d.out("cuModuleLoadData", address(image))
	d.t.Cleanup(func() { lib.Call("cuModuleUnload", m) })
	return m
}

// kernel compiles a source and finds the kernel k in it.
func (d *device) kernel(source string) uintptr {
	d.t.Helper()
	return d.out("cuModuleGetFunction", d.module(source), d.text("k"))
}

// config is the shape of a launch; zero counts are 1.
type config struct {
	grid, block, shared int
	stream              uintptr
	cooperative         bool
}

// launch passes each argument as eight bytes, which is what pointers and int64 take.
func (d *device) launch(f uintptr, c config, args ...uintptr) int {
	d.t.Helper()
	values, list := d.bytes(8*len(args)+8), d.bytes(8*len(args)+8)
	for i, a := range args {
		*(*uintptr)(unsafe.Pointer(&values[8*i])) = a
		*(*uintptr)(unsafe.Pointer(&list[8*i])) = uintptr(unsafe.Pointer(&values[8*i]))
	}
	grid, block := uintptr(max(c.grid, 1)), uintptr(max(c.block, 1))
	if c.cooperative {
		return lib.Call("cuLaunchCooperativeKernel", f, grid, 1, 1, block, 1, 1, uintptr(c.shared), c.stream, address(list))
	}
	return lib.Call("cuLaunchKernel", f, grid, 1, 1, block, 1, 1, uintptr(c.shared), c.stream, address(list), 0)
}

// run launches and synchronises and returns the status of both.
func (d *device) run(f uintptr, c config, args ...uintptr) int {
	d.t.Helper()
	if code := d.launch(f, c, args...); code != success {
		return code
	}
	return lib.Call("cuCtxSynchronize")
}

// found fails where not exactly the violations of one kind were reported.
func (d *device) found(kind string) {
	d.t.Helper()
	if lib.Violations(kind) == 0 || lib.Violations(kind) != lib.Violations("") {
		d.t.Fatalf("%d violations of kind %s among %d, last: %s", lib.Violations(kind), kind, lib.Violations(""),
			lib.LastViolation())
	}
}

// clean fails where anything was reported.
func (d *device) clean() {
	d.t.Helper()
	if lib.Violations("") != 0 {
		d.t.Fatalf("%d violations, last: %s", lib.Violations(""), lib.LastViolation())
	}
}
