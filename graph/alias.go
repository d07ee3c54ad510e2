package graph

import "elbo/kernels"

// Names of package kernels that models, families and training loops need, so that packages
// above graph import graph alone.
type (
	// DType is an element type: F32, F64, I32 or U8.
	DType = kernels.DType
	// Shape lists the extents of a tensor.
	Shape = kernels.Shape
	// Device runs compiled programs.
	Device = kernels.Device
	// Buffer is device memory.
	Buffer = kernels.Buffer
)

// The element types.
const (
	F32 = kernels.F32
	F64 = kernels.F64
	I32 = kernels.I32
	U8  = kernels.U8
)

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
