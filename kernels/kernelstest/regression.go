package kernelstest

import (
	"fmt"

	"elbo/kernels"
)

// Regression is the gradient of a logistic likelihood in its weights: X (N, p) is needed both ways, for
// η = X W by rows and for G = Xᵀ R by columns.
type Regression struct {
	DType      kernels.DType
	Rows, Cols int
	Draws      int  // S: W is (p, S); 0: a vector, and no anchor
	Table      int  // X is gathered from that many rows; 0: it is a slot
	Transposed bool // W and G are (S, p)
	Kept       bool // η and R can be read too
}

// Name describes the program.
func (c *Regression) Name() string {
	return fmt.Sprintf("regression %+v", *c)
}

// Build makes the program. Besides G it has the sum over rows of the likelihood of each draw, and the sum
// of all residuals.
func (c *Regression) Build() *Builder {
	b, r := NewBuilder(c.Name(), c.DType), newSource(uint64(c.Rows+c.Cols))
	none := [2]float64{}
	var x kernels.ValueID
	if c.Table > 0 {
		index := make([]float64, c.Rows)
		for i := range index {
			index[i] = float64(i * 7 % c.Table)
		}
		x = b.Apply(kernels.Gather, kernels.Attr{}, b.random(r, "table", c.Table, c.Cols), b.Index("index", index, c.Rows))
	} else {
		x = b.random(r, "x", c.Rows, c.Cols)
	}
	draws, shape := max(c.Draws, 1), kernels.Shape{c.Cols}
	switch {
	case c.Transposed:
		shape = kernels.Shape{draws, c.Cols}
	case c.Draws > 0:
		shape = kernels.Shape{c.Cols, draws}
	}
	w := b.Elem(kernels.Affine, [2]float64{0.5, 0.1}, b.random(r, "w", shape...))
	anchor := b.Apply(kernels.MatMul, kernels.Attr{}, x, b.Elem(kernels.Neg, none, b.random(r, "anchor", c.Cols, 1)))
	eta := b.Apply(kernels.MatMul, kernels.Attr{TransB: c.Transposed}, x, w)
	likelihood, residual, all := c.group(b, r, eta, anchor)
	up := []kernels.ValueID{x, residual}
	if c.Transposed {
		up = []kernels.ValueID{residual, x}
	}
	gradient := b.Apply(kernels.MatMul, kernels.Attr{TransA: true}, up...)
	b.Output("gradient", b.Elem(kernels.Affine, [2]float64{2, 0}, gradient))
	b.Output("likelihood", likelihood)
	b.Output("all", all)
	if c.Kept {
		b.Output("eta", eta)
		b.Output("residual", residual)
	}
	return b
}

// group is the elementwise part: the likelihood of each draw, summed over rows, the residuals times a factor of
// each draw, and their sum.
func (c *Regression) group(
	b *Builder, r source, eta, anchor kernels.ValueID,
) (likelihood, residual, all kernels.ValueID) {
	draws := max(c.Draws, 1)
	over := b.Shape(eta)
	y, factor := b.random(r, "y", c.Rows), b.random(r, "factor", draws)
	f := &kernels.Fused{
		Shape: kernels.Shape{c.Rows, draws},
		Ins: []kernels.Operand{{Strides: []int{draws, 1}}, {Strides: []int{1, 0}}, {Strides: []int{1, 0}},
			{Strides: []int{0, 1}}},
		Code: []kernels.FusedOp{
			{Op: kernels.Add, Args: [3]int16{0, 1}},      // 4: η
			{Op: kernels.Softplus, Args: [3]int16{4}},    // 5
			{Op: kernels.Mul, Args: [3]int16{2, 4}},      // 6
			{Op: kernels.Sub, Args: [3]int16{6, 5}},      // 7: log-likelihood
			{Op: kernels.Sigmoid, Args: [3]int16{4}},     // 8
			{Op: kernels.Sub, Args: [3]int16{2, 8}},      // 9: residual
			{Op: kernels.Mul, Args: [3]int16{9, 3}},      // 10
			{Op: kernels.Square, Args: [3]int16{10}},     // 11
			{Op: kernels.FMA, Args: [3]int16{11, 3, 10}}, // 12
		},
		Outs: []kernels.FusedOut{{Reg: 7, Strides: []int{0, 1}, Reduce: true}, {Reg: 12, Strides: []int{draws, 1}},
			{Reg: 10, Strides: []int{0, 0}, Reduce: true}},
	}
	if draws == 1 { // as the fuser has it: no axis of one element
		f.Shape = kernels.Shape{c.Rows}
		for i := range f.Ins {
			f.Ins[i].Strides = f.Ins[i].Strides[:1]
		}
		for i := range f.Outs {
			f.Outs[i].Strides = f.Outs[i].Strides[:1]
		}
		f.Ins[3].Strides = []int{0}
	}
	outs := b.Fused(f, []Out{{kernels.Shape{draws}, NoValue}, {over, NoValue}, {kernels.Shape{}, NoValue}},
		eta, anchor, y, factor)
	return outs[0], outs[1], outs[2]
}
