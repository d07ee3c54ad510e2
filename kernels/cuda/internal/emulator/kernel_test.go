//go:build elbo_cuda

package emulator_test

import (
	"math"
	"strings"
	"testing"

	"elbo/kernels/cuda/internal/emulator/control"
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

// TestKernels has the same bits in every order of blocks and threads.
func TestKernels(t *testing.T) {
	for order, name := range []string{"forward", "reverse", "shuffled"} {
		t.Run(name, func(t *testing.T) {
			setUntilEnd(t, "order", order, 0)
			d := open(t)
			x := ramp(1000)
			y, px, sums := d.upload(make([]float32, 1000)), d.upload(x), d.alloc(16)
			if code := d.run(d.kernel(saxpy), config{grid: 4, block: 256}, y, px, 1000); code != success {
				t.Fatalf("saxpy returns %d: %s", code, lib.LastViolation())
			}
			for i, v := range d.download(y, 1000) {
				if v != 2*x[i] {
					t.Fatalf("y[%d] = %v, want %v", i, v, 2*x[i])
				}
			}
			if code := d.run(d.kernel(blockSum), config{grid: 4, block: 256}, sums, px, 1000); code != success {
				t.Fatalf("block sum returns %d: %s", code, lib.LastViolation())
			}
			// Whole numbers below 2^24: exact in any order.
			if got, want := total(d.download(sums, 4)), total(x); got != want {
				t.Fatalf("sum %v, want %v", got, want)
			}
			for _, p := range []uintptr{y, px, sums} {
				d.ok("cuMemFree_v2", p)
			}
			d.clean()
		})
	}
}

func total(v []float32) float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x)
	}
	return sum
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
	status, log, _ := lib.Compile("extern \"C\" __global__ void k(float *x) { x[0] = undeclared; }")
	if status != 6 || !strings.Contains(log, "undeclared") || !strings.Contains(log, "kernels.cu:1") {
		t.Errorf("status %d, log %q; want 6 and the line", status, log)
	}
	if status, log, _ = lib.Compile(saxpy, "--no-such-option"); status != 5 || !strings.Contains(log, "--no-such-option") {
		t.Errorf("status %d, log %q; want 5 and the option", status, log)
	}
	if status, _, _ = lib.Compile("#include <cstdio>\n" + saxpy); status != 6 {
		t.Errorf("a host header compiles: status %d, want 6", status)
	}
}

// TestRealCompiler has NVIDIA's compiler take what the emulator takes, where there is one.
func TestRealCompiler(t *testing.T) {
	real, err := control.RealNVRTC()
	if err != nil {
		t.Skip(err)
	}
	for _, source := range []string{saxpy, blockSum, double, increment, warpOps, intrinsics} {
		status, log, image := real.Compile(source, "--gpu-architecture=compute_80", "--std=c++17", "--fmad=false")
		if status != success || !strings.Contains(string(image), ".visible .entry k(") {
			t.Errorf("NVRTC %s returns %d: %s", real.CompilerVersion(), status, log)
		}
	}
}
