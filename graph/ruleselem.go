package graph

import (
	"math"

	"elbo/kernels"
)

// slope is a rule for y = f(x) written as the local derivative f′(x), which may use y.
type slope[V any] func(b Builder[V], x, y V) V

func addUnaryRules[V any](t map[kernels.Op]*rule[V]) {
	noGradient(t, kernels.Sign, kernels.Floor, kernels.IsFinite)
	for op, f := range map[kernels.Op]slope[V]{
		kernels.Abs:    func(b Builder[V], x, _ V) V { return SignB(b, x) },
		kernels.Square: func(b Builder[V], x, _ V) V { return MulCB(b, x, 2) },
		kernels.Sqrt:   func(b Builder[V], _, y V) V { return MulCB(b, RecipB(b, y), 0.5) },
		kernels.Rsqrt:  func(b Builder[V], _, y V) V { return MulCB(b, MulB(b, SquareB(b, y), y), -0.5) },
		kernels.Recip:  func(b Builder[V], _, y V) V { return NegB(b, SquareB(b, y)) },
		kernels.Exp:    func(_ Builder[V], _, y V) V { return y },
		kernels.Expm1:  func(b Builder[V], _, y V) V { return AddCB(b, y, 1) },
		kernels.Log:    func(b Builder[V], x, _ V) V { return RecipB(b, x) },
		kernels.Log1p:  func(b Builder[V], x, _ V) V { return RecipB(b, AddCB(b, x, 1)) },
		kernels.Sigmoid: func(b Builder[V], _, y V) V {
			return MulB(b, y, AffineB(b, y, -1, 1))
		},
		kernels.LogSigmoid: func(b Builder[V], x, _ V) V { return UnaryB(b, kernels.Sigmoid, NegB(b, x)) },
		kernels.Softplus:   func(b Builder[V], x, _ V) V { return UnaryB(b, kernels.Sigmoid, x) },
		kernels.Tanh:       func(b Builder[V], _, y V) V { return AffineB(b, SquareB(b, y), -1, 1) },
		kernels.Sin:        func(b Builder[V], x, _ V) V { return CosB(b, x) },
		kernels.Cos:        func(b Builder[V], x, _ V) V { return NegB(b, UnaryB(b, kernels.Sin, x)) },
		kernels.Atan:       func(b Builder[V], x, _ V) V { return RecipB(b, AddCB(b, SquareB(b, x), 1)) },
		kernels.Erf:        func(b Builder[V], x, _ V) V { return bell(b, x, -1, 2/math.SqrtPi) },
		kernels.Erfc:       func(b Builder[V], x, _ V) V { return bell(b, x, -1, -2/math.SqrtPi) },
		kernels.NormCDF:    func(b Builder[V], x, _ V) V { return bell(b, x, -0.5, 1/math.Sqrt(2*math.Pi)) },
		// φ(x)/Φ(x) in logs: both underflow far in the tail, their ratio does not.
		kernels.LogNormCDF: func(b Builder[V], x, y V) V {
			return ExpB(b, SubB(b, AffineB(b, SquareB(b, x), -0.5, -0.5*math.Log(2*math.Pi)), y))
		},
		kernels.NormInv:  func(b Builder[V], _, y V) V { return bell(b, y, 0.5, math.Sqrt(2*math.Pi)) },
		kernels.Lgamma:   func(b Builder[V], x, _ V) V { return UnaryB(b, kernels.Digamma, x) },
		kernels.Digamma:  func(b Builder[V], x, _ V) V { return UnaryB(b, kernels.Trigamma, x) },
		kernels.Trigamma: func(b Builder[V], x, _ V) V { return UnaryB(b, kernels.Tetragamma, x) },
	} {
		t[op] = &rule[V]{args: []argRule[V]{func(b Builder[V], in *Application[V], dy V, _ int) V {
			return MulB(b, dy, f(b, in.Args[0], in.Out))
		}}}
	}
	t[kernels.Tetragamma] = &rule[V]{args: []argRule[V]{refuse[V]}}
	t[kernels.Neg] = &rule[V]{args: []argRule[V]{minus[V]}}
	t[kernels.Affine] = &rule[V]{args: []argRule[V]{timesImm[V]}}
	t[kernels.PowImm] = &rule[V]{args: []argRule[V]{powImmRule[V]}}
	t[kernels.Clamp] = &rule[V]{args: []argRule[V]{clampRule[V]}}
}

