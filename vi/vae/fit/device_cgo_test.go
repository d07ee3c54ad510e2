//go:build cgo

package fit

import (
	"os"
	"testing"

	"elbo/graph"
	"elbo/kernels/cpu"
	"elbo/kernels/ref"
)

// openDevice returns the device tests run on: the CPU library with the given number of threads (0 means all
// cores), or the plain Go one when ELBO_TEST_DEVICE is "ref".
func openDevice(t testing.TB, threads int) graph.Device {
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
