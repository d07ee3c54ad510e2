//go:build elbo_cuda && linux

package cuda

import (
	"elbo/kernels/cuda/internal/driver"
	"elbo/kernels/cuda/internal/load"
)

// Library is the driver, cuBLAS or NVRTC as this process found it: where, which version, what it
// lacks, and every place that was looked at.
type Library = load.Library

// Card describes one GPU. Sizes are in bytes.
type Card = driver.Info

// Survey tells what there is of CUDA on this machine: the three libraries and the cards. Without a
// card the error says why.
func Survey() ([]Library, []Card, error) {
	cards, err := driver.Devices()
	return load.Libraries(), cards, err
}
