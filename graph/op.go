package graph

import (
	"encoding/binary"
	"fmt"
	"hash"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"elbo/kernels"
)

// Op is the one Gorgonia op type of our graphs: an op of the kernel table with its
// attributes and the types of its operands and result. Every instance carries a serial, so
// that Gorgonia, which compares hashes only, never takes two nodes for one.
type Op struct {
	g      *Graph
	kind   kernels.Op
	imm    [2]float64
	attr   kernels.Attr
	in     []valueType
	out    valueType
	serial uint32
}

// valueType is the element type and shape of a value.
type valueType struct {
	dt    kernels.DType
	shape kernels.Shape
}

var (
	_ gorgonia.Op   = (*Op)(nil)
	_ gorgonia.SDOp = (*Op)(nil)
)

// Kind returns the op of the kernel table.
func (op *Op) Kind() kernels.Op { return op.kind }

// Attr returns the attributes, with the immediates of elementwise ops filled in.
func (op *Op) Attr() kernels.Attr {
	a := op.attr
	a.Imm0, a.Imm1 = op.imm[0], op.imm[1]
	return a
}

// Serial returns the instance number of the op within its graph.
func (op *Op) Serial() uint32 { return op.serial }

// Arity returns the number of children.
func (op *Op) Arity() int { return len(op.in) }

// Type returns a fresh function type, since Gorgonia recycles what it is given.
func (op *Op) Type() hm.Type {
	ts := make([]hm.Type, 0, len(op.in)+1)
	for _, t := range op.in {
		ts = append(ts, typeOf(t.dt, t.shape))
	}
	return hm.NewFnType(append(ts, typeOf(op.out.dt, op.out.shape))...)
}

// InferShape returns the result's shape after checking the operands against those the op was made for.
func (op *Op) InferShape(ds ...gorgonia.DimSizer) (tensor.Shape, error) {
	if len(ds) != len(op.in) {
		return nil, fmt.Errorf("graph: %v takes %d operands, %d given", op, len(op.in), len(ds))
	}
	for i, d := range ds {
		if s, ok := d.(tensor.Shape); ok && !op.in[i].shape.Equal(kernels.Shape(s)) {
			return nil, fmt.Errorf("graph: %v operand %d has shape %v, made for %v", op, i, s, op.in[i].shape)
		}
	}
	return tensor.Shape(op.out.shape.Clone()), nil
}

// ReturnsPtr is true: Do returns memory of its own.
func (op *Op) ReturnsPtr() bool { return true }

// CallsExtern is false: Do is plain Go.
func (op *Op) CallsExtern() bool { return false }

// OverwritesInput is -1: Do never writes its operands.
func (op *Op) OverwritesInput() int { return -1 }

// WriteHash writes the serial, which tells apart all op instances of a graph.
func (op *Op) WriteHash(h hash.Hash) {
	var b [6]byte
	binary.LittleEndian.PutUint16(b[:], uint16(op.kind))
	binary.LittleEndian.PutUint32(b[2:], op.serial)
	// hash.Hash.Write never fails.
	_, _ = h.Write(b[:])
}

// Hashcode returns the serial.
func (op *Op) Hashcode() uint32 { return op.serial }

// String prints name and serial, as in "matmul#12".
func (op *Op) String() string { return fmt.Sprintf("%v#%d", op.kind, op.serial) }

// typeOf returns Gorgonia's type of a value: rank 0 is the element type itself.
func typeOf(dt kernels.DType, shape kernels.Shape) hm.Type {
	if len(shape) == 0 {
		return dtypeOf(dt)
	}
	return gorgonia.TensorType{Dims: len(shape), Of: dtypeOf(dt)}
}

// toValue converts elements to a Gorgonia value: rank 0 to a typed scalar, else a dense tensor.
func toValue(x []float64, dt kernels.DType, shape kernels.Shape) gorgonia.Value {
	if len(shape) == 0 {
		switch dt {
		case kernels.F32, kernels.BF16:
			return gorgonia.NewF32(float32(x[0]))
		case kernels.F64:
			return gorgonia.NewF64(x[0])
		case kernels.U8:
			return gorgonia.NewU8(byte(x[0]))
		}
		return gorgonia.NewI32(int32(x[0]))
	}
	var backing any
	switch dt {
	case kernels.F32, kernels.BF16:
		backing = convert[float32](x)
	case kernels.F64:
		backing = convert[float64](x)
	case kernels.U8:
		backing = convert[uint8](x)
	default:
		backing = convert[int32](x)
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))
}

func convert[T float32 | float64 | int32 | uint8](x []float64) []T {
	out := make([]T, len(x))
	for i, v := range x {
		out[i] = T(v)
	}
	return out
}

// fromValue converts a Gorgonia value to float64 elements.
func fromValue(v gorgonia.Value) ([]float64, error) {
	switch d := v.Data().(type) {
	case float64:
		return []float64{d}, nil
	case float32:
		return []float64{float64(d)}, nil
	case int32:
		return []float64{float64(d)}, nil
	case []float64:
		return append([]float64(nil), d...), nil
	case []float32:
		return widen(d), nil
	case []int32:
		return widen(d), nil
	case uint8:
		return []float64{float64(d)}, nil
	case []uint8:
		return widen(d), nil
	case int:
		return []float64{float64(d)}, nil
	case []int:
		return widen(d), nil
	}
	return nil, fmt.Errorf("graph: value of type %T; float32, float64, int32, uint8 or int wanted", v.Data())
}

func widen[T float32 | int32 | uint8 | int](x []T) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}
