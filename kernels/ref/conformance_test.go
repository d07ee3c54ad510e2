package ref

import (
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

func TestConformance(t *testing.T) {
	kernelstest.Run(t, func() (kernels.Device, error) { return Open(), nil })
}
