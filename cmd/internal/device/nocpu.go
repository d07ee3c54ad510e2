//go:build !cgo

package device

import (
	"elbo/cmd/internal/exit"
	"elbo/kernels"
)

const haveCPU = false

func openCPU(int) (kernels.Device, error) {
	return nil, &exit.Error{
		Code: exit.Unavailable, Msg: "--device cpu: this build of elbo was made without cgo",
		Hint: "use --device ref (slower, same results), or build with CGO_ENABLED=1 and a C compiler",
	}
}

// Levels returns nothing: the reference device has no instruction set levels.
func Levels() []string { return nil }

// FMARate returns 0: this build cannot measure it.
func FMARate(kernels.DType) float64 { return 0 }

// CopyRate returns 0: this build cannot measure it.
func CopyRate() float64 { return 0 }
