package graph

import (
	"fmt"
	"math"
	"slices"
)

// foreignOps translates Gorgonia's own ops by the name of their Go type. Results may differ
// from the foreign node's shape by axes of extent 1.
var foreignOps = map[string]func(f *foreign) *Node{
	"constantScalar": (*foreign).constant,
	"constantTensor": (*foreign).constant,
	"elemUnaryOp":    (*foreign).unary,
	"elemBinOp":      (*foreign).binary,
	"linAlgBinOp":    (*foreign).linalg,
	"tensordotOp":    (*foreign).tensordot,
	"sumOp":          func(f *foreign) *Node { return Sum(f.in[0], f.ints("along")...) },
	"maxOp":          func(f *foreign) *Node { return MaxAxis(f.in[0], f.ints("along")...) },
	"sizeOp":         (*foreign).size,
	"repeatOp":       (*foreign).repeat,
	"reshapeOp":      func(f *foreign) *Node { return f.in[0] },
	"transposeOp":    func(f *foreign) *Node { return Transpose(f.in[0], f.ints("pattern")...) },
	"concatOp":       func(f *foreign) *Node { return Concat(f.int("axis"), f.in...) },
	"sliceOp":        (*foreign).slice,
	"sliceIncrOp":    (*foreign).sliceGrad,
	"atOp":           (*foreign).at,
	"byIndicesOp":    func(f *foreign) *Node { return gatherAxis(f.in[0], f.in[1], f.int("axis")) },
	"softmaxOp":      (*foreign).softmax,
	"softmaxDiffOp":  (*foreign).softmaxGrad,
	"minBetween":     func(f *foreign) *Node { return Min(f.in[0], f.in[1]) },
	"maxBetween":     func(f *foreign) *Node { return Max(f.in[0], f.in[1]) },
	"diagFlatOp":     func(f *foreign) *Node { return DiagEmbed(flat(f.in[0])) },
	"randomOp":       (*foreign).random,
}

func (f *foreign) constant() *Node {
	x := valueOrFail(f.n, f.n.Value())
	dt, isFloat := floatType(f.n.Dtype())
	switch {
	case isFloat && dt != f.t.g.dt:
		f.refuse("a constant of %v in a graph of %v", dt, f.t.g.dt)
	case !isFloat:
		return ToInt(f.t.g.ConstTensor(x, f.shape...))
	case len(f.shape) == 0:
		return f.t.g.Const(x[0])
	}
	return f.t.g.ConstTensor(x, f.shape...)
}

// foreignUnary is keyed by the op's String.
var foreignUnary = map[string]func(x *Node) *Node{
	"abs": Abs, "sign": Sign, "floor": Floor, "sin": Sin, "cos": Cos, "exp": Exp, "ln": Log,
	"neg": Neg, "square": Square, "sqrt": Sqrt, "inv": Recip, "invSqrt": Rsqrt, "tanh": Tanh,
	"sigmoid": Sigmoid, "log1p": Log1p, "expm1": Expm1, "softplus": Softplus,
	"ceil": func(x *Node) *Node { return Neg(Floor(Neg(x))) },
	"log2": func(x *Node) *Node { return MulC(Log(x), 1/math.Ln2) },
	"cube": func(x *Node) *Node { return Mul(Square(x), x) },
}

func (f *foreign) unary() *Node {
	fn := foreignUnary[f.n.Op().String()]
	if fn == nil {
		f.refuse("unknown function %q", f.n.Op())
	}
	return fn(f.in[0])
}

// foreignBinary is indexed by gorgonia's binary operator number.
var foreignBinary = [...]func(a, b *Node) *Node{Add, Sub, Mul, Div, Pow, Lt, Gt, Le, Ge, Eq, Ne}