// bell returns c exp(s x²).
func bell[V any](b Builder[V], x V, s, c float64) V {
	return MulCB(b, ExpB(b, MulCB(b, SquareB(b, x), s)), c)
}

func pass[V any](_ Builder[V], _ *Application[V], dy V, _ int) V  { return dy }
func minus[V any](b Builder[V], _ *Application[V], dy V, _ int) V { return NegB(b, dy) }

func timesImm[V any](b Builder[V], in *Application[V], dy V, _ int) V {
	return MulCB(b, dy, in.Imm[0])
}

func powImmRule[V any](b Builder[V], in *Application[V], dy V, _ int) V {
	switch p := in.Imm[0]; p {
	case 0:
		return MulCB(b, dy, 0)
	case 1:
		return dy
	case 2:
		return MulB(b, dy, MulCB(b, in.Args[0], 2))
	case 3:
		return MulB(b, dy, MulCB(b, SquareB(b, in.Args[0]), 3))
	default:
		return MulB(b, dy, MulCB(b, PowCB(b, in.Args[0], p-1), p))
	}
}

// clampRule passes dy where the value was inside the bounds, where y = x.
func clampRule[V any](b Builder[V], in *Application[V], dy V, _ int) V {
	return WhereB(b, EqB(b, in.Out, in.Args[0]), dy, b.Const(0))
}

func addBinaryRules[V any](t map[kernels.Op]*rule[V]) {
	noGradient(t, kernels.Lt, kernels.Le, kernels.Gt, kernels.Ge, kernels.Eq, kernels.Ne)
	timesOther := func(b Builder[V], in *Application[V], dy V, i int) V { return MulB(b, dy, in.Args[1-i]) }
	for op, args := range map[kernels.Op][]argRule[V]{
		kernels.Add:       {pass[V], pass[V]},
		kernels.Sub:       {pass[V], minus[V]},
		kernels.Mul:       {timesOther, timesOther},
		kernels.Axpy:      {timesImm[V], pass[V]},
		kernels.FMA:       {timesOther, timesOther, pass[V]},
		kernels.GammaGrad: {refuse[V], refuse[V]},
		kernels.Div: {
			func(b Builder[V], in *Application[V], dy V, _ int) V { return DivB(b, dy, in.Args[1]) },
			func(b Builder[V], in *Application[V], dy V, _ int) V {
				return NegB(b, MulB(b, DivB(b, dy, in.Args[1]), in.Out))
			},
		},
		// At a tie Max sends the gradient to its first argument and Min to its second, so
		// that max(a,b) + min(a,b) has the gradient of a + b everywhere.
		kernels.Max: {pickRule[V](kernels.Ge, true), pickRule[V](kernels.Ge, false)},
		kernels.Min: {pickRule[V](kernels.Lt, true), pickRule[V](kernels.Lt, false)},
		kernels.Where: {
			nil,
			func(b Builder[V], in *Application[V], dy V, _ int) V {
				return WhereB(b, in.Args[0], dy, b.Const(0))
			},
			func(b Builder[V], in *Application[V], dy V, _ int) V {
				return WhereB(b, in.Args[0], b.Const(0), dy)
			},
		},
		kernels.Pow: {
			func(b Builder[V], in *Application[V], dy V, _ int) V {
				return MulB(b, MulB(b, dy, in.Args[1]), PowB(b, in.Args[0], AddCB(b, in.Args[1], -1)))
			},
			func(b Builder[V], in *Application[V], dy V, _ int) V {
				// 0^b is flat in b for b > 0: log 0 must not meet the zero.
				base := WhereB(b, GtB(b, in.Args[0], b.Const(0)), in.Args[0], b.Const(1))
				return MulB(b, MulB(b, dy, in.Out), LogB(b, base))
			},
		},
	} {
		t[op] = &rule[V]{args: args}
	}
}

// pickRule passes dy to the argument a comparison of both selects.
func pickRule[V any](cmp kernels.Op, first bool) argRule[V] {
	return func(b Builder[V], in *Application[V], dy V, _ int) V {
		c := BinaryB(b, cmp, in.Args[0], in.Args[1])
		if first {
			return WhereB(b, c, dy, b.Const(0))
		}
		return WhereB(b, c, b.Const(0), dy)
	}
}
