package graph

import "elbo/kernels"

// Names of package kernels that models, families and training loops need, so that packages
// above graph import graph alone.
type (
	// DType is an element type: F32, F64, I32, U8 or BF16.
	DType = kernels.DType
	// Shape lists the extents of a tensor.
	Shape = kernels.Shape
	// Device runs compiled programs.
	Device = kernels.Device
	// Report describes a device.
	Report = kernels.Report
	// Buffer is device memory.
	Buffer = kernels.Buffer
)

// The element types.
const (
	F32  = kernels.F32
	F64  = kernels.F64
	I32  = kernels.I32
	U8   = kernels.U8
	BF16 = kernels.BF16
)

// PutFloats encodes src as slots of type dt hold it and returns the bytes written to dst: what
// Instance.Set does, for callers with memory of their own.
func PutFloats[T float32 | float64](dst []byte, src []T, dt DType) int {
	return kernels.PutFloats(dst, src, dt)
}

// GetFloats decodes the elements of a slot of type dt from src into dst, as Instance.Get does.
func GetFloats[T float32 | float64](dst []T, src []byte, dt DType) { kernels.GetFloats(dst, src, dt) }

// ErrOutOfMemory is the class of devices' errors for memory that does not suffice.
var ErrOutOfMemory = kernels.ErrOutOfMemory

// HostNormals fills dst with the standard normals of a named stream at a step, the same
// numbers Normal01 yields inside a float64 program.
func HostNormals(dst []float64, seed uint64, site string, step uint64) {
	kernels.FillNormal(dst, kernels.F64, seed, kernels.StreamID(site), step)
}

// EpochOrder returns the order of n rows in one epoch as a function of position: the keyed
// permutation BatchIndex uses on a device.
func EpochOrder(n, seed, epoch uint64) func(i uint64) uint64 {
	p := kernels.NewPermutation(n, seed, epoch)
	return p.At
}
