//go:build elbo_cuda

package emulator_test

import "testing"

// tile is shared memory for bodies below, of which only the first block writes results.
const tile = `__shared__ float s[65]; bool first = blockIdx.x == 0; `

// TestAccessChecks plants what only checks of every access find, and beside each mistake the
// correct form.
func TestAccessChecks(t *testing.T) {
	for _, c := range []struct {
		name, body string
		kind       string // "" where nothing is wrong
	}{
		{"elementwise", `long long i = blockIdx.x * 64ll + t; if (i < n) p[i] = 2.0f * q[i];`, ""},
		{"one past the end", `if (t == 0) p[n] = 1.0f;`, "bounds"},
		{"read one past the end", `if (t == 0) p[0] = q[n];`, "bounds"},
		{"write of the same element", `p[0] = (float)t;`, "race"},
		{"neighbour without a barrier", tile + `s[t] = 0; __syncthreads(); s[t] = q[t]; if (first) p[t] = s[t ^ 1];`, "race"},
		{"neighbour after a barrier", tile + `s[t] = q[t]; __syncthreads(); if (first) p[t] = s[t ^ 1];`, ""},
		{"overwritten without a barrier", tile + `s[t] = q[t]; __syncthreads();
			float v = s[t ^ 1]; s[t] = 0.0f; if (first) p[t] = v;`, "race"},
		{"neighbour after __syncwarp", tile + `s[t] = q[t]; __syncwarp(); if (first) p[t] = s[t ^ 1];`, ""},
		{"other warp after __syncwarp", tile + `s[t] = q[t]; __syncwarp(); if (first) p[t] = s[t ^ 32];`, "race"},
		{"blocks write one element", `if (t == 0) p[0] = (float)blockIdx.x;`, "race"},
		{"blocks add atomically", `atomicAdd(p, 1.0f);`, ""},
		{"atomic beside a plain write", `if (t == 5) p[0] = 1.0f; else if (t == 40) atomicAdd(p, 1.0f);`, "race"},
		{"last block collects", `if (t == 0) { p[blockIdx.x + 1] = 1.0f; __threadfence();
			if (atomicAdd((unsigned *)p, 1u) == 1u) p[8] = p[1] + p[2]; }`, ""},
		{"block reads another's without counting", `unsigned b = blockIdx.x;
			if (t == 0) { p[b] = 1.0f; p[8 + b] = p[1 - b]; }`, "race"},
		{"shared memory not written", tile + `s[t] = 1.0f; __syncthreads(); if (first) p[t] = s[t + 1];`, "uninitialised"},
	} {
		t.Run(c.name, func(t *testing.T) {
			setUntilEnd(t, "access", 1, 0)
			d := open(t)
			p, q := d.upload(make([]float32, 64)), d.upload(make([]float32, 64))
			code := d.run(d.kernel(head+c.body+"\n}"), config{grid: 2, block: 64}, p, q, 64)
			if (code == success) != (c.kind == "") {
				t.Errorf("status %d: %s", code, lib.LastViolation())
			}
			if c.kind == "" {
				d.clean()
			} else {
				d.found(c.kind)
			}
		})
	}
}

// TestUnwrittenMemory reads device memory before anything wrote it: by a kernel, a product, a copy.
func TestUnwrittenMemory(t *testing.T) {
	for _, c := range []struct {
		name string
		read func(d *device, fresh, old uintptr) int
	}{
		{"kernel", func(d *device, fresh, old uintptr) int {
			return d.run(d.kernel(head+`p[t] = q[t];}`), config{block: 64}, old, fresh, 64)
		}},
		{"product", func(d *device, fresh, old uintptr) int {
			alpha, beta := d.factors(1, 1)
			h := d.blas()
			d.ok("cublasSgemm_v2", h, 0, 0, 4, 4, 4, alpha, old, 4, old, 4, beta, fresh, 4)
			return lib.Call("cuCtxSynchronize")
		}},
		{"copy", func(d *device, fresh, old uintptr) int {
			return lib.Call("cuMemcpyDtoH_v2", address(d.bytes(256)), fresh, 256)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			setUntilEnd(t, "access", 1, 0)
			d := open(t)
			old, fresh := d.upload(make([]float32, 64)), d.alloc(256)
			if code := c.read(d, fresh, old); code == success {
				t.Error("reading what nobody wrote succeeds")
			}
			d.found("uninitialised")
		})
	}
}
