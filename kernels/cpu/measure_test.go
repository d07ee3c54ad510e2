//go:build cgo

package cpu

import (
	"testing"

	"elbo/kernels"
)

// TestMeasuredFloors expects rates of this century: 1 GFLOP/s and 0.5 GB/s even on a busy core, and
// not more than any core has.
func TestMeasuredFloors(t *testing.T) {
	single, double, bytes := MeasureFMA(kernels.F32), MeasureFMA(kernels.F64), MeasureCopy()
	t.Logf("float32 %.1f GFLOP/s, float64 %.1f GFLOP/s, copy %.1f GB/s", single/1e9, double/1e9, bytes/1e9)
	for name, rate := range map[string]float64{"float32": single, "float64": double} {
		if rate < 1e9 || rate > 1e12 {
			t.Errorf("%s: %g flops a second", name, rate)
		}
	}
	if bytes < 0.5e9 || bytes > 1e12 {
		t.Errorf("copy: %g bytes a second", bytes)
	}
}
