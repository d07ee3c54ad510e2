//go:build cgo

package testdevice

import (
	"os"
	"testing"

	"elbo/graph"
	"elbo/kernels/cpu"
	"elbo/kernels/ref"
)

// Open returns the CPU library with a number of threads (0 means all cores), or the plain Go device when
// ELBO_TEST_DEVICE is "ref". It is closed when the test ends.
func Open(t testing.TB, threads int) graph.Device {
	t.Helper()
	if os.Getenv("ELBO_TEST_DEVICE") == "ref" {
		return ref.Open()
	}
	d, err := cpu.Open(cpu.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}
