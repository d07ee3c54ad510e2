//go:build elbo_cuda && linux

package driver

// #include <cuda.h>
import "C"

import (
	"fmt"
	"os"
	"strings"

	"gorgonia.org/cu"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/load"
)

// Info describes a GPU. Sizes are in bytes.
type Info struct {
	Index        int    // as Open takes it
	Name         string // such as "NVIDIA H200"
	UUID         string // such as "GPU-01234567-89ab-cdef-0123-456789abcdef"
	PCI          string // bus address, such as "0000:01:00.0"
	Driver       string // CUDA version of the driver and, where known, its own, such as "12.4 (550.54.15)"
	Major, Minor int    // compute capability
	Memory       int64
	SMs          int // multiprocessors
	Warp         int // threads in a warp
	BlockThreads int // most threads in a block
	SMThreads    int // most resident threads on a multiprocessor
	SMRegisters  int // 32-bit registers on a multiprocessor
	Shared       int // shared memory a block has without asking
	SharedOptIn  int // shared memory a block can ask for with Function.SetMaxShared
	SMShared     int // shared memory of a multiprocessor
	L2           int // level-2 cache
	MemoryClock  int // kHz, 0 where the driver no longer says
	MemoryBus    int // bits
	Cooperative  bool
}

// Devices lists the GPUs this process can use. Without any it gives none and an error that says why,
// which is kernels.ErrUnavailable.
func Devices() ([]Info, error) {
	driver := load.Describe(load.Driver)
	if driver.Err != nil {
		return nil, fmt.Errorf("cuda: %w: %v", kernels.ErrUnavailable, driver.Err)
	}
	n, err := cu.NumDevices()
	if err != nil {
		return nil, wrap(err, "cuDeviceGetCount")
	}
	if n == 0 {
		return nil, fmt.Errorf("cuda: %w: %s is loaded, but it lists no device (CUDA_VISIBLE_DEVICES=%q)",
			kernels.ErrUnavailable, driver.Path, os.Getenv("CUDA_VISIBLE_DEVICES"))
	}
	list := make([]Info, n)
	for i := range list {
		if list[i], err = describe(i); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// describe asks the driver about one device.
func describe(index int) (Info, error) {
	info := Info{Index: index, Driver: driverVersion()}
	d, err := cu.GetDevice(index)
	if err != nil {
		return info, wrap(err, "cuDeviceGet(%d)", index)
	}
	if info.Name, err = d.Name(); err != nil {
		return info, wrap(err, "cuDeviceGetName(%d)", index)
	}
	if info.Memory, err = d.TotalMem(); err != nil {
		return info, wrap(err, "cuDeviceTotalMem(%d)", index)
	}
	if id, err := d.UUID(); err == nil {
		info.UUID = "GPU-" + id.String()
	}
	var bus [32]C.char
	if C.cuDeviceGetPCIBusId(&bus[0], C.int(len(bus)), C.CUdevice(d)) == C.CUDA_SUCCESS {
		info.PCI = C.GoString(&bus[0])
	}
	return info, info.attributes(d)
}

// attributes fills in the numbers.
func (info *Info) attributes(d cu.Device) error {
	cooperative := 0
	for _, a := range []struct {
		attribute C.CUdevice_attribute
		to        *int
		optional  bool // newer drivers may refuse it
	}{
		{C.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, &info.Major, false},
		{C.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, &info.Minor, false},
		{C.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, &info.SMs, false},
		{C.CU_DEVICE_ATTRIBUTE_WARP_SIZE, &info.Warp, false},
		{C.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, &info.BlockThreads, false},
		{C.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, &info.SMThreads, false},
		{C.CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, &info.SMRegisters, false},
		{C.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, &info.Shared, false},
		{C.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, &info.SharedOptIn, false},
		{C.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, &info.SMShared, false},
		{C.CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, &cooperative, false},
		{C.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, &info.L2, true},
		{C.CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, &info.MemoryClock, true},
		{C.CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, &info.MemoryBus, true},
	} {
		v, err := d.Attribute(cu.DeviceAttribute(a.attribute))
		if err != nil && !a.optional {
			return wrap(err, "cuDeviceGetAttribute(%d, device %d)", a.attribute, info.Index)
		}
		*a.to = v
	}
	info.Cooperative = cooperative != 0
	return nil
}

// driverVersion gives the CUDA version the driver serves and the version of its kernel module.
func driverVersion() string {
	v := cu.Version()
	text := fmt.Sprintf("%d.%d", v/1000, v%1000/10)
	module, err := os.ReadFile("/sys/module/nvidia/version")
	if err != nil {
		return text
	}
	return text + " (" + strings.TrimSpace(string(module)) + ")"
}
