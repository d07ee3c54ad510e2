//go:build !cgo

package fit

import (
	"testing"

	"elbo/graph"
	"elbo/kernels/ref"
)

// openDevice returns the device tests run on where there is no C compiler: the plain Go one.
func openDevice(testing.TB, int) graph.Device { return ref.Open() }
