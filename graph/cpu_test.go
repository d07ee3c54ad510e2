//go:build cgo

package graph

import (
	"math"
	"testing"

	"elbo/kernels"
	"elbo/kernels/cpu"
	"elbo/kernels/ref"
)

// TestRandomProgramsOnTheCPU runs fused programs on the CPU device and on the reference.
// After one step float64 results differ by rounding; float32 ones by as much more.
func TestRandomProgramsOnTheCPU(t *testing.T) {
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	for dt, tol := range map[kernels.DType]float64{kernels.F64: 1e-9, kernels.F32: 2e-3} {
		for seed := range uint64(100) {
			pr := randomProgram(t, dt, seed, 4+int(seed)/3, true)
			p, err := Compile(pr.g, pr.spec)
			if err != nil {
				t.Fatal(err)
			}
			want := pr.runOn(t, p, ref.Open(), 1)
			for name, g := range pr.runOn(t, p, dev, 1) {
				for i, w := range want[name] {
					if !(math.Abs(g[i]-w) <= tol*max(1, math.Abs(w))) {
						t.Fatalf("%v seed %d, %s[%d]: cpu %v, ref %v", dt, seed, name, i, g[i], w)
					}
				}
			}
		}
	}
}
