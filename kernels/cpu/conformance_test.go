//go:build cgo

package cpu

import (
	"fmt"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// TestConformance runs the suite of all devices at every instruction set level this machine
// has, with one thread and with more threads than cores; -short keeps many threads to the best level.
func TestConformance(t *testing.T) {
	levels := Levels()
	for i, isa := range levels {
		for _, threads := range []int{1, 2, 8} {
			if testing.Short() && threads > 1 && i < len(levels)-1 {
				continue
			}
			t.Run(fmt.Sprintf("%s/threads=%d", isa, threads), func(t *testing.T) {
				kernelstest.Run(t, func() (kernels.Device, error) { return openAt(isa, threads) })
			})
		}
	}
}
