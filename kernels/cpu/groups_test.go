//go:build cgo

package cpu

import (
	"fmt"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// TestStridedOuts stores a tensor of rank 4 with its axes in other orders.
func TestStridedOuts(t *testing.T) {
	dev, err := openThreads(1)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	s := kernels.Shape{3, 4, 5, 6}
	x := ramp(s.Size())
	for _, strides := range [][]int{{1, 3, 12, 60}, {30, 90, 1, 5}, {24, 6, 72, 1}} {
		f := &kernels.Fused{Shape: s, Ins: []kernels.Operand{{Strides: rowMajor(s)}},
			Code: []kernels.FusedOp{{Op: kernels.Neg}}, Outs: []kernels.FusedOut{{Reg: 1, Strides: strides}}}
		b := kernelstest.NewBuilder(fmt.Sprint("strided ", strides), kernels.F32)
		outs := []kernelstest.Out{{Shape: kernels.Shape{s.Size()}, Over: kernelstest.NoValue}}
		b.Output("y", b.Fused(f, outs, b.Input("x", x, s...))[0])
		got, err := kernelstest.Exec(dev, b.Program(), b.Feed, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range x {
			at := i/120*strides[0] + i/30%4*strides[1] + i/6%5*strides[2] + i%6*strides[3]
			if got["y"][at] != -float64(float32(v)) {
				t.Fatalf("strides %v: element %d at %d is %v, want %v", strides, i, at, got["y"][at], -v)
			}
		}
	}
}

// TestLongLeadingSums: beside 2²⁴ a float32 accumulator does not see a one. It holds 16 rows at most
// before it is emptied, so that no more than the ones of these are lost.
func TestLongLeadingSums(t *testing.T) {
	const rows, columns = 2000, 128
	x := make([]float64, rows*columns)
	for i := range x {
		x[i] = 1
	}
	for j := range columns {
		x[j] = 1 << 24
	}
	b := kernelstest.NewBuilder("leading", kernels.F32)
	b.Output("y", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0}}, b.Input("x", x, rows, columns)))
	for _, isa := range Levels() {
		for j, v := range outputs(t, Options{ISA: isa, Threads: 1}, b.Program(), b.Feed)["y"] {
			if lost := 1<<24 + rows - 1 - v; !(lost >= -1 && lost <= 17) { // one more for the rounding of the sum
				t.Fatalf("%s: sum %d is %v, %v of %d ones lost", isa, j, v, lost, rows-1)
			}
		}
	}
}
