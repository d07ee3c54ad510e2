//go:build elbo_cuda

package emulator_test

import "testing"

// warpOps puts what each operation gives in a row of 32.
const warpOps = `extern "C" __global__ void k(float *p) {
	unsigned t = threadIdx.x, all = 0xffffffffu;
	p[0 * 32 + t] = __shfl_sync(all, (float)t, 5);
	p[1 * 32 + t] = __shfl_up_sync(all, (float)t, 3);
	p[2 * 32 + t] = __shfl_down_sync(all, (float)t, 4, 16);
	p[3 * 32 + t] = (float)__shfl_xor_sync(all, (double)t, 1);
	p[4 * 32 + t] = (float)__popc(__ballot_sync(all, t % 3 == 0));
	p[5 * 32 + t] = (float)__any_sync(all, t == 7);
	p[6 * 32 + t] = (float)__all_sync(all, t < 31);
	p[7 * 32 + t] = (float)__reduce_add_sync(all, t);
	p[8 * 32 + t] = (float)__reduce_max_sync(all, (int)t - 40);
	p[9 * 32 + t] = (float)__syncthreads_count(t < 10);
	p[10 * 32 + t] = t < 16 ? (float)__shfl_sync(0x0000ffffu, (int)t, 15) : (float)__shfl_sync(0xffff0000u, (int)t, 16);
	p[11 * 32 + t] = (float)__popc(__match_any_sync(all, t / 8));
}`

func TestWarpOperations(t *testing.T) {
	d := open(t)
	p := d.alloc(12 * 32 * 4)
	if code := d.run(d.kernel(warpOps), config{block: 32}, p); code != success {
		t.Fatalf("status %d: %s", code, lib.LastViolation())
	}
	got := d.download(p, 12*32)
	want := [12]func(t int) int{
		func(t int) int { return 5 },
		func(t int) int { return t - 3 + 3*b(t < 3) },
		func(t int) int { return t + 4 - 4*b(t%16 >= 12) },
		func(t int) int { return t ^ 1 },
		func(t int) int { return 11 },
		func(t int) int { return 1 },
		func(t int) int { return 0 },
		func(t int) int { return 31 * 32 / 2 },
		func(t int) int { return 31 - 40 },
		func(t int) int { return 10 },
		func(t int) int { return 15 + b(t >= 16) },
		func(t int) int { return 8 },
	}
	for row, f := range want {
		for lane := range 32 {
			if v := got[row*32+lane]; v != float32(f(lane)) {
				t.Errorf("operation %d, lane %d: %v, want %d", row, lane, v, f(lane))
			}
		}
	}
	d.clean()
}

func b(c bool) int {
	if c {
		return 1
	}
	return 0
}

// intrinsics writes 1 for each that gives what CUDA's documentation says.
const intrinsics = `extern "C" __global__ void k(float *p) {
	int i = 0;
	p[i++] = __umulhi(0x80000000u, 6u) == 3u;
	p[i++] = __mulhi(-2147483647 - 1, 2) == -1;
	p[i++] = __umul64hi(1ull << 63, 6ull) == 3ull;
	p[i++] = __popc(0xf0u) == 4 && __popcll(0xf00000000ull) == 4;
	p[i++] = __clz(1) == 31 && __clz(0) == 32 && __clzll(1) == 63;
	p[i++] = __ffs(8) == 4 && __ffs(0) == 0;
	p[i++] = __brev(1u) == 0x80000000u;
	p[i++] = __byte_perm(0x33221100u, 0x77665544u, 0x7531u) == 0x77553311u;
	p[i++] = __funnelshift_l(0x80000000u, 1u, 1u) == 3u;
	p[i++] = __float_as_uint(1.0f) == 0x3f800000u && __uint_as_float(0x40000000u) == 2.0f;
	p[i++] = __double_as_longlong(1.0) == 0x3ff0000000000000ll;
	p[i++] = __float2int_rn(2.5f) == 2 && __float2int_rz(-2.9f) == -2 && __float2int_rd(-2.1f) == -3;
	p[i++] = __float2int_rz(1e20f) == 2147483647 && __float2uint_rz(-3.0f) == 0u;
	p[i++] = __fmaf_rn(1.0f + 0x1p-23f, 1.0f - 0x1p-23f, -1.0f) == -0x1p-46f;
	p[i++] = __fmul_rn(3.0f, 0.5f) + __fadd_rn(1.0f, 2.0f) == 4.5f;
	p[i++] = __fsqrt_rn(9.0f) == 3.0f && __dsqrt_rn(16.0) == 4.0 && __frcp_rn(4.0f) == 0.25f;
	p[i++] = min(3, 4) == 3 && max(3.0f, 4.0f) == 4.0f && max(3u, 4u) == 4u;
	p[i++] = fmaxf(1.0f, __uint_as_float(0x7fc00000u)) == 1.0f;
	p[i++] = __saturatef(1.5f) == 1.0f && __saturatef(-1.0f) == 0.0f;
	p[i++] = rsqrtf(4.0f) == 0.5f && exp(0.0f) == 1.0f && fabs(-2.0) == 2.0;
	p[i++] = i == 20;
}`

