//go:build cgo

package svi

import (
	"math"
	"testing"

	"elbo/kernels/cpu"
)

// TestExactFamiliesOnCPU repeats the conjugate posteriors on the native device, in both precisions.
func TestExactFamiliesOnCPU(t *testing.T) {
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range conjugates() {
		for _, f32 := range []bool{false, true} {
			opt := settled(c.steps)
			opt.Device, opt.Family, opt.Float32 = dev, c.exact, f32
			fit := mustFit(t, c, opt)
			// The bound is second order in what training leaves, also in single precision.
			if math.Abs(fit.Elbo-c.evidence) > 2e-3 {
				t.Errorf("%s, float32 %v: elbo %.6f, log evidence %.6f", c.name, f32, fit.Elbo, c.evidence)
			}
		}
	}
}
