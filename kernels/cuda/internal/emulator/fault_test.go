//go:build elbo_cuda

package emulator_test

import "testing"

// head declares the kernel every faulty body below stands in, with 64 threads a block.
const head = `extern "C" __global__ void k(float *p, const float *q, long long n) {
	unsigned t = threadIdx.x; (void)t;
	`

// TestPlantedFaults plants one mistake after another in a kernel and expects it to be named.
func TestPlantedFaults(t *testing.T) {
	for _, c := range []struct {
		name, body string
		code       int
		kind       string
	}{
		{"far past the end", `p[n + 100000] = 1.0f;`, illegalAddress, "bounds"},
		{"one past the end", `if (t == 0) p[n] = 1.0f;`, illegalAddress, "bounds"},
		{"one before the start", `if (t == 0) p[-1] = 1.0f;`, illegalAddress, "bounds"},
		{"read far past the end", `p[0] = q[n + 100000];`, illegalAddress, "bounds"},
		{"null", `*(volatile float *)0 = 1.0f;`, illegalAddress, "bounds"},
		{"local array", `volatile float a[4]; a[n & 127] = 1.0f; p[t] = a[0];`, illegalAddress, "bounds"},
		{"shared array", `__shared__ float s[32]; s[t] = 1.0f; __syncthreads(); p[t] = s[0];`, illegalAddress, "bounds"},
		{"large stack", `volatile float a[20000]; for (int i = 0; i < 20000; i++) a[i] = q[0]; p[t] = a[n];`, 701, "bounds"},
		{"misaligned vector", `*(float4 *)(p + 1) = make_float4(1, 2, 3, 4);`, misaligned, "misaligned"},
		{"misaligned double", `p[t] = (float)*(const double *)(q + 1);`, misaligned, "misaligned"},
		{"barrier in a branch", `if (t < 32) __syncthreads(); else { p[t] = 1.0f; __syncthreads(); }`,
			launchFailed, "barrier"},
		{"barrier after return", `if (t >= 40) return; __syncthreads(); p[t] = 1.0f;`, launchFailed, "barrier"},
		{"barrier against a shuffle", `if (t < 4) __syncthreads(); else p[t] = __shfl_sync(~0u, 1.0f, 0);`,
			launchFailed, "barrier"},
		{"lane not in its mask", `p[t] = __shfl_sync(1u, 1.0f, 0);`, launchFailed, "warp"},
		{"width not a power of two", `p[t] = __shfl_sync(~0u, 1.0f, 0, 12);`, launchFailed, "warp"},
		{"division by zero", `p[t] = (float)(7 / (int)(n - 64));`, launchFailed, "trap"},
		{"trap", `if (t == 3) __trap();`, launchFailed, "trap"},
		{"assertion", `assert(t < 10);`, 710, "trap"},
		{"spin on another block", `while (atomicAdd((int *)p, 0) < 100) __nanosleep(10);`, launchFailed, "spin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			p, q := d.upload(make([]float32, 64)), d.upload(make([]float32, 64))
			if code := d.run(d.kernel(head+c.body+"\n}"), config{block: 64}, p, q, 64); code != c.code {
				t.Errorf("status %d, want %d: %s", code, c.code, lib.LastViolation())
			}
			d.found(c.kind)
			d.want(c.code, "cuMemFree_v2", p) // the error stays until the context ends
		})
	}
}

// TestAbsentLane has a lane shuffle from one that returned: what it gets is no number.
func TestAbsentLane(t *testing.T) {
	d := open(t)
	p := d.upload(make([]float32, 64))
	body := `if (t >= 48) return; p[t] = __shfl_down_sync(~0u, 1.0f, 16);`
	d.run(d.kernel(head+body+"}"), config{block: 64}, p, p, 64)
	d.found("warp")
	if v := d.download(p+4*40, 1)[0]; v == v {
		t.Errorf("lane 8 of warp 1 got %v from a lane that is not there, want NaN", v)
	}
	d.ok("cuMemFree_v2", p)
}

// TestWrongPointers gives kernels and copies addresses that are no device memory of theirs.
func TestWrongPointers(t *testing.T) {
	d := open(t)
	f := d.kernel(saxpy)
	p := d.upload(make([]float32, 64))
	host := d.bytes(256)
	d.launch(f, config{block: 64}, p, address(host), 64)
	d.found("host-pointer")

	lib.Clear()
	gone := d.upload(make([]float32, 64))
	d.ok("cuMemFree_v2", gone)
	d.launch(f, config{block: 64}, p, gone, 64)
	d.found("freed")
	d.want(illegalAddress, "cuCtxSynchronize")
}

