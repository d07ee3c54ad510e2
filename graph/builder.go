package graph

import "elbo/kernels"

// Builder makes values of type V from others: Gorgonia nodes (Graph.Builder) or values of the
// lowered code (a *Code). Gradient rules, optimiser updates and simplifications are written
// once over it. Elementwise operands broadcast as in NumPy; misuse panics with *BuildError.
//
// A View whose Attr.Flag is set is a stop-gradient: the identity on values, through which no
// gradient flows. Until gradients are taken it must stay distinct from its operand.
type Builder[V any] interface {
	// Shape returns the value's shape; the result must not be changed.
	Shape(v V) kernels.Shape
	// DType returns the value's element type.
	DType(v V) kernels.DType
	// Const returns a scalar constant of the program's float type.
	Const(x float64) V
	// ConstTensor returns a constant of the given shape, row-major.
	ConstTensor(x []float64, shape ...int) V
	// Elem applies an elementwise op to broadcast operands; imm holds its immediates, if any.
	Elem(op kernels.Op, imm [2]float64, args ...V) V
	// Apply applies a structural op with its attributes. Result shapes follow
	// kernels.InferShape; ops whose result shape is not implied (Copy, View, Pad, ScatterAdd,
	// Col2Im, Iota, RandUniform, RandNormal, BatchIndex) take it from shape.
	Apply(op kernels.Op, attr kernels.Attr, shape kernels.Shape, args ...V) V
}

// VJP returns, for one op application y = op(args) and the cotangent dy of y, the
// cotangents of each argument: nil function results mean "no gradient". Rules never
// broadcast-reduce themselves: the caller applies SumTo to each argument's shape.
type VJP[V any] func(b Builder[V], in Application[V], dy V) []Cotangent[V]

// Application is one use of an op, as a gradient rule sees it.
type Application[V any] struct {
	Op   kernels.Op
	Imm  [2]float64
	Attr kernels.Attr
	Args []V
	Out  V
	Site string // where it comes from, may be empty
}

// Cotangent is the gradient that flows to one argument; OK is false where none does
// (integer indices, comparisons, stop-gradient).
type Cotangent[V any] struct {
	Value V
	OK    bool
}
