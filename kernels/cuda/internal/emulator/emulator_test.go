//go:build elbo_cuda

package emulator_test

import (
	"fmt"
	"os"
	"testing"

	"elbo/kernels/cuda/internal/emulator"
	"elbo/kernels/cuda/internal/emulator/control"
)

var lib *control.Lib

func TestMain(m *testing.M) {
	path, err := os.Getenv("ELBO_CUDA_DRIVER"), error(nil)
	if path == "" {
		path, err = emulator.Build("")
	}
	if err == nil {
		lib, err = control.Open(path)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
