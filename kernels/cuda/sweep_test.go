//go:build elbo_cuda && linux

package cuda

import (
	"errors"
	"slices"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
	"elbo/kernels/ref"
)

// sweeps are regressions whose tiles are whole and not, with one tile and with several for a block, vectors of
// every length, one draw and many, a batch gathered by the sweep, and results that others read.
var sweeps = []kernelstest.Regression{
	{DType: kernels.F32, Rows: 333, Cols: 100},
	{DType: kernels.F64, Rows: 333, Cols: 101, Draws: 1},
	{DType: kernels.F32, Rows: 300, Cols: 7, Draws: 16, Transposed: true},
	{DType: kernels.F64, Rows: 70, Cols: 1, Draws: 2, Kept: true},
	{DType: kernels.F32, Rows: 200, Cols: 30, Draws: 3, Table: 500},
	{DType: kernels.F64, Rows: 192, Cols: 100, Draws: 8},
	{DType: kernels.F64, Rows: 129, Cols: 512},
	{DType: kernels.F32, Rows: 3001, Cols: 3, Draws: 5}, // more points of a tile than threads
	{DType: kernels.F32, Rows: 300001, Cols: 3},
}

// TestSweep compares one sweep over the rows of X with the reference device, in every order of blocks and threads
// and with every access looked at. Sums are of terms of size one: beyond the error of a term, theirs is that of
// rounding sums of at most 16 terms, and the result, to the program's type.
func TestSweep(t *testing.T) {
	for _, c := range sweeps {
		p, feed := c.Build().Program(), c.Build().Feed
		want, err := kernelstest.Exec(ref.Open(), p, feed, 0, 1)
		must(t, err)
		first := swept(t, p, feed, 0)
		tol := map[kernels.DType]float64{kernels.F32: 3e-6, kernels.F64: 1e-14}[c.DType]
		for k := range p.Slots {
			name := p.Slots[k].Name
			scale := slices.Repeat([]float64{float64(c.Rows)}, len(want[name]))
			if diff := kernelstest.Mismatch(first[name], want[name], scale, tol, c.DType); diff != "" {
				t.Errorf("%s: %s: %s", c.Name(), name, diff)
			}
		}
		for order := 1; order < 3 && emulated != nil && c.Rows*c.Cols < 10000; order++ {
			if err := kernelstest.SameBits(swept(t, p, feed, order), first); err != nil {
				t.Errorf("%s: order %d: %v", c.Name(), order, err)
			}
		}
	}
	clean(t)
}

// swept runs a program launch by launch, on the emulator in an order of blocks and threads: as they come, from the
// last, or shuffled. The last two look at every access.
func swept(t *testing.T, p *kernels.Program, feed map[string][]float64, order int) map[string][]float64 {
	t.Helper()
	if emulated != nil {
		for name, value := range map[string]int{"order": order, "access": min(order, 1)} {
			must(t, emulated.Set(name, value))
			defer func() { must(t, emulated.Set(name, 0)) }()
		}
	}
	dev := opened(t, Options{whole: wholeNever})
	got, err := kernelstest.Exec(dev, p, feed, 0, 1)
	must(t, err)
	closed(t, dev)
	return got
}

// TestSweepIndex: an index out of range in a batch that the sweep gathers is told, as the gathering's.
func TestSweepIndex(t *testing.T) {
	c := kernelstest.Regression{DType: kernels.F32, Rows: 100, Cols: 5, Table: 50}
	b := c.Build()
	for _, index := range []float64{50, -1} {
		b.Feed["index"][77] = index
		dev := opened(t, Options{})
		_, err := kernelstest.Exec(dev, b.Program(), b.Feed, 0, 1)
		var at *kernels.OpError
		if !errors.Is(err, kernels.ErrIndex) || !errors.As(err, &at) || at.Op != kernels.Gather {
			t.Errorf("%v: got %v, want an index out of range in gather", index, err)
		}
		closed(t, dev)
	}
	clean(t)
}
