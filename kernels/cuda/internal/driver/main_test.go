//go:build elbo_cuda && linux

package driver

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"elbo/kernels/cuda/internal/emulator"
	"elbo/kernels/cuda/internal/emulator/control"
)

// gpu, where set, has the tests run on the machine's own GPU instead of the emulator.
var gpu = os.Getenv("ELBO_TEST_GPU") != ""

// emu is the emulator, nil on a GPU.
var emu *control.Lib

// TestMain chooses the emulator before the first CUDA call. It also lets the test binary stand for a
// process of its own, as what a process has loaded stays loaded.
func TestMain(m *testing.M) {
	if os.Getenv("ELBO_TEST_REPORT") != "" {
		if err := json.NewEncoder(os.Stdout).Encode(look()); err != nil {
			panic(err)
		}
		return
	}
	if !gpu {
		if err := emulate(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	code := m.Run()
	if err := checkCalls(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// emulate builds the emulator and points the loader at it.
func emulate() error {
	path, err := emulator.Build("")
	if err != nil {
		return err
	}
	for _, setting := range emulator.Env(path) {
		name, value, _ := strings.Cut(setting, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	emu, err = control.Open(path)
	return err
}

// inside runs f on a fresh context and checks that nothing is left of it.
func inside(t *testing.T, f func(c *Context) error) {
	t.Helper()
	c := open(t)
	if err := c.Do(func() error { return f(c) }); err != nil {
		t.Error(err)
	}
}

// open opens device 0, which is closed after the test. The emulator must have found nothing wrong.
func open(t *testing.T) *Context {
	t.Helper()
	if emu != nil {
		emu.Clear()
	}
	c, err := Open(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if emu != nil && emu.Violations("") != 0 {
			t.Errorf("the emulator found %d violations, the last: %s", emu.Violations(""), emu.LastViolation())
		}
	})
	return c
}

// needEmulator skips a test that produces failures a GPU does not.
func needEmulator(t *testing.T) {
	t.Helper()
	if emu == nil {
		t.Skip("this test makes calls fail, which only the emulator can")
	}
}

// must ends the function run by inside at the first error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
