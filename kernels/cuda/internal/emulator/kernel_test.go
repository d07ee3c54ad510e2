//go:build elbo_cuda

package emulator_test

import (
	"math"
	"strings"
	"testing"
)

const saxpy = `
extern "C" __global__ void k(float *y, const float *x, long long n) {
	long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
	if (i < n) y[i] = 2.0f * x[i] + y[i];
}`

// blockSum sums a block's elements by a tree in shared memory, then by shuffles in a warp.
const blockSum = `
extern "C" __global__ void k(float *out, const float *x, long long n) {
	__shared__ float s[256];
	unsigned t = threadIdx.x;
	long long i = blockIdx.x * 256ll + t;
	s[t] = i < n ? x[i] : 0.0f;
	__syncthreads();
	for (unsigned h = 128; h >= 32; h /= 2) {
		if (t < h) s[t] += s[t + h];
		__syncthreads();
	}
	if (t < 32) {
		float v = s[t];
		for (int d = 16; d > 0; d /= 2) v += __shfl_down_sync(0xffffffffu, v, d);
		if (t == 0) out[blockIdx.x] = v;
	}
}`

func ramp(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i % 100)
	}
	return v
}

func TestKernels(t *testing.T) {
	for _, order := range []int{0, 1, 2} {
		setUntilEnd(t, "order", order, 0)
		d := open(t)
		x := ramp(1000)
		y, px := d.upload(make([]float32, 1000)), d.upload(x)
		if code := d.run(d.kernel(saxpy), config{grid: 4, block: 256}, y, px, 1000); code != success {
			t.Fatalf("order %d: saxpy returns %d: %s", order, code, lib.LastViolation())
		}
		for i, v := range d.download(y, 1000) {
			if v != 2*x[i] {
				t.Fatalf("order %d: y[%d] = %v, want %v", order, i, v, 2*x[i])
			}
		}
		sums := d.alloc(16)
		if code := d.run(d.kernel(blockSum), config{grid: 4, block: 256}, sums, px, 1000); code != success {
			t.Fatalf("order %d: block sum returns %d: %s", order, code, lib.LastViolation())
		}
		var want, got float64
		for _, v := range x {
			want += float64(v)
		}
		for _, v := range d.download(sums, 4) {
			got += float64(v)
		}
		if got != want { // whole numbers below 2^24: exact in any order
			t.Fatalf("order %d: sum %v, want %v", order, got, want)
		}
		d.ok("cuMemFree_v2", y)
		d.ok("cuMemFree_v2", px)
		d.ok("cuMemFree_v2", sums)
		d.clean()
	}
}

func TestMemoryStartsAsNaN(t *testing.T) {
	d := open(t)
	for _, n := range []int{1, 1000, 32 << 20} {
		p := d.alloc(4 * n)
		for _, i := range []int{0, n / 2, n - 1} {
			if v := d.download(p+uintptr(4*i), 1)[0]; !math.IsNaN(float64(v)) {
				t.Errorf("element %d of %d starts as %v, want NaN", i, n, v)
			}
		}
		d.ok("cuMemFree_v2", p)
	}
}

func TestCompileErrors(t *testing.T) {
	d := open(t)
	status, log, _ := d.compile("extern \"C\" __global__ void k(float *x) { x[0] = undeclared; }")
	if status != 6 || !strings.Contains(log, "undeclared") || !strings.Contains(log, "test.cu:1") {
		t.Errorf("status %d, log %q; want 6 and the line", status, log)
	}
	if status, log, _ = d.compile(saxpy, "--no-such-option"); status != 5 || !strings.Contains(log, "--no-such-option") {
		t.Errorf("status %d, log %q; want 5 and the option", status, log)
	}
	if status, _, _ = d.compile("#include <cstdio>\n" + saxpy); status != 6 {
		t.Errorf("a host header compiles: status %d, want 6", status)
	}
}
