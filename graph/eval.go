package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"elbo/kernels"
)

// Evaluation of single ops on the host: Op.Do, the oracle compiled programs are compared
// with. It works in float64 with the standard library's functions and rounds each result to
// the graph's type; it shares no code with any device.

// tensorValue is an operand of an evaluation.
type tensorValue struct {
	data  []float64
	shape kernels.Shape
}

// Do evaluates the op on its children's values, with seed 0 for random ops. Reference
// evaluates whole graphs with a seed of the caller's choice.
func (op *Op) Do(vs ...gorgonia.Value) (gorgonia.Value, error) {
	in := make([]tensorValue, len(vs))
	if len(vs) != len(op.in) {
		return nil, fmt.Errorf("graph: %v takes %d operands, %d given", op, len(op.in), len(vs))
	}
	for i, v := range vs {
		data, err := fromValue(v)
		if err != nil {
			return nil, fmt.Errorf("graph: %v operand %d: %w", op, i, err)
		}
		if len(data) != op.in[i].shape.Size() {
			return nil, fmt.Errorf("graph: %v operand %d has %d elements, %v wanted", op, i, len(data), op.in[i].shape)
		}
		in[i] = tensorValue{data, op.in[i].shape}
	}
	step := uint64(0)
	if kernels.Info(op.kind).Arity == 0 {
		step = uint64(in[0].data[0])
	}
	out, err := op.eval(in, 0, step)
	if err != nil {
		return nil, err
	}
	return toValue(out, op.out.dt, op.out.shape), nil
}

// eval returns the result's elements, rounded to the result's type.
func (op *Op) eval(in []tensorValue, seed, step uint64) ([]float64, error) {
	var out []float64
	if op.kind.IsElementwise() {
		out = evalElementwise(op.kind, op.imm, in, op.out.shape)
	} else {
		f := structuralEval[op.kind]
		if f == nil {
			return nil, fmt.Errorf("graph: %v cannot be evaluated on the host", op)
		}
		out = make([]float64, op.out.shape.Size())
		e := evaluation{attr: op.attr, in: in, out: out, shape: op.out.shape, dt: op.g.dt, seed: seed, step: step}
		if err := f(&e); err != nil {
			return nil, fmt.Errorf("graph: %v: %w", op, err)
		}
	}
	roundTo(op.out.dt, out)
	return out, nil
}

// roundTo rounds elements to their type.
func roundTo(dt kernels.DType, x []float64) {
	for i, v := range x {
		switch dt {
		case kernels.F32:
			x[i] = float64(float32(v))
		case kernels.BF16:
			x[i] = kernels.BFloat16Value(kernels.BFloat16(v))
		}
	}
}

// evalElementwise applies the scalar function at every point of the broadcast shape.
func evalElementwise(kind kernels.Op, imm [2]float64, in []tensorValue, shape kernels.Shape) []float64 {
	f := scalarEval[kind]
	strides := make([][]int, len(in))
	for i, t := range in {
		strides[i] = broadcastStrides(t.shape, shape)
	}
	out := make([]float64, shape.Size())
	eachIndex(shape, func(at int, idx []int) {
		var x [3]float64
		for i, t := range in {
			x[i] = t.data[offset(idx, strides[i])]
		}
		out[at] = f(x, imm)
	})
	return out
}

// eachIndex calls f with the flat and the axis indices of every element, in row-major order.
func eachIndex(shape kernels.Shape, f func(at int, idx []int)) {
	idx := make([]int, len(shape))
	for at := range shape.Size() {
		f(at, idx)
		for a := len(shape) - 1; a >= 0; a-- {
			if idx[a]++; idx[a] < shape[a] {
				break
			}
			idx[a] = 0
		}
	}
}

// rowMajor returns the element strides of a dense tensor.
func rowMajor(shape kernels.Shape) []int {
	st := make([]int, len(shape))
	n := 1
	for a := len(shape) - 1; a >= 0; a-- {
		st[a] = n
		n *= shape[a]
	}
	return st
}

// broadcastStrides returns strides that read a tensor of shape from at indices of shape to.
func broadcastStrides(from, to kernels.Shape) []int {
	st := make([]int, len(to))
	lead := len(to) - len(from)
	for a, n := range rowMajor(from) {
		if from[a] != 1 {
			st[lead+a] = n
		}
	}
	return st
}

func offset(idx, strides []int) int {
	at := 0
	for a, i := range idx {
		at += i * strides[a]
	}
	return at
}
