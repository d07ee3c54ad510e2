//go:build elbo_cuda && linux

package cuda

import (
	"testing"
	"time"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// TestGeneratedAsOneKernel: generated programs as one kernel have the bits of their launches. A
// cooperative launch is slow on the emulator, so two small programs will do.
func TestGeneratedAsOneKernel(t *testing.T) {
	dev := opened(t, Options{whole: wholeAlways})
	plain := opened(t, Options{whole: wholeNever})
	left := 2
	for _, g := range kernelstest.Programs() {
		if elements(g.Program) > 500 || left == 0 {
			continue
		}
		left--
		s, err := kernelstest.NewSession(dev, g.Program, g.Slots)
		must(t, err)
		must(t, s.Run(5, 1)) // the first step of an executable goes launch by launch
		must(t, s.Run(6, 2))
		if only(dev).whole.now.blocks == 0 {
			t.Errorf("%s was not run as one kernel", g.Name)
		}
		got, err := s.Get()
		must(t, err)
		must(t, s.Close())
		want, err := kernelstest.Exec(plain, g.Program, g.Slots, 5, 3)
		must(t, err)
		if err := kernelstest.SameBits(got, want); err != nil {
			t.Errorf("%s: %v", g.Name, err)
		}
	}
	closed(t, dev)
	closed(t, plain)
	clean(t)
}

// TestSweepAsOneKernel: so has a program with a sweep over the rows of a matrix.
func TestSweepAsOneKernel(t *testing.T) {
	c := kernelstest.Regression{DType: kernels.F32, Rows: 70, Cols: 5, Draws: 2}
	b := c.Build()
	p := b.Program()
	dev := opened(t, Options{whole: wholeAlways})
	s, err := kernelstest.NewSession(dev, p, b.Feed)
	must(t, err)
	must(t, s.Run(0, 1)) // launch by launch
	want, err := s.Get()
	must(t, err)
	must(t, s.Run(1, 2))
	if only(dev).whole.now.blocks == 0 {
		t.Error("the program was not run as one kernel")
	}
	got, err := s.Get()
	must(t, err)
	must(t, s.Close())
	if err := kernelstest.SameBits(got, want); err != nil {
		t.Error(err)
	}
	closed(t, dev)
	clean(t)
}

// elements counts the elements of all values.
func elements(p *kernels.Program) int {
	n := 0
	for i := range p.Values {
		n += p.Values[i].Shape.Size()
	}
	return n
}

// TestRounds: the fastest way stays, hopeless ones are not tried twice, and what saves little is left.
func TestRounds(t *testing.T) {
	for _, c := range []struct {
		graphs, one, eight, want int
	}{{100, 50, 60, 1}, {100, 60, 50, 8}, {100, 97, 99, 0}, {100, 1000, 1000, 0}, {100, 1000, 90, 8}} {
		w := &whole{phase: measuring, ways: []way{{}, {blocks: 1}, {blocks: 8}}}
		took := map[int]int{0: c.graphs, 1: c.one, 8: c.eight}
		for range 10 {
			if w.phase == decided {
				break
			}
			for i := range w.ways {
				w.ways[i].time = time.Duration(took[w.ways[i].blocks])
			}
			w.endRound()
		}
		if w.phase != decided || w.now.blocks != c.want {
			t.Errorf("%+v: phase %d, %d blocks", c, w.phase, w.now.blocks)
		}
	}
}
