//go:build elbo_cuda

package emulator_test

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"elbo/kernels/cuda/internal/emulator/control"
)

// pinned is page-locked memory of n float32.
func (d *device) pinned(n int) []float32 {
	w := d.word()
	d.ok("cuMemHostAlloc", d.at(w), uintptr(4*n), 0)
	p := *w
	d.t.Cleanup(func() { lib.Call("cuMemFreeHost", uintptr(p)) })
	return unsafe.Slice(*(**float32)(unsafe.Pointer(w)), n)
}

// stream is one that does not wait for the default stream.
func (d *device) stream() uintptr {
	s := d.out("cuStreamCreate", 1)
	d.t.Cleanup(func() { lib.Call("cuStreamDestroy_v2", s) })
	return s
}

func (d *device) event() uintptr {
	e := d.out("cuEventCreate", 0)
	d.t.Cleanup(func() { lib.Call("cuEventDestroy_v2", e) })
	return e
}

const double = `extern "C" __global__ void k(float *y, const float *x) { y[threadIdx.x] = 2.0f * x[threadIdx.x]; }`

// TestWorkWaits shows that work left unwaited for has not happened.
func TestWorkWaits(t *testing.T) {
	d := open(t)
	s, f := d.stream(), d.kernel(double)
	x, y := d.upload([]float32{1, 2, 3, 4}), d.alloc(16)
	host := d.pinned(4)
	host[3] = -1
	d.launch(f, config{block: 4, stream: s}, y, x)
	d.ok("cuMemcpyDtoHAsync_v2", address(host), y, 16, s)
	if host[3] != -1 {
		t.Errorf("read before the wait: %v, want the stale -1", host[3])
	}
	if v := d.download(y, 4)[3]; !math.IsNaN(float64(v)) {
		t.Errorf("the default stream sees %v of another stream's work that nothing waited for, want NaN", v)
	}
	d.ok("cuStreamSynchronize", s)
	if host[3] != 8 {
		t.Errorf("after the wait: %v, want 8", host[3])
	}
	d.clean()
}

// TestShuffledStreams has a copy read what a kernel of another stream writes. Without an event between
// them some orders give the stale bytes and some the new ones; with it none gives stale bytes.
func TestShuffledStreams(t *testing.T) {
	d := open(t)
	setUntilEnd(t, "order", control.Shuffled, control.Forward)
	a, b, e, f := d.stream(), d.stream(), d.event(), d.kernel(double)
	host := d.pinned(1)
	for _, held := range []bool{true, false} {
		seen := map[float32]int{}
		for seed := range 40 {
			setUntilEnd(t, "seed", seed, 0)
			x, y := d.upload([]float32{1}), d.upload([]float32{7})
			d.launch(f, config{stream: a}, y, x)
			if held {
				d.ok("cuEventRecord", e, a)
				d.ok("cuStreamWaitEvent", b, e, 0)
			}
			d.ok("cuMemcpyDtoHAsync_v2", address(host), y, 4, b)
			d.ok("cuStreamSynchronize", b)
			seen[host[0]]++
			d.ok("cuStreamSynchronize", a)
		}
		if held && seen[2] != 40 || !held && (seen[2] == 0 || seen[7] == 0 || seen[2]+seen[7] != 40) {
			t.Errorf("held back by an event %t: read %v", held, seen)
		}
	}
	d.clean()
}

// TestPinnedSourceReadLate changes pinned memory before the copy from it has run.
func TestPinnedSourceReadLate(t *testing.T) {
	d := open(t)
	s, host, p := d.stream(), d.pinned(1), d.alloc(4)
	host[0] = 1
	d.ok("cuMemcpyHtoDAsync_v2", p, address(host), 4, s)
	host[0] = 2
	d.ok("cuStreamSynchronize", s)
	if v := d.download(p, 1)[0]; v != 2 {
		t.Errorf("the copy took %v, want the 2 that was there when it ran", v)
	}
	pageable := floats(d.bytes(4))
	pageable[0] = 3
	d.ok("cuMemcpyHtoDAsync_v2", p, address(pageable), 4, s)
	pageable[0] = 4
	d.ok("cuStreamSynchronize", s)
	if v := d.download(p, 1)[0]; v != 3 {
		t.Errorf("the copy from pageable memory took %v, want the 3 that was there at the call", v)
	}
}

// TestEventsOrderStreams has one stream wait for another, or not.
func TestEventsOrderStreams(t *testing.T) {
	for _, wait := range []bool{true, false} {
		t.Run(fmt.Sprint(wait), func(t *testing.T) {
			d := open(t)
			a, b, e, f := d.stream(), d.stream(), d.event(), d.kernel(double)
			x, y, z := d.upload([]float32{1}), d.alloc(4), d.alloc(4)
			d.launch(f, config{stream: a}, y, x)
			d.ok("cuEventRecord", e, a)
			if wait {
				d.ok("cuStreamWaitEvent", b, e, 0)
			}
			d.launch(f, config{stream: b}, z, y)
			d.ok("cuStreamSynchronize", b)
			if v := d.download(z, 1)[0]; (v == 4) != wait {
				t.Errorf("z is %v", v)
			}
			d.ok("cuStreamSynchronize", a)
			d.clean()
		})
	}
}

// TestBlockingStreams order themselves with the default stream.
func TestBlockingStreams(t *testing.T) {
	d := open(t)
	s := d.out("cuStreamCreate", 0)
	f, x, y := d.kernel(double), d.upload([]float32{1}), d.alloc(4)
	d.launch(f, config{stream: s}, y, x)
	if v := d.download(y, 1)[0]; v != 2 {
		t.Errorf("the default stream sees %v, want 2", v)
	}
	d.ok("cuStreamDestroy_v2", s)
}

func TestPolls(t *testing.T) {
	d := open(t)
	s, e, f := d.stream(), d.event(), d.kernel(double)
	x, y := d.upload([]float32{1}), d.alloc(4)
	d.ok("cuStreamQuery", s)
	d.launch(f, config{stream: s}, y, x)
	d.ok("cuEventRecord", e, s)
	d.want(notReady, "cuEventQuery", e)
	d.want(notReady, "cuStreamQuery", s)
	d.ok("cuStreamQuery", s)
	d.ok("cuEventQuery", e)
	if v := d.download(y, 1)[0]; v != 2 {
		t.Errorf("y is %v, want 2", v)
	}
}

func TestElapsed(t *testing.T) {
	d := open(t)
	a, b := d.event(), d.event()
	ms := d.bytes(4)
	d.ok("cuEventRecord", a, 0)
	d.ok("cuEventRecord", b, 0)
	d.want(notReady, "cuEventElapsedTime", address(ms), a, b)
	d.ok("cuEventSynchronize", b)
	d.ok("cuEventElapsedTime", address(ms), a, b)
	if v := floats(ms)[0]; v < 0 {
		t.Errorf("%v ms between two events in order", v)
	}
}

// TestQueueIsBounded queues more than a driver would without a wait.
func TestQueueIsBounded(t *testing.T) {
	d := open(t)
	s, p := d.stream(), d.alloc(4)
	for range 3000 {
		d.ok("cuMemsetD32Async", p, 7, 1, s)
	}
	d.ok("cuStreamSynchronize", s)
	d.clean()
}
