//go:build !cgo

package testdevice

import (
	"testing"

	"elbo/graph"
	"elbo/kernels/ref"
)

// Open returns the plain Go device: there is no C compiler.
func Open(testing.TB, int) graph.Device { return ref.Open() }
