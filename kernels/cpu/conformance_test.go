//go:build cgo

package cpu

import (
	"fmt"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// TestConformance runs the suite of all devices at every instruction set level this machine
// has, with one thread and with more threads than cores.
func TestConformance(t *testing.T) {
	for _, isa := range Levels() {
		for _, threads := range []int{1, 2, 8} {
			t.Run(fmt.Sprintf("%s/threads=%d", isa, threads), func(t *testing.T) {
				kernelstest.Run(t, func() (kernels.Device, error) { return Open(Options{ISA: isa, Threads: threads}) })
			})
		}
	}
}
