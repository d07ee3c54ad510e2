//go:build elbo_cuda && linux

package driver

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"elbo/kernels/cuda/internal/load"
)

// unseen are functions that package load calls itself, and those that depend on what NVRTC made.
var unseen = []string{"cuInit", "cublasGetProperty", "nvrtcGetCUBIN", "nvrtcGetPTXSize", "nvrtcGetPTX"}

// checkCalls compares calls.txt with the calls that all tests together made. It has nothing to say
// where only some of them ran.
func checkCalls() error {
	for _, name := range []string{"test.run", "test.skip"} {
		if flag.Lookup(name).Value.String() != "" {
			return nil
		}
	}
	listed, err := os.ReadFile("calls.txt")
	if err != nil {
		return err
	}
	var want []string
	for _, line := range strings.Split(strings.TrimSpace(string(listed)), "\n") {
		if !strings.HasPrefix(line, "#") {
			want = append(want, line)
		}
	}
	made := load.Called()
	for _, name := range made {
		if !slices.Contains(want, name) {
			return fmt.Errorf("calls.txt: %s is called and not listed", name)
		}
	}
	for _, name := range want {
		if !slices.Contains(made, name) && !slices.Contains(unseen, name) {
			return fmt.Errorf("calls.txt: %s is listed, and no test calls it", name)
		}
	}
	return nil
}
