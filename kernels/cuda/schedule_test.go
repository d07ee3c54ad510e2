//go:build elbo_cuda && linux

package cuda

import (
	"errors"
	"fmt"
	"testing"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/emulator/control"
	"elbo/kernels/kernelstest"
)

// shuffle lets the emulator choose orders by a seed until the test ends. A card schedules as it likes.
func shuffle(t *testing.T, seed int) {
	t.Helper()
	if emulated == nil {
		return
	}
	must(t, emulated.Set("order", control.Shuffled))
	must(t, emulated.Set("seed", seed))
	t.Cleanup(func() { must(t, errors.Join(emulated.Set("order", control.Forward), emulated.Set("seed", 1))) })
}

// accumulate is a program that adds a batch of n numbers to a sum.
func accumulate(n int) *kernels.Program {
	b := kernelstest.NewBuilder("accumulate", kernels.F64)
	x, sum := b.Input("x", nil, n), b.State("sum", nil, n)
	b.Update(sum, b.Elem(kernels.Add, [2]float64{}, sum, x))
	return b.Program()
}

// alternate writes batches to several buffers while runs that read others are under way, as a feeder
// does, and waits for all every few rounds (0: never).
func alternate(t *testing.T, slots, rounds, every int) {
	t.Helper()
	const n = 3000
	dev := opened(t, Options{})
	exe, err := dev.Compile(accumulate(n))
	must(t, err)
	var batches []kernels.Buffer
	for range slots {
		m, err := dev.Alloc(8 * n)
		must(t, err)
		batches = append(batches, m)
	}
	total, err := dev.Alloc(8 * n) // zeros: nothing else is written to it
	must(t, err)
	must(t, exe.Bind(1, total))
	want, raw, v := 0.0, make([]byte, 8*n), make([]float64, n)
	for i := range rounds {
		for j := range v {
			v[j] = float64(i + 1)
		}
		want += float64(i + 1)
		kernels.PutFloats(raw, v, kernels.F64)
		batch := batches[i%slots]
		must(t, dev.Write(batch, 0, raw))
		must(t, exe.Bind(0, batch))
		must(t, exe.Run(uint64(i), 1))
		if every > 0 && i%every == every-1 {
			must(t, dev.Sync())
		}
	}
	must(t, dev.Read(total, 0, raw))
	kernels.GetFloats(v, raw, kernels.F64)
	if kept := len(only(dev).graphs.list); kept > graphsKept {
		t.Errorf("%d graphs are kept, more than %d", kept, graphsKept)
	}
	for i, got := range v {
		if got != want {
			t.Fatalf("%d buffers: element %d is %v, want %v", slots, i, got, want)
		}
	}
	closed(t, dev)
}

// TestAlternatingBuffers has more bindings than graphs are kept of.
func TestAlternatingBuffers(t *testing.T) {
	alternate(t, graphsKept+3, 60, 0)
	clean(t)
}

// TestAnySchedule: whichever stream is ahead, writes come after the runs before them and before the
// runs after them, and memory is zero before anything uses it.
func TestAnySchedule(t *testing.T) {
	for seed := range 4 {
		shuffle(t, seed)
		for _, slots := range []int{1, 2, graphsKept + 3} {
			for _, every := range []int{0, 2} {
				alternate(t, slots, 24, every)
			}
		}
	}
	clean(t)
}

// TestZerosInAnySchedule: a run sees zeros in memory nothing was written to.
func TestZerosInAnySchedule(t *testing.T) {
	for seed := range 20 {
		shuffle(t, seed)
		dev := opened(t, Options{})
		s, err := kernelstest.NewSession(dev, accumulate(100), nil)
		must(t, err)
		must(t, s.Run(0, 2))
		got, err := s.Get()
		must(t, err)
		if got["sum"][99] != 0 {
			t.Fatalf("seed %d: a sum of zeros is %v", seed, got["sum"][99])
		}
		closed(t, dev)
	}
	clean(t)
}

// TestStagingInAnySchedule: pinned memory is filled again only when it was copied from.
func TestStagingInAnySchedule(t *testing.T) {
	for seed := range 3 {
		shuffle(t, seed)
		must(t, largeWrite(seed))
	}
	clean(t)
}

// largeWrite goes through the staging area more than twice and ends in its middle.
func largeWrite(seed int) error {
	dev, err := Open(Options{})
	if err != nil {
		return err
	}
	src := make([]byte, 9*stageBytes/2+12345)
	for i := range src {
		src[i] = byte((i+seed)*7>>3 + i>>20)
	}
	m, err := dev.Alloc(len(src) + 100)
	if err != nil {
		return err
	}
	if err := dev.Write(m, 100, src); err != nil {
		return err
	}
	got := make([]byte, len(src))
	if err := dev.Read(m, 100, got); err != nil {
		return err
	}
	for i := range got {
		if got[i] != src[i] {
			return fmt.Errorf("byte %d of %d is %d, want %d", i, len(got), got[i], src[i])
		}
	}
	return dev.Close()
}

// TestLargeWrites goes through the staging area many times and ends in its middle.
func TestLargeWrites(t *testing.T) {
	must(t, largeWrite(0))
	clean(t)
}
