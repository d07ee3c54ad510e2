//go:build elbo_cuda

package emulator_test

import (
	"fmt"
	"testing"

	"elbo/kernels/cuda/internal/emulator/control"
)

const increment = `extern "C" __global__ void k(float *y, const float *x) { y[0] = y[0] + x[0]; }`

// instance ends a capture and instantiates what it recorded.
func (d *device) instance(s uintptr) uintptr {
	d.t.Helper()
	graph := d.word()
	d.ok("cuStreamEndCapture", s, d.at(graph))
	exec := d.out("cuGraphInstantiateWithFlags", uintptr(*graph), 0)
	d.ok("cuGraphDestroy", uintptr(*graph))
	d.t.Cleanup(func() { lib.Call("cuGraphExecDestroy", exec) })
	return exec
}

func TestGraphReplays(t *testing.T) {
	d := open(t)
	s, f := d.stream(), d.kernel(increment)
	x, y := d.upload([]float32{3}), d.upload([]float32{1})
	d.ok("cuStreamBeginCapture_v2", s, 0)
	d.launch(f, config{stream: s}, y, x)
	exec := d.instance(s)
	if v := d.download(y, 1)[0]; v != 1 {
		t.Fatalf("capture ran the kernel: y is %v, want 1", v)
	}
	for range 5 {
		d.ok("cuGraphLaunch", exec, s)
	}
	d.ok("cuStreamSynchronize", s)
	if v := d.download(y, 1)[0]; v != 16 {
		t.Errorf("y is %v after 5 replays, want 16", v)
	}
	d.clean()
}

// TestGraphEdges captures two streams: with the join's edge the order of nodes is fixed, without
// it the reverse order shows that it is missing.
func TestGraphEdges(t *testing.T) {
	for _, edge := range []bool{true, false} {
		t.Run(fmt.Sprint(edge), func(t *testing.T) {
			setUntilEnd(t, "order", control.Reverse, control.Forward)
			d := open(t)
			a, b, fork, join, f := d.stream(), d.stream(), d.event(), d.event(), d.kernel(double)
			x, y, z := d.upload([]float32{1}), d.upload([]float32{0}), d.alloc(4)
			d.ok("cuStreamBeginCapture_v2", a, 0)
			d.ok("cuEventRecord", fork, a)
			d.ok("cuStreamWaitEvent", b, fork, 0)
			d.launch(f, config{stream: a}, y, x)
			d.ok("cuEventRecord", join, a)
			if edge {
				d.ok("cuStreamWaitEvent", b, join, 0)
			}
			d.launch(f, config{stream: b}, z, y)
			d.ok("cuEventRecord", fork, b)
			d.ok("cuStreamWaitEvent", a, fork, 0)
			d.ok("cuGraphLaunch", d.instance(a), a)
			d.ok("cuStreamSynchronize", a)
			if v := d.download(z, 1)[0]; (v == 4) != edge {
				t.Errorf("z is %v", v)
			}
		})
	}
}

// TestCaptureRefuses makes calls that a capture in global mode forbids; each ends it.
func TestCaptureRefuses(t *testing.T) {
	const (
		unsupported = 900
		invalidated = 901
		unjoined    = 904
		isolation   = 905
		implicit    = 906
	)
	for _, c := range []struct {
		name string
		code int
		call func(d *device, s, other uintptr) int
	}{
		{"allocate", unsupported, func(d *device, s, other uintptr) int {
			return lib.Call("cuMemAlloc_v2", d.at(d.word()), 64)
		}},
		{"synchronise", unsupported, func(d *device, s, other uintptr) int { return lib.Call("cuStreamSynchronize", s) }},
		{"context", unsupported, func(d *device, s, other uintptr) int { return lib.Call("cuCtxSynchronize") }},
		{"poll", unsupported, func(d *device, s, other uintptr) int { return lib.Call("cuStreamQuery", s) }},
		{"blocking copy", implicit, func(d *device, s, other uintptr) int {
			return lib.Call("cuMemcpyDtoH_v2", address(d.bytes(4)), other, 4)
		}},
		{"event from outside", isolation, func(d *device, s, other uintptr) int {
			e, outside := d.event(), d.stream()
			d.ok("cuEventRecord", e, outside)
			return lib.Call("cuStreamWaitEvent", s, e, 0)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			s, p := d.stream(), d.upload([]float32{1})
			d.ok("cuStreamBeginCapture_v2", s, 0)
			if code := c.call(d, s, p); code != c.code {
				t.Errorf("status %d, want %d", code, c.code)
			}
			d.want(invalidated, "cuStreamEndCapture", s, d.at(d.word()))
			d.found("capture")
			d.ok("cuMemFree_v2", p)
		})
	}
	t.Run("no join", func(t *testing.T) {
		d := open(t)
		a, b, fork, f := d.stream(), d.stream(), d.event(), d.kernel(double)
		p := d.upload([]float32{1})
		d.ok("cuStreamBeginCapture_v2", a, 0)
		d.ok("cuEventRecord", fork, a)
		d.ok("cuStreamWaitEvent", b, fork, 0)
		d.launch(f, config{stream: b}, p, p)
		d.want(unjoined, "cuStreamEndCapture", a, d.at(d.word()))
		d.found("capture")
	})
}
