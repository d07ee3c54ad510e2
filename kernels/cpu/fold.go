//go:build cgo

package cpu

import (
	"math"

	"elbo/kernels"
)

// foldConstants turns operands that are constant scalars into immediates where the result keeps its
// bits: 1·x + c rounds once as x + c does, and c·x + (-0) as c·x does.
func (c *compiler) foldConstants(g *group) {
	for i := range g.code {
		op := &g.code[i]
		if fold := folds[op.Op]; fold != nil {
			var k [3]*float64
			for j := range arity(op.Op) {
				k[j] = c.constant(g, int(op.Args[j]))
			}
			fold(op, k)
		}
	}
}

// constant returns the value of a register that is a constant scalar, else nil.
func (c *compiler) constant(g *group, reg int) *float64 {
	if reg >= len(g.ins) {
		return nil
	}
	v := &c.p.Values[g.ins[reg].value]
	if v.Home != kernels.InConst || v.Shape.Size() != 1 {
		return nil
	}
	return &c.p.Consts[v.Slot][0]
}

// folds rewrites an op some of whose operands k are constants (non-nil).
var folds = map[kernels.Op]func(op *kernels.FusedOp, k [3]*float64){
	kernels.Add: func(op *kernels.FusedOp, k [3]*float64) {
		if k[1] != nil {
			affine(op, 0, 1, *k[1])
		} else if k[0] != nil {
			affine(op, 1, 1, *k[0])
		}
	},
	kernels.Sub: func(op *kernels.FusedOp, k [3]*float64) {
		if k[1] != nil {
			affine(op, 0, 1, -*k[1])
		} else if k[0] != nil {
			affine(op, 1, -1, *k[0])
		}
	},
	kernels.Mul: func(op *kernels.FusedOp, k [3]*float64) {
		if k[1] != nil {
			affine(op, 0, *k[1], math.Copysign(0, -1))
		} else if k[0] != nil {
			affine(op, 1, *k[0], math.Copysign(0, -1))
		}
	},
	kernels.Axpy: func(op *kernels.FusedOp, k [3]*float64) {
		if k[1] != nil {
			affine(op, 0, op.Imm0, *k[1])
		}
	},
	kernels.FMA: func(op *kernels.FusedOp, k [3]*float64) {
		switch {
		case k[2] != nil && k[1] != nil:
			affine(op, 0, *k[1], *k[2])
		case k[2] != nil && k[0] != nil:
			affine(op, 1, *k[0], *k[2])
		case k[1] != nil:
			*op = kernels.FusedOp{Op: kernels.Axpy, Args: [3]int16{op.Args[0], op.Args[2]}, Imm0: *k[1]}
		case k[0] != nil:
			*op = kernels.FusedOp{Op: kernels.Axpy, Args: [3]int16{op.Args[1], op.Args[2]}, Imm0: *k[0]}
		}
	},
}

// affine makes op imm0·(its operand arg) + imm1.
func affine(op *kernels.FusedOp, arg int, imm0, imm1 float64) {
	*op = kernels.FusedOp{Op: kernels.Affine, Args: [3]int16{op.Args[arg]}, Imm0: imm0, Imm1: imm1}
}
