package graph

import (
	"math"

	"elbo/kernels"
)

// Simplification happens as values are made. The identities are exact in floating point but
// for the sign of a zero, except where constants are merged: then no more roundings happen
// than before. x·0 = 0 and x−x = 0 are not used: they hide NaN and infinity.

func (c *Code) simplifyElem(op kernels.Op, imm [2]float64, shape kernels.Shape, args []V) V {
	if v := c.narrow(op, imm, shape, args); v != noValue {
		return v
	}
	if v := c.fold(op, imm, shape, args); v != noValue {
		return v
	}
	switch op {
	case kernels.Neg:
		return c.simplifyNeg(args[0])
	case kernels.Square, kernels.Abs:
		if x, ok := c.operandOf(kernels.Neg, args[0]); ok {
			return c.Elem(op, noImm, x)
		}
	case kernels.Affine:
		return c.simplifyAffine(imm[0], imm[1], args[0])
	case kernels.PowImm, kernels.Pow:
		return c.simplifyPow(op, imm[0], shape, args)
	case kernels.Add:
		return c.simplifyAdd(shape, args[0], args[1])
	case kernels.Sub:
		return c.simplifySub(shape, args[0], args[1])
	case kernels.Mul:
		return c.simplifyMul(shape, args[0], args[1])
	case kernels.Div:
		return c.simplifyDiv(shape, args[0], args[1])
	case kernels.Max, kernels.Min:
		if args[0] == args[1] {
			return args[0]
		}
	case kernels.Where:
		if k, ok := c.number(args[0]); ok && k != 0 {
			return c.toShape(args[1], shape)
		} else if ok {
			return c.toShape(args[2], shape)
		}
		if args[1] == args[2] {
			return c.toShape(args[1], shape)
		}
	case kernels.Axpy:
		return c.simplifyAxpy(imm[0], shape, args[0], args[1])
	case kernels.FMA:
		return c.simplifyFMA(shape, args[0], args[1], args[2])
	}
	return noValue
}

// number returns the value of a constant of one element.
func (c *Code) number(v V) (float64, bool) {
	if x := &c.vals[c.root(v)]; x.op == kernels.OpNone && x.slot < 0 && len(x.data) == 1 {
		return x.data[0], true
	}
	return 0, false
}

// operandOf returns the operand of v if v is a unary op of the given kind.
func (c *Code) operandOf(op kernels.Op, v V) (V, bool) {
	if x := &c.vals[v]; x.op == op {
		return x.args[0], true
	}
	return noValue, false
}

// scaled returns x and k if v is k x.
func (c *Code) scaled(v V) (x V, k float64, ok bool) {
	switch a := &c.vals[v]; {
	case a.op == kernels.Neg:
		return a.args[0], -1, true
	case a.op == kernels.Affine && a.imm[1] == 0:
		return a.args[0], a.imm[0], true
	}
	return noValue, 0, false
}

// exactScale returns x and k if v is k x and multiplying by k rounds nothing.
func (c *Code) exactScale(v V) (x V, k float64, ok bool) {
	x, k, ok = c.scaled(v)
	return x, k, ok && isPowerOfTwo(k)
}

// isPowerOfTwo reports whether |k| is a power of two of moderate size.
func isPowerOfTwo(k float64) bool {
	frac, exp := math.Frexp(math.Abs(k))
	return frac == 0.5 && exp > -30 && exp < 30
}

// toShape returns x viewed as or broadcast to a shape.
func (c *Code) toShape(x V, shape kernels.Shape) V {
	switch s := c.vals[x].shape; {
	case s.Equal(shape):
		return x
	case s.Size() == shape.Size():
		return c.Apply(kernels.View, kernels.Attr{}, shape, x)
	}
	return c.Apply(kernels.Copy, kernels.Attr{}, shape, x)
}

// narrow drops broadcasts of operands: those the op implies, and those of all operands
// alike, which move behind the op.
func (c *Code) narrow(op kernels.Op, imm [2]float64, shape kernels.Shape, args []V) V {
	bare := make([]V, len(args))
	changed := false
	for i, a := range args {
		bare[i] = a
		if x, ok := c.operandOf(kernels.Copy, a); ok {
			bare[i], changed = x, true
		}
	}
	if !changed {
		return noValue
	}
	return c.toShape(c.Elem(op, imm, bare...), shape)
}

// maxFold bounds the elements of a constant that is computed ahead.
const maxFold = 1 << 16

// fold computes ops of constants.
func (c *Code) fold(op kernels.Op, imm [2]float64, shape kernels.Shape, args []V) V {
	n := shape.Size()
	if n > maxFold {
		return noValue
	}
	var data [3][]float64
	for i, a := range args {
		x := &c.vals[c.root(a)]
		if x.op != kernels.OpNone || x.slot >= 0 || len(x.data) != 1 && len(x.data) != n {
			return noValue
		}
		data[i] = x.data
	}
	out := make([]float64, n)
	for k := range out {
		var xs [3]float64
		for i, d := range data[:len(args)] {
			xs[i] = d[k%len(d)]
		}
		out[k] = scalarEval[op](xs, imm)
	}
	if n == 1 {
		return c.toShape(c.Const(out[0]), shape)
	}
	return c.ConstTensor(out, shape...)
}

