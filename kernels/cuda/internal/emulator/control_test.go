//go:build elbo_cuda

package emulator_test

import (
	"runtime"
	"strings"
	"testing"
)

func TestInject(t *testing.T) {
	for _, c := range []struct {
		plan string
		want []int // statuses of cuMemAlloc, cuMemFree, cuMemAlloc, cuMemFree
	}{
		{"0=2", []int{2, 0, 0, 0}},
		{"1=999", []int{0, 999, 0, 0}},
		{"cuMemAlloc:1=2", []int{0, 0, 2, 0}},
		{"cuMemAlloc_v2:0=2", []int{2, 0, 0, 0}},
		{"2+=700", []int{0, 0, 700, 700}},
		{"cuMemFree:0+=719", []int{0, 719, 0, 719}},
	} {
		t.Run(c.plan, func(t *testing.T) {
			d := open(t)
			w := d.word()
			if err := lib.Inject(c.plan); err != nil {
				t.Fatal(err)
			}
			for i, want := range c.want {
				got := 0
				if i%2 == 0 {
					*w = 0
					got = lib.Call("cuMemAlloc_v2", d.at(w), 64)
				} else {
					got = lib.Call("cuMemFree_v2", uintptr(*w))
				}
				if got != want {
					t.Errorf("call %d returns %d, want %d", i, got, want)
				}
			}
		})
	}
	if err := lib.Inject("nonsense"); err == nil {
		t.Error("a plan without a code is accepted")
	}
}

// TestInjectOtherLibraries has the same failure under each library's own number.
func TestInjectOtherLibraries(t *testing.T) {
	d := open(t)
	for _, c := range []struct {
		plan, call string
		want       int
	}{
		{"0=2", "cublasCreate_v2", 3}, {"0=700", "cublasCreate_v2", 13},
		{"0=2", "nvrtcVersion", 1}, {"0=700", "nvrtcVersion", 11},
	} {
		if err := lib.Inject(c.plan); err != nil {
			t.Fatal(err)
		}
		d.want(c.want, c.call, d.at(d.word()), d.at(d.word()))
	}
}

func TestCallsAreCounted(t *testing.T) {
	d := open(t)
	lib.Clear()
	d.ok("cuMemFree_v2", d.alloc(4))
	if n := lib.Calls(""); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
	if n := lib.Calls("cuMemFree_v2"); n != 1 {
		t.Errorf("%d calls of cuMemFree_v2, want 1", n)
	}
	if name := lib.LastCall(); name != "cuMemFree_v2" {
		t.Errorf("last call %s, want cuMemFree_v2", name)
	}
}

func TestMemoryIsLimited(t *testing.T) {
	d := open(t)
	setUntilEnd(t, "memory", 1<<20, 2<<30)
	free, total := d.word(), d.word()
	d.want(outOfMemory, "cuMemAlloc_v2", d.at(d.word()), 1<<20+1)
	p := d.alloc(1 << 20)
	d.ok("cuMemGetInfo_v2", d.at(free), d.at(total))
	if *free != 0 || *total != 1<<20 {
		t.Errorf("%d of %d bytes free, want 0 of %d", *free, *total, 1<<20)
	}
	d.want(outOfMemory, "cuMemAlloc_v2", d.at(d.word()), 1)
	d.ok("cuMemFree_v2", p)
	d.ok("cuMemFree_v2", d.alloc(1<<20))
	d.clean()
}

// TestLeaks ends a context that still owns something.
func TestLeaks(t *testing.T) {
	for _, c := range []struct {
		what  string
		leave func(d *device)
	}{
		{"device allocation", func(d *device) { d.alloc(64) }},
		{"pinned allocation", func(d *device) { d.out("cuMemHostAlloc", 64, 0) }},
		{"stream", func(d *device) { d.out("cuStreamCreate", 1) }},
		{"event", func(d *device) { d.out("cuEventCreate", 0) }},
		{"module", func(d *device) { d.module(saxpy) }},
		{"cuBLAS", func(d *device) { d.out("cublasCreate_v2") }},
		{"graphs", func(d *device) {
			s := d.out("cuStreamCreate", 1)
			d.ok("cuStreamBeginCapture_v2", s, 0)
			d.ok("cuStreamEndCapture", s, d.at(d.word()))
			d.ok("cuStreamDestroy_v2", s)
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			d := open(t)
			c.leave(d)
			d.ok("cuDevicePrimaryCtxRelease_v2", 0)
			d.found("leak")
			if !strings.Contains(lib.LastViolation(), c.what) {
				t.Errorf("reported %q, want a word of %s", lib.LastViolation(), c.what)
			}
			context := d.word()
			d.ok("cuDevicePrimaryCtxRetain", d.at(context), 0)
			d.ok("cuCtxSetCurrent", uintptr(*context))
		})
	}
}

// TestOtherThread makes a call where no context is current.
func TestOtherThread(t *testing.T) {
	d := open(t)
	done := make(chan int)
	go func() {
		runtime.LockOSThread()
		done <- lib.Call("cuMemGetInfo_v2", d.at(d.word()), d.at(d.word()))
	}()
	if code := <-done; code != invalidContext {
		t.Errorf("status %d, want %d", code, invalidContext)
	}
	d.found("context")
}

// TestGoFaultsStayGo has Go's own nil dereference panic as ever after the emulator has taken
// the signal for a kernel's fault.
func TestGoFaultsStayGo(t *testing.T) {
	d := open(t)
	p := d.upload(make([]float32, 64))
	d.run(d.kernel(head+`p[n + 100000] = 1.0f;}`), config{block: 64}, p, p, 64)
	d.found("bounds")
	defer func() {
		if recover() == nil {
			t.Error("a nil dereference did not panic")
		}
	}()
	var null *device
	_ = null.t
	_ = *(*int)(nil)
}

// TestUnloadedModule unloads a module whose kernel is still queued, and one twice.
func TestUnloadedModule(t *testing.T) {
	d := open(t)
	m := d.module(saxpy)
	f := d.out("cuModuleGetFunction", m, d.text("k"))
	p := d.upload([]float32{1})
	d.launch(f, config{}, p, p, 1)
	d.ok("cuModuleUnload", m)
	d.want(invalidHandle, "cuCtxSynchronize")
	d.found("freed")
}

func TestNames(t *testing.T) {
	d := open(t)
	m := d.module(saxpy + `
		__device__ float table[4];
		__global__ void mangled(float *y) { y[0] = 1.0f; }`)
	d.want(notFound, "cuModuleGetFunction", d.at(d.word()), m, d.text("mangled"))
	d.want(notFound, "cuModuleGetFunction", d.at(d.word()), m, d.text("absent"))
	p, n := d.word(), d.word()
	d.ok("cuModuleGetGlobal_v2", d.at(p), d.at(n), m, d.text("table"))
	if *n != 16 {
		t.Errorf("table has %d bytes, want 16", *n)
	}
	d.want(invalidValue, "cuMemsetD8_v2", uintptr(*p), 0, 17)
	d.ok("cuMemsetD8_v2", uintptr(*p), 0, 16)
}

func TestDamagedImage(t *testing.T) {
	d := open(t)
	_, _, text := lib.Compile(saxpy)
	image := d.bytes(len(text))
	copy(image, text)
	image[len(image)/2] ^= 1
	d.want(200, "cuModuleLoadData", d.at(d.word()), address(image))
}
