package ref

import (
	"testing"

	"elbo/kernels"
)

// A gradient step of least squares by hand: one matrix product, one fused residual with its
// sum of squares, one transposed product and one in-place update.
func TestStepByHand(t *testing.T) {
	type S = kernels.Shape
	val := func(home kernels.Home, slot, offset int, shape ...int) kernels.Value {
		return kernels.Value{DType: kernels.F64, Shape: shape, Home: home, Slot: slot, Offset: offset}
	}
	p := &kernels.Program{
		Name: "least squares", DType: kernels.F64, Scratch: 128,
		Slots: []kernels.Slot{
			{Name: "x", Kind: kernels.SlotInput, DType: kernels.F64, Shape: S{2, 2}},
			{Name: "y", Kind: kernels.SlotInput, DType: kernels.F64, Shape: S{2}},
			{Name: "w", Kind: kernels.SlotState, DType: kernels.F64, Shape: S{2}},
			{Name: "loss", Kind: kernels.SlotOutput, DType: kernels.F64},
		},
		Values: []kernels.Value{
			val(kernels.InSlot, 0, 0, 2, 2), val(kernels.InSlot, 1, 0, 2), val(kernels.InSlot, 2, 0, 2),
			val(kernels.InScratch, 0, 0, 2), val(kernels.InScratch, 0, 0, 2), val(kernels.InSlot, 3, 0),
			val(kernels.InScratch, 0, 64, 2), val(kernels.InSlot, 2, 0, 2),
		},
		Instrs: []kernels.Instr{
			{Op: kernels.MatMul, Args: []kernels.ValueID{0, 2}, Outs: []kernels.ValueID{3}},
			{Op: kernels.OpFused, Args: []kernels.ValueID{3, 1}, Outs: []kernels.ValueID{4, 5}, Fused: &kernels.Fused{
				Shape: S{2}, Ins: []kernels.Operand{{Strides: []int{1}}, {Strides: []int{1}}},
				Code: []kernels.FusedOp{{Op: kernels.Sub, Args: [3]int16{0, 1}}, {Op: kernels.Square, Args: [3]int16{2}}},
				Outs: []kernels.FusedOut{{Reg: 2, Strides: []int{1}}, {Reg: 3, Strides: []int{0}, Reduce: true}},
			}},
			{Op: kernels.MatMul, Args: []kernels.ValueID{0, 4}, Outs: []kernels.ValueID{6}, Attr: kernels.Attr{TransA: true}},
			{Op: kernels.Axpy, Args: []kernels.ValueID{6, 2}, Outs: []kernels.ValueID{7}, Attr: kernels.Attr{Imm0: -0.25}},
		},
	}
	d := Open()
	e, err := d.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	init := [][]float64{{1, 2, 3, 4}, {1, 2}, {0.5, 1}, {0}}
	bufs := make([]kernels.Buffer, len(init))
	for i, x := range init {
		if bufs[i], err = d.Alloc(8 * len(x)); err != nil {
			t.Fatal(err)
		}
		kernels.PutFloats(bufs[i].Host(), x, kernels.F64)
		if err := e.Bind(i, bufs[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Run(0, 1); err != nil {
		t.Fatal(err)
	}
	// Residuals 1.5 and 3.5; Xᵀr = (12, 17); w - Xᵀr/4 = (-2.5, -3.25).
	w, loss := make([]float64, 2), make([]float64, 1)
	kernels.GetFloats(w, bufs[2].Host(), kernels.F64)
	kernels.GetFloats(loss, bufs[3].Host(), kernels.F64)
	if w[0] != -2.5 || w[1] != -3.25 || loss[0] != 14.5 {
		t.Errorf("w = %v, loss = %v; want [-2.5 -3.25], 14.5", w, loss)
	}
}