func TestIntrinsics(t *testing.T) {
	d := open(t)
	p := d.upload(make([]float32, 32))
	if code := d.run(d.kernel(intrinsics), config{}, p); code != success {
		t.Fatalf("status %d: %s", code, lib.LastViolation())
	}
	for i, v := range d.download(p, 21) {
		if v != 1 {
			t.Errorf("intrinsic %d of the kernel gives %v, want 1", i, v)
		}
	}
}

// TestContraction has products and sums fused unless --fmad=false says otherwise, as NVRTC does.
func TestContraction(t *testing.T) {
	source := `extern "C" __global__ void k(float *p, const float *q) { p[0] = q[0] * q[1] + q[2]; }`
	for option, want := range map[string]float32{"--fmad=false": 0, "--fmad=true": -0x1p-46} {
		t.Run(option, func(t *testing.T) {
			d := open(t)
			_, log, text := lib.Compile(source, option)
			image := d.bytes(len(text) + 1)
			copy(image, text)
			m := d.out("cuModuleLoadData", address(image))
			defer lib.Call("cuModuleUnload", m)
			p := d.upload([]float32{1})
			q := d.upload([]float32{1 + 0x1p-23, 1 - 0x1p-23, -1})
			if code := d.run(d.out("cuModuleGetFunction", m, d.text("k")), config{}, p, q); code != success {
				t.Fatalf("status %d: %s %s", code, lib.LastViolation(), log)
			}
			if v := d.download(p, 1)[0]; v != want {
				t.Errorf("%v, want %v", v, want)
			}
		})
	}
}

// gridSum has blocks add, meet at a barrier of the whole grid made of an atomic counter, and read.
const gridSum = `
__device__ void meet(unsigned *count, unsigned blocks) {
	__syncthreads();
	if (threadIdx.x == 0) {
		__threadfence();
		atomicAdd(count, 1u);
		while (atomicAdd(count, 0u) < blocks) __nanosleep(20);
		__threadfence();
	}
	__syncthreads();
}
extern "C" __global__ void k(float *p, unsigned *count) {
	__shared__ float own[1];
	extern __shared__ float more[];
	if (threadIdx.x == 0) { own[0] = (float)blockIdx.x; more[0] = own[0]; p[blockIdx.x] = 1.0f; }
	meet(count, gridDim.x);
	if (threadIdx.x == 0) {
		float s = 0.0f;
		for (unsigned i = 0; i < gridDim.x; i++) s += p[i];
		p[gridDim.x + blockIdx.x] = own[0] == (float)blockIdx.x && more[0] == own[0] ? s : -1.0f;
	}
}`

// TestCooperativeLaunch keeps each block's shared memory while the others take their turns.
func TestCooperativeLaunch(t *testing.T) {
	d := open(t)
	p, count := d.alloc(4*24), d.upload([]float32{0})
	f := d.kernel(gridSum)
	if code := d.run(f, config{grid: 12, block: 64, shared: 16, cooperative: true}, p, count); code != success {
		t.Fatalf("status %d: %s", code, lib.LastViolation())
	}
	for i, v := range d.download(p+4*12, 12) {
		if v != 12 {
			t.Errorf("block %d sums %v, want 12", i, v)
		}
	}
	const tooLarge = 720 // 8 multiprocessors hold 32 blocks of 64 threads each
	if code := d.run(f, config{grid: 8*32 + 1, block: 64, shared: 16, cooperative: true}, p, count); code != tooLarge {
		t.Errorf("a grid that cannot be resident: status %d, want %d", code, tooLarge)
	}
	d.clean()
}
