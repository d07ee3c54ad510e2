//go:build cgo

package cpu

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// TestNothingIsWrittenPastAResult binds buffers that are longer than their slots.
func TestNothingIsWrittenPastAResult(t *testing.T) {
	const more = 1 << 20
	mark := bytes.Repeat([]byte{0xa5}, more)
	for _, isa := range Levels() {
		dev, err := openAt(isa, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer dev.Close()
		b := large(kernels.F32)
		p := b.Program()
		exe, err := dev.Compile(p)
		if err != nil {
			t.Fatal(err)
		}
		bufs := make([]kernels.Buffer, len(p.Slots))
		for i := range p.Slots {
			size := p.Slots[i].Bytes()
			if bufs[i], err = dev.Alloc(size + more); err != nil {
				t.Fatal(err)
			}
			copy(bufs[i].(*buffer).Host()[size:], mark)
			if err := exe.Bind(i, bufs[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := exe.Run(0, 2); err != nil {
			t.Fatal(err)
		}
		for i := range p.Slots {
			if !bytes.Equal(bufs[i].(*buffer).Host()[p.Slots[i].Bytes():], mark) {
				t.Errorf("%s: written past the end of %q", isa, p.Slots[i].Name)
			}
		}
	}
}

// TestStepsLeaveNothingBehind: a step gives the same bits whether others came before it or not.
func TestStepsLeaveNothingBehind(t *testing.T) {
	for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
		b := large(dt)
		p := b.Program()
		dev, err := openThreads(1)
		if err != nil {
			t.Fatal(err)
		}
		defer dev.Close()
		third, err := kernelstest.Exec(dev, p, b.Feed, 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := kernelstest.SameBits(third, outputs(t, Options{Threads: 1}, p, b.Feed)); err != nil {
			t.Errorf("%v: alone and after two others: %v", dt, err)
		}
	}
}

// TestRowsDoNotMix multiplies matrices of which every other row is NaN with a vector, at widths around
// those of the vectors: nothing of a row gets into its neighbour.
func TestRowsDoNotMix(t *testing.T) {
	const rows = 11
	for _, isa := range Levels() {
		for width := 1; width < 35; width++ {
			a := make([]float64, rows*width)
			for i := range a {
				a[i] = 1
				if i/width%2 == 1 {
					a[i] = math.NaN()
				}
			}
			x := a[:width]
			b := kernelstest.NewBuilder(fmt.Sprint("rows of ", width), kernels.F32)
			m := b.Input("a", a, rows, width)
			b.Output("y", b.Apply(kernels.MatMul, kernels.Attr{}, m, b.Input("x", x, width)))
			b.Output("sums", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{1}}, m))
			for name, y := range outputs(t, Options{ISA: isa, Threads: 1}, b.Program(), b.Feed) {
				for i := 0; i < rows && name != "a" && name != "x"; i += 2 {
					if y[i] != float64(width) {
						t.Errorf("%s, width %d: %s[%d] is %v", isa, width, name, i, y[i])
					}
				}
			}
		}
	}
}

// TestWideRunningSums: beyond the columns that are summed at a time, too.
func TestWideRunningSums(t *testing.T) {
	const rows, columns = 3, 2*256 + 7
	b := kernelstest.NewBuilder("running", kernels.F32)
	x := ramp(rows * columns)
	b.Output("y", b.Apply(kernels.CumSum, kernels.Attr{}, b.Input("x", x, rows, columns)))
	y := outputs(t, Options{Threads: 1}, b.Program(), b.Feed)["y"]
	for i, v := range y {
		want := 0.0
		for k := i % columns; k <= i; k += columns {
			want += x[k]
		}
		if !(math.Abs(v-want) <= 1e-6) { // a rounding of each term, none above 3
			t.Fatalf("row %d, column %d: %v, want %v", i/columns, i%columns, v, want)
		}
	}
}

// TestToIntTakesTheNearest: what no int32 holds becomes the nearest one, NaN becomes -1.
func TestToIntTakesTheNearest(t *testing.T) {
	x := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 3e9, -3e9, 1 << 31, -1 << 31, 2.9, -2.9}
	want := []float64{-1, math.MaxInt32, math.MinInt32, math.MaxInt32, math.MinInt32, math.MaxInt32, math.MinInt32, 2, -2}
	for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
		b := kernelstest.NewBuilder("to int", dt)
		b.Output("y", b.Apply(kernels.ToInt, kernels.Attr{}, b.Input("x", x, len(x))))
		y := outputs(t, Options{Threads: 1}, b.Program(), b.Feed)["y"]
		for i := range x {
			if y[i] != want[i] {
				t.Errorf("%v: %v becomes %v, want %v", dt, x[i], y[i], want[i])
			}
		}
	}
}

// TestBadRowsAreNamed: the error of a row that is not there, of numbers and of bytes, names it and the rows
// there are, and the steps after it are not run.
func TestBadRowsAreNamed(t *testing.T) {
	for _, stored := range []bool{false, true} {
		for bad, want := range map[float64]string{3: "index 3 for 3 rows", -2: "index -2 for 3 rows"} {
			b := kernelstest.NewBuilder("rows", kernels.F32)
			steps := b.State("steps", nil)
			b.Update(steps, b.Elem(kernels.Add, [2]float64{}, steps, b.Const([]float64{1})))
			idx := b.Index("idx", []float64{2, bad, 1, bad + 9}, 4)
			if stored {
				rows := b.Apply(kernels.Gather, kernels.Attr{}, b.Bytes("table", []float64{1, 2, 3, 4, 5, 6}, 3, 2), idx)
				b.Output("y", b.Apply(kernels.ToFloat, kernels.Attr{}, rows))
			} else {
				b.Output("y", b.Apply(kernels.Gather, kernels.Attr{}, b.Input("table", []float64{1, 2, 3, 4, 5, 6}, 3, 2), idx))
			}
			dev, err := openThreads(1)
			if err != nil {
				t.Fatal(err)
			}
			defer dev.Close()
			s, err := kernelstest.NewSession(dev, b.Program(), b.Feed)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Run(0, 5); !errors.Is(err, kernels.ErrIndex) || !strings.Contains(err.Error(), want) {
				t.Errorf("stored %v: %v, want %q", stored, err, want)
			}
			if got, err := s.Get(); err != nil || got["steps"][0] != 1 {
				t.Errorf("stored %v: %v steps were run (%v), want 1", stored, got["steps"], err)
			}
		}
	}
}
