//go:build elbo_cuda && linux

package cuda

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"elbo/kernels/cuda/internal/emulator"
	"elbo/kernels/cuda/internal/emulator/control"
)

// emulated is the emulator the tests run on, nil on a card.
var emulated *control.Lib

// TestMain takes a card where there is one, else builds the emulator and stands it in for the three
// libraries. Images are kept in a folder of the run's own.
func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kernels/cuda: tests are left out:", err)
		if os.Getenv("CI") == "true" {
			code = 1
		}
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	cache, err := os.MkdirTemp("", "elbo-images-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(cache)
	if err := os.Setenv("ELBO_CACHE_DIR", cache); err != nil {
		return 1, err
	}
	if err := standIn(); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// standIn sets the emulator up, unless the loader was told what to open or a card is here.
func standIn() error {
	path := os.Getenv("ELBO_CUDA_DRIVER")
	if path == "" {
		if _, err := os.Stat("/dev/nvidiactl"); err == nil {
			return nil
		}
		var err error
		if path, err = emulator.Build(""); err != nil {
			return fmt.Errorf("no NVIDIA card here, and the emulator cannot stand in: %w", err)
		}
		for _, setting := range emulator.Env(path) {
			name, value, _ := strings.Cut(setting, "=")
			if err := os.Setenv(name, value); err != nil {
				return err
			}
		}
	}
	lib, err := control.Open(path)
	if err == nil && lib.Has("elboEmuViolations") {
		emulated = lib
	}
	return nil
}

// clean fails a test in which the emulator found a mistake.
func clean(t *testing.T) {
	t.Helper()
	if emulated != nil && emulated.Violations("") > 0 {
		t.Errorf("the emulator found %d mistakes, the last: %s", emulated.Violations(""), emulated.LastViolation())
	}
}
