//go:build elbo_cuda

package emulator_test

import (
	"fmt"
	"testing"
)

// TestWorkspaces captures two products on two streams: with one handle for both, or one workspace for two handles,
// they may not run at once.
func TestWorkspaces(t *testing.T) {
	for _, c := range []struct {
		handles, workspaces int
		edge, found         bool
	}{{1, 0, false, true}, {1, 0, true, false}, {2, 0, false, false}, {2, 1, false, true}, {2, 2, false, false},
		{1, 1, false, true}, {2, 1, true, false}} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			d := open(t)
			s, fork, join := []uintptr{d.stream(), d.stream()}, d.event(), d.event()
			h := []uintptr{d.blas(), d.blas()}
			for i := range c.workspaces {
				w := d.alloc(1 << 12)
				for k := i; k < 2; k += c.workspaces {
					d.ok("cublasSetWorkspace_v2", h[k], w, 1<<12)
				}
			}
			alpha, beta := d.factors(1, 0)
			p, y := d.upload([]float32{2}), d.alloc(8)
			d.ok("cuStreamBeginCapture_v2", s[0], 0)
			d.ok("cuEventRecord", fork, s[0])
			d.ok("cuStreamWaitEvent", s[1], fork, 0)
			for i := range 2 {
				k := i % c.handles
				d.ok("cublasSetStream_v2", h[k], s[i])
				d.ok("cublasSgemm_v2", h[k], 0, 0, 1, 1, 1, alpha, p, 1, p, 1, beta, y+uintptr(4*i), 1)
				if i == 0 && c.edge {
					d.ok("cuEventRecord", join, s[0])
					d.ok("cuStreamWaitEvent", s[1], join, 0)
				}
			}
			d.ok("cuEventRecord", join, s[1])
			d.ok("cuStreamWaitEvent", s[0], join, 0)
			d.instance(s[0])
			if c.found {
				d.found("blas")
			} else {
				d.clean()
			}
		})
	}
}
