//go:build elbo_cuda && linux

package cuda

import (
	"testing"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/emulator/control"
	"elbo/kernels/kernelstest"
)

// mixing is a program in whose steps every block of a node needs what all blocks of the node before
// made: rows in reverse order, sums shared by blocks, and a state read before it is written.
func mixing(n int) *kernelstest.Builder {
	none := [2]float64{}
	b := kernelstest.NewBuilder("mixing", kernels.F64)
	start, back := make([]float64, n), make([]float64, n)
	for i := range n {
		start[i], back[i] = float64(i%17), float64(n-1-i)
	}
	x := b.State("x", start, n, 1)
	noise := b.Apply(kernels.RandNormal, kernels.Attr{Shape: kernels.Shape{n, 1}, Site: 3})
	turned := b.Apply(kernels.Gather, kernels.Attr{}, x, b.Index("back", back, n))
	y := b.Elem(kernels.Add, none, turned, noise)
	mean := b.Elem(kernels.Affine, [2]float64{1 / float64(n), 0}, b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0}}, y))
	b.Output("mean", mean)
	again := b.Apply(kernels.Gather, kernels.Attr{}, y, b.Index("back again", back, n))
	b.Update(x, b.Elem(kernels.Axpy, [2]float64{0.5}, again, noise))
	return b
}

// TestBlocksMeet: the single kernel with several blocks has the bits of the launches, in whichever
// order its blocks come.
func TestBlocksMeet(t *testing.T) {
	b := mixing(1500)
	p := b.Program()
	plain := opened(t, Options{whole: wholeNever})
	want, err := kernelstest.Exec(plain, p, b.Feed, 4, 6)
	must(t, err)
	closed(t, plain)
	for _, order := range []int{control.Forward, control.Reverse, control.Shuffled} {
		if emulated != nil {
			must(t, emulated.Set("order", order))
		}
		dev := opened(t, Options{whole: wholeAlways})
		s, err := kernelstest.NewSession(dev, p, b.Feed)
		must(t, err)
		must(t, s.Run(4, 1)) // the first step of an executable goes launch by launch
		must(t, s.Run(5, 5))
		if n := only(dev).whole.now.blocks; n < 2 {
			t.Errorf("the kernel has %d blocks", n)
		}
		got, err := s.Get()
		must(t, err)
		if err := kernelstest.SameBits(want, got); err != nil {
			t.Errorf("order %d: %v", order, err)
		}
		must(t, s.Close())
		closed(t, dev)
	}
	if emulated != nil {
		must(t, emulated.Set("order", control.Forward))
	}
	clean(t)
}

// TestManyStepsInOneKernel: more steps than one launch takes.
func TestManyStepsInOneKernel(t *testing.T) {
	dev := opened(t, Options{whole: wholeAlways})
	b := kernelstest.NewBuilder("count", kernels.F64)
	n := b.State("n", nil)
	b.Update(n, b.Elem(kernels.Affine, [2]float64{1, 1}, n))
	const steps = 2*mostInKernel + 10
	got, err := kernelstest.Exec(dev, b.Program(), nil, 0, steps)
	must(t, err)
	if got["n"][0] != steps {
		t.Errorf("%d steps count %v", steps, got["n"][0])
	}
	closed(t, dev)
	clean(t)
}

// TestNoSingleKernel: where slots share a buffer, and on a card whose blocks cannot wait for each
// other, steps stay launches.
func TestNoSingleKernel(t *testing.T) {
	const n = 600
	for _, shared := range []bool{true, false} {
		dev := opened(t, Options{whole: wholeAlways})
		dev.info.Cooperative = shared
		exe, err := dev.Compile(accumulate(n))
		must(t, err)
		var slots [2]kernels.Buffer
		for i := range slots {
			slots[i], err = dev.Alloc(8 * n)
			must(t, err)
		}
		if shared {
			slots[1] = slots[0]
		}
		ones, raw := make([]float64, n), make([]byte, 8*n)
		for i := range ones {
			ones[i] = 1
		}
		kernels.PutFloats(raw, ones, kernels.F64)
		must(t, dev.Write(slots[0], 0, raw))
		must(t, exe.Bind(0, slots[0]))
		must(t, exe.Bind(1, slots[1]))
		if emulated != nil {
			emulated.Clear()
		}
		must(t, exe.Run(0, 5))
		must(t, dev.Read(slots[1], 0, raw))
		kernels.GetFloats(ones, raw, kernels.F64)
		if want := map[bool]float64{true: 32, false: 5}[shared]; ones[n-1] != want {
			t.Errorf("one buffer %t: %v, want %v", shared, ones[n-1], want)
		}
		if emulated != nil && emulated.Calls("cuLaunchCooperativeKernel") > 0 {
			t.Errorf("one buffer %t: run as one kernel", shared)
		}
		closed(t, dev)
	}
	clean(t)
}