func (c *Code) simplifyNeg(x V) V {
	switch a := &c.vals[x]; a.op {
	case kernels.Neg:
		return a.args[0]
	case kernels.Sub:
		return c.Elem(kernels.Sub, noImm, a.args[1], a.args[0])
	case kernels.Affine:
		return c.affine(a.args[0], -a.imm[0], -a.imm[1])
	}
	return noValue
}

func (c *Code) affine(x V, scale, shift float64) V {
	return c.Elem(kernels.Affine, [2]float64{scale, shift}, x)
}

func (c *Code) simplifyAffine(scale, shift float64, x V) V {
	switch {
	case scale == 1 && shift == 0:
		return x
	case scale == -1 && shift == 0:
		return c.Elem(kernels.Neg, noImm, x)
	}
	if y, k, ok := c.scaled(x); ok {
		return c.affine(y, k*scale, shift)
	}
	if a := &c.vals[x]; a.op == kernels.Affine && shift == 0 && isPowerOfTwo(scale) {
		return c.affine(a.args[0], a.imm[0]*scale, a.imm[1]*scale)
	}
	return noValue
}

func (c *Code) simplifyPow(op kernels.Op, p float64, shape kernels.Shape, args []V) V {
	x := args[0]
	if op == kernels.Pow {
		k, ok := c.number(args[1])
		if !ok {
			return noValue
		}
		return c.toShape(c.Elem(kernels.PowImm, [2]float64{k}, x), shape)
	}
	switch p {
	case 1:
		return x
	case 2:
		return c.Elem(kernels.Square, noImm, x)
	case -1:
		return c.Elem(kernels.Recip, noImm, x)
	}
	return noValue
}

func (c *Code) simplifyAdd(shape kernels.Shape, x, y V) V {
	if _, ok := c.number(x); ok {
		x, y = y, x
	}
	if k, ok := c.number(y); ok {
		return c.toShape(c.affine(x, 1, k), shape)
	}
	if n, ok := c.operandOf(kernels.Neg, y); ok {
		return c.Elem(kernels.Sub, noImm, x, n)
	}
	if n, ok := c.operandOf(kernels.Neg, x); ok {
		return c.Elem(kernels.Sub, noImm, y, n)
	}
	if x == y {
		return c.affine(x, 2, 0)
	}
	return noValue
}

func (c *Code) simplifySub(shape kernels.Shape, x, y V) V {
	if k, ok := c.number(y); ok {
		return c.toShape(c.affine(x, 1, -k), shape)
	}
	if k, ok := c.number(x); ok {
		return c.toShape(c.affine(y, -1, k), shape)
	}
	if n, ok := c.operandOf(kernels.Neg, y); ok {
		return c.Elem(kernels.Add, noImm, x, n)
	}
	return noValue
}

func (c *Code) simplifyMul(shape kernels.Shape, x, y V) V {
	if _, ok := c.number(x); ok {
		x, y = y, x
	}
	if k, ok := c.number(y); ok {
		return c.toShape(c.affine(x, k, 0), shape)
	}
	if n, k, ok := c.exactScale(x); ok {
		return c.affine(c.Elem(kernels.Mul, noImm, n, y), k, 0)
	}
	if n, k, ok := c.exactScale(y); ok {
		return c.affine(c.Elem(kernels.Mul, noImm, x, n), k, 0)
	}
	if x == y {
		return c.Elem(kernels.Square, noImm, x)
	}
	return noValue
}

func (c *Code) simplifyDiv(shape kernels.Shape, x, y V) V {
	if k, ok := c.number(y); ok && isPowerOfTwo(k) {
		return c.toShape(c.affine(x, 1/k, 0), shape)
	}
	if k, ok := c.number(x); ok && k == 1 {
		return c.toShape(c.Elem(kernels.Recip, noImm, y), shape)
	}
	if n, k, ok := c.exactScale(x); ok {
		return c.affine(c.Elem(kernels.Div, noImm, n, y), k, 0)
	}
	return noValue
}

func (c *Code) simplifyAxpy(k float64, shape kernels.Shape, x, y V) V {
	switch b, ok := c.number(y); {
	case ok:
		return c.toShape(c.affine(x, k, b), shape)
	case k == 1:
		return c.Elem(kernels.Add, noImm, x, y)
	case k == -1:
		return c.Elem(kernels.Sub, noImm, y, x)
	}
	return noValue
}

func (c *Code) simplifyFMA(shape kernels.Shape, x, y, z V) V {
	if _, ok := c.number(x); ok {
		x, y = y, x
	}
	if k, ok := c.number(y); ok {
		return c.toShape(c.Elem(kernels.Axpy, [2]float64{k}, x, z), shape)
	}
	if k, ok := c.number(z); ok && k == 0 {
		return c.toShape(c.Elem(kernels.Mul, noImm, x, y), shape)
	}
	return noValue
}
