//go:build elbo_cuda && linux

package cuda

import (
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// TestConformance runs the suite of all devices.
func TestConformance(t *testing.T) {
	kernelstest.Run(t, func() (kernels.Device, error) { return Open(Options{}) })
	clean(t)
}
