package kernelstest

import (
	"bytes"
	"errors"
	"os"
	"runtime/debug"
	"testing"
	"unsafe"

	"elbo/kernels"
)

// opened returns a device or ends the test.
func opened(t *testing.T, open func() (kernels.Device, error)) kernels.Device {
	t.Helper()
	dev, err := open()
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return dev
}

// mustFail reports an error that is missing or, when want is not nil, of another kind.
func mustFail(t *testing.T, what string, err, want error) {
	t.Helper()
	if err == nil || want != nil && !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

func mustWork(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// lifecycle checks buffers, executables and devices from first to last use, and that every
// use after the last is refused.
func lifecycle(t *testing.T, open func() (kernels.Device, error)) {
	dev := opened(t, open)
	if r := dev.Report(); r.Name == "" || r.Threads < 1 {
		t.Errorf("report %+v lacks a name or threads", r)
	}
	buffers(t, dev, opened(t, open))
	p := victim()
	b := NewBuilder("other", kernels.F32)
	b.Output("y", b.Apply(kernels.Step, kernels.Attr{}))
	exe, err := dev.Compile(p)
	mustWork(t, "compile", err)
	short, err := dev.Alloc(4)
	mustWork(t, "alloc", err)
	x, err := dev.Alloc(12)
	mustWork(t, "alloc", err)
	y, err := dev.Alloc(100)
	mustWork(t, "alloc", err)
	mustFail(t, "bind a short buffer", exe.Bind(0, short), nil)
	mustFail(t, "bind slot -1", exe.Bind(-1, x), nil)
	mustFail(t, "bind slot 2 of 2", exe.Bind(2, x), nil)
	mustFail(t, "bind nil", exe.Bind(0, nil), nil)
	mustWork(t, "bind", exe.Bind(0, x))
	mustFail(t, "run with an unbound slot", exe.Run(0, 1), nil)
	mustWork(t, "bind", exe.Bind(1, y))
	mustWork(t, "run", exe.Run(0, 1))
	mustWork(t, "run of no steps", exe.Run(0, 0))
	mustWork(t, "sync", dev.Sync())
	mustWork(t, "free a bound buffer", dev.Free(x))
	mustFail(t, "run with a freed buffer", exe.Run(0, 1), kernels.ErrClosed)
	mustFail(t, "bind a freed buffer", exe.Bind(0, x), kernels.ErrClosed)
	mustWork(t, "close executable", exe.Close())
	mustFail(t, "close executable again", exe.Close(), kernels.ErrClosed)
	mustFail(t, "run a closed executable", exe.Run(0, 1), kernels.ErrClosed)
	mustFail(t, "bind to a closed executable", exe.Bind(1, y), kernels.ErrClosed)

	open2, err := dev.Compile(b.Program())
	mustWork(t, "compile", err)
	mustWork(t, "bind", open2.Bind(0, y))
	mustWork(t, "close device", dev.Close())
	mustFail(t, "close device again", dev.Close(), kernels.ErrClosed)
	mustFail(t, "run on a closed device", open2.Run(0, 1), kernels.ErrClosed)
	mustFail(t, "free on a closed device", dev.Free(y), kernels.ErrClosed)
	mustFail(t, "write to a closed device", dev.Write(y, 0, []byte{1}), kernels.ErrClosed)
	mustFail(t, "read from a closed device", dev.Read(y, 0, []byte{1}), kernels.ErrClosed)
	mustFail(t, "sync of a closed device", dev.Sync(), kernels.ErrClosed)
	_, err = dev.Alloc(1)
	mustFail(t, "alloc on a closed device", err, kernels.ErrClosed)
	_, err = dev.Compile(victim())
	mustFail(t, "compile on a closed device", err, kernels.ErrClosed)
}

// buffers checks memory: zeroed, aligned, bounds kept, freed once, not shared between devices.
func buffers(t *testing.T, dev, other kernels.Device) {
	for _, n := range []int{0, 1, 63, 64, 65, 100000} {
		b, err := dev.Alloc(n)
		mustWork(t, "alloc", err)
		got := bytes.Repeat([]byte{7}, n)
		mustWork(t, "read", dev.Read(b, 0, got))
		if !bytes.Equal(got, make([]byte, n)) || b.Size() != n {
			t.Errorf("buffer of %d bytes has size %d or is not zeroed", n, b.Size())
		}
		if h := b.Host(); h != nil && (len(h) != n || n > 0 && uintptr(unsafe.Pointer(&h[0]))%64 != 0) {
			t.Errorf("host memory of %d bytes has %d or is not aligned to 64", n, len(h))
		}
		mustWork(t, "empty write at the end", dev.Write(b, n, nil))
		mustFail(t, "write past the end", dev.Write(b, n, []byte{1}), nil)
		mustFail(t, "read past the end", dev.Read(b, 1, make([]byte, n)), nil)
		mustFail(t, "write before the start", dev.Write(b, -1, nil), nil)
		mustFail(t, "free by another device", other.Free(b), nil)
		mustFail(t, "write by another device", other.Write(b, 0, make([]byte, n)), nil)
		mustWork(t, "free", dev.Free(b))
		mustFail(t, "free again", dev.Free(b), kernels.ErrClosed)
		mustFail(t, "write after free", dev.Write(b, 0, make([]byte, n)), kernels.ErrClosed)
		mustFail(t, "read after free", dev.Read(b, 0, make([]byte, n)), kernels.ErrClosed)
	}
	mustFail(t, "free nil", dev.Free(nil), nil)
	_, err := dev.Alloc(-1)
	mustFail(t, "alloc of -1 bytes", err, nil)
	_, err = dev.Alloc(1 << 50)
	mustFail(t, "alloc of a petabyte", err, kernels.ErrOutOfMemory)
	offsets(t, dev)
	mustWork(t, "close", other.Close())
}

// offsets checks writes and reads in the middle of a buffer.
func offsets(t *testing.T, dev kernels.Device) {
	b, err := dev.Alloc(10)
	mustWork(t, "alloc", err)
	mustWork(t, "write", dev.Write(b, 3, []byte{1, 2, 3}))
	mustWork(t, "write", dev.Write(b, 5, []byte{9}))
	got := make([]byte, 5)
	mustWork(t, "read", dev.Read(b, 2, got))
	if want := []byte{0, 1, 2, 9, 0}; !bytes.Equal(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
	mustWork(t, "free", dev.Free(b))
}

// binding checks that a slot can be bound anew between runs, to buffers larger than needed,
// and that two executables see one buffer.
func binding(t *testing.T, dev kernels.Device) {
	b := NewBuilder("count", kernels.F64)
	n := b.State("n", nil)
	b.Update(n, b.Elem(kernels.Affine, [2]float64{1, 1}, n))
	p := b.Program()
	var exes [2]kernels.Executable
	var bufs [2]kernels.Buffer
	var err error
	for i := range exes {
		exes[i], err = dev.Compile(p)
		mustWork(t, "compile", err)
		bufs[i], err = dev.Alloc(8 + 100*i)
		mustWork(t, "alloc", err)
	}
	// Buffer 0 is counted by executable 0 (2), then 1 (3); buffer 1 by executable 0 (4).
	for _, r := range [][3]int{{0, 0, 2}, {1, 0, 3}, {0, 1, 4}} {
		mustWork(t, "bind", exes[r[0]].Bind(0, bufs[r[1]]))
		mustWork(t, "run", exes[r[0]].Run(0, r[2]))
	}
	mustWork(t, "sync", dev.Sync())
	for i, want := range []float64{5, 4} {
		raw, x := make([]byte, 8), make([]float64, 1)
		mustWork(t, "read", dev.Read(bufs[i], 0, raw))
		if kernels.GetFloats(x, raw, kernels.F64); x[0] != want {
			t.Errorf("buffer %d counted %v, want %v", i, x[0], want)
		}
		mustWork(t, "close", exes[i].Close())
		mustWork(t, "free", dev.Free(bufs[i]))
	}
}

// cycles opens, uses and closes devices many times; memory must not grow with the number.
func cycles(t *testing.T, open func() (kernels.Device, error)) {
	const size, rounds = 1 << 20, 60
	use := func(n int) {
		for range n {
			dev := opened(t, open)
			b := NewBuilder("cycle", kernels.F32)
			u := b.Apply(kernels.RandUniform, kernels.Attr{Shape: kernels.Shape{size / 4}})
			b.Output("y", b.Elem(kernels.Neg, [2]float64{}, u))
			for _, free := range []bool{true, false} {
				s, err := NewSession(dev, b.Program(), nil)
				mustWork(t, "session", err)
				if free {
					mustWork(t, "run", s.Run(0, 1))
					mustWork(t, "close", s.Close())
				}
			}
			mustWork(t, "close device", dev.Close())
		}
	}
	use(5)
	before := resident()
	use(rounds)
	// A leak of one array a round would be 60 of them; half allows for the allocators' habits.
	if grown := resident() - before; grown > rounds/2*size {
		t.Errorf("%d rounds grew the process by %d MiB", rounds, grown>>20)
	}
}

// resident returns the bytes of memory the process holds after a collection, 0 where that is not known.
func resident() int {
	debug.FreeOSMemory()
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages := 0
	for _, c := range bytes.Fields(raw)[1] {
		pages = 10*pages + int(c-'0')
	}
	return pages * os.Getpagesize()
}