// binary broadcasts scalars only: other operands have the result's shape up to axes of extent 1.
func (f *foreign) binary() *Node {
	k := f.field("ʘBinaryOperator").Elem().FieldByName("ʘBinaryOperatorType")
	if !k.IsValid() || k.Uint() >= uint64(len(foreignBinary)) {
		f.refuse("unknown operator %q", f.n.Op())
	}
	var in [2]*Node
	for i, x := range f.in {
		switch n := ShapeOf(x).Size(); {
		case n == f.shape.Size():
			in[i] = Reshape(x, f.shape...)
		case n == 1:
			in[i] = Reshape(x)
		default:
			f.refuse("operand of shape %v for a result of shape %v", ShapeOf(x), f.shape)
		}
	}
	return foreignBinary[k.Uint()](in[0], in[1])
}

func (f *foreign) linalg() *Node {
	a, b := f.in[0], f.in[1]
	ta, tb := f.field("transA").Bool(), f.field("transB").Bool()
	switch k := f.field("āBinaryOperator").Uint(); k {
	case 0: // matrix by matrix
		return MatMulT(a, b, ta, tb)
	case 1: // matrix by vector
		return MatMulT(a, flat(b), ta, false)
	case 2:
		return Dot(flat(a), flat(b))
	case 3:
		return Outer(flat(a), flat(b))
	case 4: // batches of matrices over any leading axes
		return MatMulT(batch(a), batch(b), ta, tb)
	default:
		f.refuse("unknown product %d", k)
		return nil
	}
}

func flat(x *Node) *Node { return Reshape(x, ShapeOf(x).Size()) }

// batch folds all axes but the last two into one.
func batch(x *Node) *Node {
	s := ShapeOf(x)
	rows, cols := lastTwo(s)
	return Reshape(x, s.Size()/(rows*cols), rows, cols)
}

// tensordot moves contracted axes last in a and first in b and multiplies matrices.
func (f *foreign) tensordot() *Node {
	aAxes, bAxes := f.ints("aAxes"), f.ints("bAxes")
	a, b := f.in[0], f.in[1]
	inner := 1
	for _, i := range aAxes {
		inner *= ShapeOf(a)[i]
	}
	a = Transpose(a, append(others(a, aAxes), aAxes...)...)
	b = Transpose(b, append(slices.Clone(bAxes), others(b, bAxes)...)...)
	return MatMul(Reshape(a, ShapeOf(a).Size()/inner, inner), Reshape(b, inner, ShapeOf(b).Size()/inner))
}

// others returns the axes of x that are not listed.
func others(x *Node, axes []int) []int {
	var out []int
	for i := range ShapeOf(x) {
		if !slices.Contains(axes, i) {
			out = append(out, i)
		}
	}
	return out
}

// softmaxAxis is Gorgonia's default where none was given: the last, or the first of a column.
func (f *foreign) softmaxAxis(x *Node) int {
	axis, s := f.int("axis"), ShapeOf(x)
	if axis == -1 && len(s) == 2 && s[1] == 1 && s[0] > 1 {
		return 0
	}
	return axis
}

func (f *foreign) softmax() *Node {
	x := f.in[0]
	if f.field("isLog").Bool() {
		return LogSoftmax(x, f.softmaxAxis(x))
	}
	return Softmax(x, f.softmaxAxis(x))
}

// softmaxGrad is Gorgonia's gradient of softmax: y (dy − Σ y dy), of log-softmax dy − eʸ Σ dy.
// Unlike the op itself it takes axis −1 as the last also for a column.
func (f *foreign) softmaxGrad() *Node {
	y, dy, axis := f.in[1], f.in[2], f.int("axis")
	if f.field("isLog").Bool() {
		return Sub(dy, Mul(Exp(y), SumKeep(dy, axis)))
	}
	return Mul(y, Sub(dy, SumKeep(Mul(y, dy), axis)))
}

// random draws from our streams: a site of its own for every node, the same law.
func (f *foreign) random() *Node {
	f.t.draws++
	site := fmt.Sprintf("gorgonia random %d", f.t.draws)
	a, b := f.field("a").Float(), f.field("b").Float()
	switch f.field("which").Uint() {
	case 0:
		return Affine(f.t.g.Uniform01(site, f.shape...), b-a, a)
	case 1:
		return Affine(f.t.g.Normal01(site, f.shape...), b, a)
	}
	f.refuse("binomial draws have no counterpart")
	return nil
}
