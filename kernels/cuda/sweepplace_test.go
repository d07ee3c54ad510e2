//go:build elbo_cuda && linux

package cuda

import (
	"slices"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
	"elbo/kernels/ref"
)

// placed is a regression of a few rows and what stands around its products, which says where in the program a sweep may
// run and what it must leave to be read.
type placed struct {
	*kernelstest.Builder
	x, other, y, w kernels.ValueID // (70, 72) twice, (70), (72)
}

// sequence returns n values, the first 101 of them distinct.
func sequence(n int, step float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = step * float64(i*37%101-50)
	}
	return out
}

func newPlaced() *placed {
	b := kernelstest.NewBuilder("placed", kernels.F64)
	return &placed{b, b.Input("x", sequence(70*72, 0.002), 70, 72), b.Input("other", sequence(70*72, -0.003), 70, 72),
		b.State("y", sequence(70, 0.01), 70), b.State("w", sequence(72, 0.01), 72)}
}

func (b *placed) down(x, w kernels.ValueID) kernels.ValueID {
	return b.Apply(kernels.MatMul, kernels.Attr{}, x, w)
}

func (b *placed) along(x kernels.ValueID) kernels.ValueID {
	return b.Apply(kernels.CumSum, kernels.Attr{}, x)
}

func (b *placed) residual(y, eta kernels.ValueID) kernels.ValueID {
	return b.Elem(kernels.Sub, [2]float64{}, y, b.Elem(kernels.Sigmoid, [2]float64{}, eta))
}

// gradient puts Xᵀ r out, through one more op: the product itself lies in scratch memory.
func (b *placed) gradient(x, r kernels.ValueID) {
	g := b.Apply(kernels.MatMul, kernels.Attr{TransA: true}, x, r)
	b.Output("gradient", b.Elem(kernels.Affine, [2]float64{2, 0}, g))
}

// sigmoidOver puts the sigmoid of values by row into a state of as many.
func (b *placed) sigmoidOver(state, eta kernels.ValueID) kernels.ValueID {
	one, s := []int{1}, b.Shape(eta)
	return b.Fused(&kernels.Fused{Shape: s, Ins: []kernels.Operand{{Strides: one}},
		Code: []kernels.FusedOp{{Op: kernels.Sigmoid}}, Outs: []kernels.FusedOut{{Reg: 1, Strides: one}}},
		[]kernelstest.Out{{Shape: s, Over: state}}, eta)[0]
}

// crowd makes the program need so much scratch memory that values take over each other's places.
func (b *placed) crowd() {
	const n = 2<<20 + 1
	many := b.Elem(kernels.Affine, [2]float64{1, 1e-7}, b.Apply(kernels.Iota, kernels.Attr{Shape: kernels.Shape{n}}))
	b.Output("crowd", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0}}, many))
}

// around are the programs, by what is peculiar to them.
var around = []struct {
	name  string
	build func(b *placed)
}{
	{"values by row are read by others", func(b *placed) {
		eta := b.down(b.x, b.w)
		r := b.residual(b.y, eta)
		b.gradient(b.x, r)
		b.Output("eta", b.along(eta))
		b.Output("residual", b.along(r))
	}},
	{"the weights move on before all operands are there", func(b *placed) {
		eta := b.down(b.x, b.w)
		b.Update(b.w, b.Const(sequence(72, 0.3), 72))
		b.gradient(b.x, b.residual(b.along(b.y), eta))
	}},
	{"a result goes where others read before", func(b *placed) {
		before := b.along(b.y)
		eta := b.down(b.x, b.w)
		b.gradient(b.x, b.sigmoidOver(b.y, eta))
		b.Output("before", before)
	}},
	{"a result goes where others write before all operands are there", func(b *placed) {
		eta := b.down(b.x, b.w)
		b.sigmoidOver(b.y, eta)
		b.Update(b.y, b.Const(sequence(70, 0.3), 70))
		b.gradient(b.x, b.residual(b.along(b.Input("z", sequence(70, 0.02), 70)), eta))
	}},
	{"a result goes where the weights lie", func(b *placed) {
		x := b.Input("square", sequence(72*72, 0.002), 72, 72)
		b.gradient(x, b.sigmoidOver(b.w, b.down(x, b.w)))
	}},
	{"a value by row is read before all operands are there", func(b *placed) {
		eta := b.down(b.x, b.w)
		b.Output("early", b.along(eta))
		b.gradient(b.x, b.residual(b.along(b.y), eta))
	}},
	{"the gradient is of another matrix", func(b *placed) {
		b.gradient(b.other, b.residual(b.y, b.down(b.x, b.w)))
	}},
	{"products of two matrices meet", func(b *placed) {
		eta := b.Elem(kernels.Add, [2]float64{}, b.down(b.x, b.w), b.down(b.other, b.w))
		b.gradient(b.x, b.residual(b.y, eta))
	}},
	{"residuals need a sum over all rows", func(b *placed) {
		eta := b.down(b.x, b.w)
		total := b.Fused(&kernels.Fused{Shape: kernels.Shape{70}, Ins: []kernels.Operand{{Strides: []int{1}}},
			Code: []kernels.FusedOp{{Op: kernels.Square}}, Outs: []kernels.FusedOut{{Reg: 1, Strides: []int{0}, Reduce: true}}},
			[]kernelstest.Out{{Over: kernelstest.NoValue}}, eta)
		b.gradient(b.x, b.residual(b.y, b.Elem(kernels.Mul, [2]float64{}, eta, total[0])))
	}},
	{"rows that were gathered are read by others", func(b *placed) {
		index := make([]float64, 70)
		for i := range index {
			index[i] = float64(i * 3 % 70)
		}
		x := b.Apply(kernels.Gather, kernels.Attr{}, b.x, b.Index("index", index, 70))
		b.gradient(x, b.residual(b.y, b.down(x, b.w)))
		b.Output("rows", b.along(b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{1}}, x)))
	}},
	{"results come while others lie in their places", func(b *placed) {
		b.Output("early", b.Elem(kernels.Sigmoid, [2]float64{}, b.along(b.Elem(kernels.Exp, [2]float64{}, b.w))))
		b.gradient(b.x, b.residual(b.y, b.down(b.x, b.w)))
		b.crowd()
	}},
	{"others take the place of weights before all operands are there", func(b *placed) {
		eta := b.down(b.x, b.Apply(kernels.Copy, kernels.Attr{Shape: kernels.Shape{72}}, b.w))
		b.gradient(b.x, b.residual(b.along(b.y), eta))
		b.crowd()
	}},
}

// TestSweepAround: whatever stands around the products, the results are those of the reference device, to the rounding
// of float64 sums of 70 terms of size one (crowd's is of two million, each known to as much).
// One step: in a second one, what comes too early finds what the first left.
func TestSweepAround(t *testing.T) {
	for _, c := range around {
		b := newPlaced()
		c.build(b)
		p := b.Program()
		want, err := kernelstest.Exec(ref.Open(), p, b.Feed, 0, 1)
		must(t, err)
		got := swept(t, p, b.Feed, 0)
		for k := range p.Slots {
			name := p.Slots[k].Name
			scale := slices.Repeat([]float64{100}, len(want[name]))
			if name == "crowd" {
				scale[0] = 4e12
			}
			if diff := kernelstest.Mismatch(got[name], want[name], scale, 1e-14, kernels.F64); diff != "" {
				t.Errorf("%s: %s: %s", c.name, name, diff)
			}
		}
	}
	clean(t)
}
