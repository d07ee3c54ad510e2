//go:build elbo_cuda && linux

package cuda

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/driver"
	"elbo/kernels/cuda/internal/emulator/control"
	"elbo/kernels/kernelstest"
)

// life opens a device, trains, reads and closes, and returns what was read and the first error.
// Whatever failed, Close is called and the device gone.
func life(b *kernelstest.Builder, p *kernels.Program) (got map[string][]float64, err error) {
	dev, err := Open(Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	s, err := kernelstest.NewSession(dev, p, b.Feed)
	if err != nil {
		return nil, err
	}
	if err := s.Run(0, 3); err != nil {
		return nil, err
	}
	if got, err = s.Get(); err != nil {
		return nil, err
	}
	return got, s.Close()
}

// tiny is a program with a product from the library, an index, noise and a constant.
func tiny() *kernelstest.Builder {
	b := kernelstest.NewBuilder("tiny", kernels.F32)
	x := b.State("x", nil, 300, 4)
	idx := b.Index("idx", []float64{1, 2, 0}, 3)
	noise := b.Apply(kernels.RandNormal, kernels.Attr{Shape: kernels.Shape{4, 300}, Site: 1})
	square := b.Apply(kernels.MatMul, kernels.Attr{TransA: true, TransB: true}, x, noise)
	b.Output("rows", b.Apply(kernels.Gather, kernels.Attr{}, square, idx))
	b.Update(x, b.Elem(kernels.Add, [2]float64{}, x, b.Const([]float64{1, 2, 3, 4}, 4)))
	return b
}

// ways are how calls fail: one CUresult of each class, and what package kernels calls that class.
var ways = []struct {
	code int
	want error // nil: none of its own
}{
	{2, kernels.ErrOutOfMemory}, {719, kernels.ErrDeviceLost}, {1, nil}, // all of a run without ELBO_SLOW
	{999, kernels.ErrDeviceLost}, {214, kernels.ErrDeviceLost}, {100, kernels.ErrUnavailable},
	{201, nil}, {218, nil}, {304, nil}, {400, nil}, {500, nil}, {600, nil}, {701, nil}, {801, nil}, {901, nil},
}

// TestEveryCallMayFail fails each CUDA call of a device's life in turn, in one of three ways, with
// ELBO_SLOW=1 in all ways there are. Each time the failure is told as what it is, or the results have
// the bits of a life without it; nothing is left behind, and the next life is whole.
func TestEveryCallMayFail(t *testing.T) {
	if emulated == nil {
		t.Skip("failures are injected by the emulator, and this is a card")
	}
	b := tiny()
	p := b.Program()
	_, err := life(b, p)
	must(t, err)
	emulated.Clear()
	want, err := life(b, p)
	must(t, err)
	calls := emulated.Calls("")
	if calls < 50 {
		t.Fatalf("a life makes %d calls", calls)
	}
	defer emulated.Clear()
	slow := os.Getenv("ELBO_SLOW") != ""
	for i := range calls {
		for k, way := range ways {
			if !slow && (k != i%3 || testing.Short() && i%5 != 0) {
				continue
			}
			emulated.Clear()
			must(t, emulated.Inject(fmt.Sprintf("%d=%d", i, way.code)))
			got, err := life(b, p)
			what := fmt.Sprintf("call %d of %d fails with %d", i, calls, way.code)
			mayLeak := gaveBack(err) || way.want == kernels.ErrDeviceLost // a lost card takes all along
			if n := emulated.Violations(""); n > 0 && !(mayLeak && n == emulated.Violations("leak")) {
				t.Fatalf("%s: the emulator found %s (error: %v)", what, emulated.LastViolation(), err)
			}
			if inUse() && !mayLeak {
				t.Fatalf("%s: the card is still held (error: %v)", what, err)
			}
			letGo()
			if err != nil {
				told(t, what, err, way.code, way.want)
				emulated.Clear()
				got, err = life(b, p)
				must(t, err)
			}
			if err := kernelstest.SameBits(want, got); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
	}
}

// inUse reports whether somebody holds the card; on a card this process cannot tell.
func inUse() bool {
	if emulated == nil {
		return false
	}
	p, free := control.Memory(8)
	defer free()
	emulated.Call("cuDevicePrimaryCtxGetState", 0, uintptr(p), uintptr(p)+4)
	return unsafe.Slice((*int32)(p), 2)[1] != 0
}

// letGo gives the card back for whoever could not.
func letGo() {
	for emulated != nil && inUse() {
		emulated.Call("cuDevicePrimaryCtxRelease_v2", 0)
	}
}

// told checks that an error says what failed: the driver's number, of the right class, in an error of
// package driver. The other libraries have numbers of their own.
func told(t *testing.T, what string, err error, code int, class error) {
	t.Helper()
	var e *driver.Error
	switch {
	case !errors.As(err, &e):
		t.Errorf("%s: %v is no error of a call", what, err)
	case e.Library == driver.Driver && (e.Code != code || class != nil && !errors.Is(err, class)):
		t.Errorf("%s: %v is told, want class %v", what, err, class)
	}
	for _, other := range []error{kernels.ErrOutOfMemory, kernels.ErrDeviceLost} {
		if class != other && errors.Is(err, other) {
			t.Errorf("%s: %v counts as %v", what, err, other)
		}
	}
}

// gaveBack reports whether what failed was giving something back, which then stays where it is.
func gaveBack(err error) bool {
	for _, verb := range []string{"Destroy(", "Destroy:", "Free(", "Free:", "FreeHost(", "Unload", "Release"} {
		if err != nil && strings.Contains(err.Error(), verb) {
			return true
		}
	}
	return false
}

// TestLost: after a kernel kills the card everything says so but what gives something back, which
// succeeds once: memory and code are gone with the card, and a second error would only hide the first.
func TestLost(t *testing.T) {
	if emulated == nil {
		t.Skip("failures are injected by the emulator, and this is a card")
	}
	b := tiny()
	p := b.Program()
	dev := opened(t, Options{})
	other, err := dev.Compile(p)
	must(t, err)
	s, err := kernelstest.NewSession(dev, p, b.Feed)
	must(t, err)
	m, err := dev.Alloc(8)
	must(t, err)
	emulated.Clear()
	must(t, emulated.Inject("cuLaunchKernel:1+=719"))
	defer emulated.Clear()
	ran, again, synced := s.Run(0, 2), s.Run(2, 1), dev.Sync()
	_, allocated := dev.Alloc(8)
	_, compiled := dev.Compile(p)
	for _, c := range []struct {
		what string
		err  error
	}{
		{"run", ran}, {"run again", again}, {"sync", synced}, {"alloc", allocated}, {"compile", compiled},
		{"write", dev.Write(m, 0, []byte{1})}, {"read", dev.Read(m, 0, []byte{1})},
	} {
		if !errors.Is(c.err, kernels.ErrDeviceLost) {
			t.Errorf("%s: %v, want ErrDeviceLost", c.what, c.err)
		}
	}
	must(t, s.Close())
	must(t, dev.Free(m))
	must(t, other.Close())
	if err := errors.Join(dev.Free(m), other.Close()); !errors.Is(err, kernels.ErrClosed) {
		t.Errorf("freed and closed again: %v, want ErrClosed", err)
	}
	must(t, emulated.Inject("0+=719")) // nothing can be given back any more
	must(t, dev.Close())
	emulated.Clear()
	letGo()
}

// TestOutOfMemory: an allocation the card has no room for names what was asked for and what is free,
// and leaves the device usable.
func TestOutOfMemory(t *testing.T) {
	dev := opened(t, Options{})
	_, err := dev.Alloc(1 << 45)
	if !errors.Is(err, kernels.ErrOutOfMemory) {
		t.Fatalf("2⁴⁵ bytes: %v", err)
	}
	t.Log(err)
	m, err := dev.Alloc(100)
	must(t, err)
	must(t, dev.Free(m))
	must(t, dev.Sync())
	closed(t, dev)
}

// TestBadIndexAmongMany: rows added to a long table by chains refuse an index as short tables do.
func TestBadIndexAmongMany(t *testing.T) {
	dev := opened(t, Options{})
	b := kernelstest.NewBuilder("many rows", kernels.F32)
	idx := b.Index("idx", []float64{3, 900, 3}, 3)
	b.Output("y", b.Apply(kernels.ScatterAdd, kernels.Attr{Shape: kernels.Shape{900, 2}}, idx, b.Input("x", nil, 3, 2)))
	_, err := kernelstest.Exec(dev, b.Program(), b.Feed, 0, 1)
	if !errors.Is(err, kernels.ErrIndex) || !strings.Contains(err.Error(), "index 900 for 900 rows") {
		t.Errorf("error %v, want the index and the rows", err)
	}
	closed(t, dev)
}
