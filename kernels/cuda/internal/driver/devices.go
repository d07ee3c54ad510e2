//go:build elbo_cuda && linux

package driver

import (
	"gorgonia.org/cu"
	cublas "gorgonia.org/cu/blas"
	"gorgonia.org/cu/nvrtc"

	"elbo/kernels/cuda/internal/load"
)

var _ cublas.Standard
var _ nvrtc.Program

// Devices x.
func Devices() (int, error, []load.Library) {
	n, err := cu.NumDevices()
	return n, err, load.Libraries()
}
