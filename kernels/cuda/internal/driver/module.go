//go:build elbo_cuda && linux

package driver

/*
#include <stdlib.h>
#include <cuda.h>

// elbo_load_module loads an image and keeps what the JIT compiler says of a failure.
static CUresult elbo_load_module(CUmodule *module, const void *image, char *log, unsigned int size) {
	CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
	void *values[] = {log, (void *)(size_t)size};
	log[0] = 0;
	return cuModuleLoadDataEx(module, image, 2, options, values);
}
*/
import "C"

import (
	"strings"

	"gorgonia.org/cu"
)

// A Module is compiled code loaded on the device.
type Module struct {
	context *Context
	module  cu.Module
}

// LoadModule loads a CUBIN image or PTX text, which the driver then compiles; the error of that holds
// its log.
func (c *Context) LoadModule(image []byte) (*Module, error) {
	if !c.here() {
		return nil, wrongThread("cuModuleLoadDataEx")
	}
	text := C.CBytes(append(image[:len(image):len(image)], 0)) // PTX must end in a zero byte
	defer C.free(text)
	var log [8192]C.char
	var handle C.CUmodule
	code := C.elbo_load_module(&handle, text, &log[0], C.uint(len(log)))
	if err := status(code, "cuModuleLoadDataEx(%d bytes)", len(image)); err != nil {
		if said := strings.TrimSpace(C.GoString(&log[0])); said != "" {
			err.(*Error).Text += "\n" + said
		}
		return nil, err
	}
	m := &Module{c, moduleOf(handle)}
	c.own(m, func() error { return wrap(m.module.Unload(), "cuModuleUnload") })
	return m, nil
}

// Unload takes the module off the device. Its functions must not be used again.
func (m *Module) Unload() error { return m.context.free(m, "cuModuleUnload") }

// A Function is a kernel of a module.
type Function struct {
	context  *Context
	name     string
	function cu.Function
	handle   C.CUfunction
	takes    Resources
}

// Function finds a kernel by its (unmangled) name. Drivers may put off loading a kernel until something
// is asked about it, and loading it is refused while a stream is captured: so its resources are asked for.
func (m *Module) Function(name string) (*Function, error) {
	if !m.context.here() {
		return nil, wrongThread("cuModuleGetFunction")
	}
	f, err := m.module.Function(name)
	if err != nil {
		return nil, wrap(err, "cuModuleGetFunction(%q)", name)
	}
	takes, err := resources(f, name)
	if err != nil {
		return nil, err
	}
	return &Function{m.context, name, f, functionHandle(f), takes}, nil
}

// Name is the name the function was found by.
func (f *Function) Name() string { return f.name }

// Resources is what one function takes. Sizes are in bytes.
type Resources struct {
	Registers    int // a thread, in 32-bit registers
	Local        int // a thread: spilled registers and arrays
	Shared       int // a block, beside what a launch adds
	Constant     int
	BlockThreads int // most threads a block can have
}

// Resources is what the function takes. It may be asked from any goroutine.
func (f *Function) Resources() Resources { return f.takes }

// resources asks the driver what a function takes.
func resources(f cu.Function, name string) (r Resources, err error) {
	for _, a := range []struct {
		attribute cu.FunctionAttribute
		to        *int
	}{
		{cu.NumRegs, &r.Registers},
		{cu.LocalSizeBytes, &r.Local},
		{cu.SharedSizeBytes, &r.Shared},
		{cu.ConstSizeBytes, &r.Constant},
		{cu.FnMaxThreadsPerBlock, &r.BlockThreads},
	} {
		if *a.to, err = f.Attribute(a.attribute); err != nil {
			return r, wrap(err, "cuFuncGetAttribute(%d, %s)", a.attribute, name)
		}
	}
	return r, nil
}

// SetMaxShared lets launches add up to n bytes of shared memory a block, needed above Info.Shared and
// possible up to Info.SharedOptIn, less what the function has itself.
func (f *Function) SetMaxShared(n int) error {
	if !f.context.here() {
		return wrongThread("cuFuncSetAttribute")
	}
	return status(C.cuFuncSetAttribute(f.handle, C.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, C.int(n)),
		"cuFuncSetAttribute(%s, %d bytes of shared memory)", f.name, n)
}

// Occupancy is how many blocks of the given threads and added shared memory a multiprocessor holds.
func (f *Function) Occupancy(threads, shared int) (int, error) {
	const call = "cuOccupancyMaxActiveBlocksPerMultiprocessor"
	if !f.context.here() {
		return 0, wrongThread(call)
	}
	n, err := f.function.MaxActiveBlocksPerMultiProcessor(threads, int64(shared))
	return n, wrap(err, "%s(%s, %d threads)", call, f.name, threads)
}
