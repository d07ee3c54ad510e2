//go:build elbo_cuda && linux

package driver

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"elbo/kernels"
)

func TestErrorIs(t *testing.T) {
	all := []error{kernels.ErrOutOfMemory, kernels.ErrDeviceLost, kernels.ErrUnavailable, kernels.ErrClosed}
	for _, c := range []struct {
		library Library
		code    int
		want    error
	}{
		{Driver, 2, kernels.ErrOutOfMemory},
		{CUBLAS, 3, kernels.ErrOutOfMemory},
		{Driver, 700, kernels.ErrDeviceLost},
		{Driver, 719, kernels.ErrDeviceLost},
		{Driver, 214, kernels.ErrDeviceLost},
		{Driver, 999, kernels.ErrDeviceLost},
		{Driver, 100, kernels.ErrUnavailable},
		{Driver, 803, kernels.ErrUnavailable},
		{CUBLAS, 1, kernels.ErrUnavailable},
		{CUBLAS, 2, nil},
		{NVRTC, 2, nil},
		{Driver, 1, nil},
		{Driver, 901, nil},
		{Driver, WrongThread, nil},
	} {
		err := fmt.Errorf("wrapped: %w", &Error{Library: c.library, Code: c.code})
		for _, target := range all {
			if got, want := errors.Is(err, target), c.want == target; got != want {
				t.Errorf("%s %d is %v: %t, want %t", c.library, c.code, target, got, want)
			}
		}
		if IsLost(err) != (c.want == kernels.ErrDeviceLost) {
			t.Errorf("IsLost of %s %d is %t", c.library, c.code, IsLost(err))
		}
	}
}

// TestNames explains codes gorgonia.org/cu has no names for.
func TestNames(t *testing.T) {
	for code, name := range map[int]string{2: "CUDA_ERROR_OUT_OF_MEMORY", 46: "CUDA_ERROR_DEVICE_UNAVAILABLE"} {
		if e := driverError(code, "x"); e.Name != name || e.Text == "" || !strings.Contains(e.Error(), name) {
			t.Errorf("code %d is %+v, want %s", code, e, name)
		}
	}
	if e := driverError(12345, "x"); !strings.Contains(e.Name, "12345") {
		t.Errorf("an unknown code is %+v", e)
	}
}