// TestCopies plants mistakes in copies: each is refused at the call.
func TestCopies(t *testing.T) {
	for _, c := range []struct {
		name, kind string
		call       func(d *device, p uintptr, host []byte) int
	}{
		{"too long to the device", "copy", func(d *device, p uintptr, host []byte) int {
			return lib.Call("cuMemcpyHtoD_v2", p, address(host), 404)
		}},
		{"too long from the device", "copy", func(d *device, p uintptr, host []byte) int {
			return lib.Call("cuMemcpyDtoH_v2", address(host), p+8, 400)
		}},
		{"fill too long", "copy", func(d *device, p uintptr, host []byte) int {
			return lib.Call("cuMemsetD8_v2", p, 0, 401)
		}},
		{"overlap", "copy", func(d *device, p uintptr, host []byte) int {
			return lib.Call("cuMemcpyDtoD_v2", p, p+100, 200)
		}},
		{"device pointer as host", "copy", func(d *device, p uintptr, host []byte) int {
			return lib.Call("cuMemcpyHtoD_v2", p, p, 100)
		}},
		{"host pointer as device", "host-pointer", func(d *device, p uintptr, host []byte) int {
			return lib.Call("cuMemcpyHtoD_v2", address(host), address(host), 100)
		}},
		{"pinned memory too short", "copy", func(d *device, p uintptr, host []byte) int {
			pinned := d.out("cuMemHostAlloc", 300, 0)
			defer lib.Call("cuMemFreeHost", pinned)
			return lib.Call("cuMemcpyHtoDAsync_v2", p, pinned, 304, 0)
		}},
		{"freed", "freed", func(d *device, p uintptr, host []byte) int {
			q := d.alloc(400)
			d.ok("cuMemFree_v2", q)
			return lib.Call("cuMemcpyHtoD_v2", q, address(host), 400)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			p := d.alloc(400)
			if code := c.call(d, p, d.bytes(1000)); code != invalidValue {
				t.Errorf("status %d, want %d", code, invalidValue)
			}
			d.found(c.kind)
			d.ok("cuMemFree_v2", p)
		})
	}
}

func TestFrees(t *testing.T) {
	d := open(t)
	p := d.alloc(100)
	d.want(invalidValue, "cuMemFree_v2", p+4)
	d.found("free")
	d.ok("cuMemFree_v2", p)
	lib.Clear()
	d.want(invalidValue, "cuMemFree_v2", p)
	d.found("double-free")
	lib.Clear()
	d.want(invalidValue, "cuMemFreeHost", address(d.bytes(8)))
	d.found("double-free")
}

// TestFreedBeforeUse frees memory that queued work still uses.
func TestFreedBeforeUse(t *testing.T) {
	d := open(t)
	f := d.kernel(saxpy)
	p, q := d.upload(make([]float32, 64)), d.upload(make([]float32, 64))
	if code := d.launch(f, config{block: 64}, p, q, 64); code != success {
		t.Fatal(code)
	}
	d.ok("cuMemFree_v2", q)
	d.want(illegalAddress, "cuCtxSynchronize")
	d.found("freed")
}

func TestLaunchShapes(t *testing.T) {
	d := open(t)
	bounded := `extern "C" __global__ void __launch_bounds__(64) k(float *p) {
		extern __shared__ float s[]; s[threadIdx.x] = 1.0f; p[threadIdx.x] = s[threadIdx.x]; }`
	f := d.kernel(bounded)
	p := d.upload(make([]float32, 64))
	for _, c := range []struct {
		name string
		c    config
		code int
	}{
		{"1025 threads", config{block: 1025}, invalidValue},
		{"beyond __launch_bounds__", config{block: 96, shared: 384}, invalidValue},
		{"too much shared memory", config{block: 64, shared: 49<<10 + 1}, invalidValue},
		{"fits", config{block: 64, shared: 256}, success},
	} {
		lib.Clear()
		if code := d.run(f, c.c, p); code != c.code {
			t.Errorf("%s: status %d, want %d", c.name, code, c.code)
		}
		if (lib.Violations("launch") == 0) != (c.code == success) {
			t.Errorf("%s: %d violations of kind launch", c.name, lib.Violations("launch"))
		}
	}
	lib.Clear()
	d.want(illegalAddress, "cuCtxSynchronize", overrunShared(d, f, p)...)
	d.found("bounds")
}

// overrunShared launches with less dynamic shared memory than the kernel uses.
func overrunShared(d *device, f, p uintptr) []uintptr {
	d.launch(f, config{block: 64, shared: 128}, p)
	return nil
}
