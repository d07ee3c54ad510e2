//go:build elbo_cuda

package emulator_test

import "testing"

// BenchmarkThreads is the cost of a thread: without barriers, and in a sum over a block with
// eight barriers and five shuffles.
func BenchmarkThreads(b *testing.B) {
	for _, c := range []struct {
		name, source string
	}{{"plain", saxpy}, {"barriers", blockSum}} {
		b.Run(c.name, func(b *testing.B) {
			const n = 1 << 20
			d := open(b)
			f, p, q := d.kernel(c.source), d.alloc(4*n), d.alloc(4*n)
			for b.Loop() {
				if code := d.run(f, config{grid: n / 256, block: 256}, p, q, n); code != success {
					b.Fatalf("status %d: %s", code, lib.LastViolation())
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mthreads/s")
			d.ok("cuMemFree_v2", p)
			d.ok("cuMemFree_v2", q)
		})
	}
}
