package graph

import (
	"testing"

	"elbo/kernels"
)

// identities lists expressions whose simplified form must equal the code as written, with
// the instructions they should become when compiled as a pass (0 = do not count).
var identities = []struct {
	name string
	f    func(g *Graph, a, b, v *Node) *Node // a (3,4), b (3,4), v (4)
	n    int
}{
	{"slice of slice", func(g *Graph, a, b, v *Node) *Node { return Slice(Slice(a, 1, 1, 4), 1, 1, 3) }, 2},
	{"slice of slice, other axis", func(g *Graph, a, b, v *Node) *Node {
		return Slice(Slice(a, 1, 1, 4), 0, 1, 3)
	}, 3},
	{"slice of concat", func(g *Graph, a, b, v *Node) *Node { return Slice(Concat(0, a, b), 0, 4, 6) }, 2},
	{"slice across concat", func(g *Graph, a, b, v *Node) *Node { return Slice(Concat(0, a, b), 0, 2, 4) }, 3},
	{"slice of pad", func(g *Graph, a, b, v *Node) *Node { return Slice(Pad(v, 0, 2, 9), 0, 2, 6) }, 0},
	{"slice of pad, shifted", func(g *Graph, a, b, v *Node) *Node { return Slice(Pad(v, 0, 2, 9), 0, 1, 5) }, 0},
	{"transpose twice", func(g *Graph, a, b, v *Node) *Node { return Transpose(Transpose(a)) }, 0},
	{"transposes compose", func(g *Graph, a, b, v *Node) *Node {
		return Transpose(Transpose(Mul(ExpandDims(a, 0), g.ConstTensor([]float64{1, 2}, 2, 1, 1)), 1, 2, 0), 1, 0, 2)
	}, 2},
	{"transpose of a row", func(g *Graph, a, b, v *Node) *Node { return Transpose(Reshape(v, 1, 4)) }, 0},
	{"transposed product", func(g *Graph, a, b, v *Node) *Node { return MatMul(Transpose(a), b) }, 1},
	{"transposed product, both", func(g *Graph, a, b, v *Node) *Node {
		return MatMulT(Transpose(a), Transpose(b), true, false)
	}, 0},
	{"products told apart by their flags", func(g *Graph, a, b, v *Node) *Node {
		m := MulC(Tanh(MatMulT(a, b, true, false)), 0.5)
		return Add(Add(MatMul(m, m), MulC(MatMulT(m, m, true, false), 2)), MulC(MatMulT(m, m, false, true), 3))
	}, 0},
	{"sum of broadcast", func(g *Graph, a, b, v *Node) *Node { return Sum(BroadcastTo(v, 3, 4), 0) }, 0},
	{"sum of broadcast, other axis", func(g *Graph, a, b, v *Node) *Node { return Sum(BroadcastTo(v, 3, 4), 1) }, 0},
	{"sum of broadcast, all", func(g *Graph, a, b, v *Node) *Node { return Sum(BroadcastTo(v, 3, 4)) }, 0},
	{"sum of broadcast column", func(g *Graph, a, b, v *Node) *Node {
		return Sum(BroadcastTo(Reshape(v, 4, 1), 4, 5), 1)
	}, 0},
	{"middle sum", func(g *Graph, a, b, v *Node) *Node {
		return Sum(Mul(ExpandDims(a, 1), ExpandDims(b, 0)), 1)
	}, 0},
	{"scaled sum", func(g *Graph, a, b, v *Node) *Node { return Sum(MulC(a, -2), 1) }, 0},
	{"negations", func(g *Graph, a, b, v *Node) *Node { return Add(Neg(Sub(a, b)), Mul(Neg(a), Neg(b))) }, 1},
	{"negated operands", func(g *Graph, a, b, v *Node) *Node { return Sub(Add(Neg(a), b), Div(Neg(b), Exp(a))) }, 1},
	{"add a negation", func(g *Graph, a, b, v *Node) *Node { return Sub(Add(a, Neg(v)), Neg(b)) }, 1},
	{"affine chain", func(g *Graph, a, b, v *Node) *Node { return MulC(AddC(MulC(AddC(a, 1), 2), 3), -0.5) }, 1},
	{"affine chain, rounding", func(g *Graph, a, b, v *Node) *Node {
		return AddC(MulC(MulC(AddC(a, 1), 0.3), 0.7), 3)
	}, 1},
	{"constants on the left", func(g *Graph, a, b, v *Node) *Node {
		return Sub(g.Const(2), Div(g.Const(1), AddC(Square(a), 1)))
	}, 1},
	{"powers", func(g *Graph, a, b, v *Node) *Node {
		return Add(PowC(a, 2), Pow(AddC(Square(b), 1), g.Const(-1)))
	}, 1},
	{"where constant", func(g *Graph, a, b, v *Node) *Node {
		return Add(Where(g.Const(1), a, b), Where(g.Const(0), a, v))
	}, 1},
	{"where same", func(g *Graph, a, b, v *Node) *Node { return Where(Gt(a, b), v, v) }, 0},
	{"max same", func(g *Graph, a, b, v *Node) *Node { return Max(a, a) }, 0},
	{"fma with constants", func(g *Graph, a, b, v *Node) *Node {
		return Add(FMA(a, g.Const(3), v), FMA(a, b, g.Const(0)))
	}, 1},
	{"axpy signs", func(g *Graph, a, b, v *Node) *Node {
		return Add(FMA(a, g.Const(-1), b), FMA(g.Const(1), a, v))
	}, 1},
	{"product minus scaled", func(g *Graph, a, b, v *Node) *Node { return Sub(Mul(a, b), MulC(v, 0.3)) }, 1},
	{"first minus scaled", func(g *Graph, a, b, v *Node) *Node { return Sub(a, MulC(b, 0.3)) }, 1},
	{"views", func(g *Graph, a, b, v *Node) *Node { return Reshape(Reshape(Add(a, b), 4, 3), 2, 6) }, 1},
	{"views inside a group", func(g *Graph, a, b, v *Node) *Node {
		return Mul(Reshape(Exp(a), 4, 3), Reshape(Tanh(b), 4, 3))
	}, 1},
	{"incompatible views", func(g *Graph, a, b, v *Node) *Node {
		w := Slice(v, 0, 0, 3)
		return Add(Mul(Reshape(a, 4, 3), w), Reshape(Mul(a, v), 4, 3))
	}, 0},
	{"broadcast behind the op", func(g *Graph, a, b, v *Node) *Node { return Exp(BroadcastTo(v, 3, 4)) }, 0},
	{"diag of embed", func(g *Graph, a, b, v *Node) *Node { return Diag(DiagEmbed(v)) }, 0},
	{"folded constants", func(g *Graph, a, b, v *Node) *Node {
		return Add(a, Log(Slice(Add(g.ConstTensor([]float64{2, 2}, 2), Exp(g.Const(1))), 0, 0, 1)))
	}, 1},
	{"disjoint slices", func(g *Graph, a, b, v *Node) *Node {
		return Add(Mul(Slice(a, 1, 2, 4), Slice(a, 1, 0, 2)), MulC(Slice(b, 1, 1, 3), 3))
	}, 0},
	{"overlapping slices", func(g *Graph, a, b, v *Node) *Node {
		return Mul(Slice(a, 1, 0, 3), Slice(a, 1, 1, 4))
	}, 0},
	{"slices of two axes", func(g *Graph, a, b, v *Node) *Node {
		return Add(Sum(Exp(Slice(a, 1, 0, 2))), Sum(Slice(a, 0, 1, 2)))
	}, 0},
}

func TestSimplifiedEqualsWritten(t *testing.T) {
	for _, test := range identities {
		t.Run(test.name, func(t *testing.T) {
			pr := &program{data: map[string][]float64{}}
			g, err := Build(kernels.F64, func(g *Graph) {
				ramp := make([]float64, 12)
				for i := range ramp {
					ramp[i] = float64(i*i%7)/4 - 0.6
				}
				a, b := g.Param("a", ramp, 3, 4), g.Param("b", []float64{0.3, 1, 2, -1, 0.7, 0.1, 0.2, 0.9, -0.4, 1, 0, 3}, 3, 4)
				y := test.f(g, a, b, g.Param("v", ramp[3:7], 4))
				pr.spec.Outputs = []Output{{"y", y}}
			})
			if err != nil {
				t.Fatal(err)
			}
			pr.g = g
			if p, err := Compile(g, pr.spec); err != nil {
				t.Fatal(err)
			} else if n := len(p.kernel.Instrs); test.n > 0 && n > test.n {
				t.Errorf("%d instructions, at most %d wanted", n, test.n)
			}
			y := pr.spec.Outputs[0].Node
			pr.spec.Loss = Sum(Mul(y, Sin(y)))
			pr.spec.Update, pr.spec.GradOutputs = momentum, true
			want := pr.results(t, plainMode, true, 2)
			got := pr.results(t, fusedMode, false, 2)
			for name := range want {
				if got[name] != nil {
					check(t, name, got[name], want[name])
				}
			}
		})
	}
}

// TestInPlaceUpdateReadsOldValues updates a state from itself in another order, which no
// step may do in place, and from itself point by point, which one may.
func TestInPlaceUpdateReadsOldValues(t *testing.T) {
	pr := &program{data: map[string][]float64{}}
	g, err := Build(kernels.F64, func(g *Graph) {
		ramp := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
		s, r, k := g.State("s", ramp, 3, 3), g.State("r", ramp, 9), g.State("k", ramp[:3], 3)
		p := g.State("p", ramp, 9)
		q := g.State("q", ramp[:3], 3)
		pr.spec.Assign = []Assign{
			{s, Add(Transpose(s), s)}, {r, Concat(0, Slice(r, 0, 4, 9), Slice(r, 0, 0, 4))},
			{k, Add(k, Reshape(Slice(s, 0, 0, 1), 3))}, {p, Mul(p, Tanh(p))},
			{q, Sum(Mul(Reshape(q, 3, 1), Exp(MulC(s, -1))), 1)},
		}
		pr.spec.Outputs = []Output{{"outer", Mul(Reshape(k, 3, 1), k)}}
	})
	if err != nil {
		t.Fatal(err)
	}
	pr.g = g
	want := pr.results(t, plainMode, true, 3)
	for name, got := range pr.results(t, fusedMode, false, 3) {
		check(t, name, got, want[name])
	}
}

// TestSlicesOfAVectorConcatenate: the gradient of a flat vector cut into sites is one
// concatenation, not a sum of padded pieces.
func TestSlicesOfAVectorConcatenate(t *testing.T) {
	var s Spec
	g, err := Build(kernels.F64, func(g *Graph) {
		w := g.Param("w", nil, 10)
		s.Loss = Add(Add(Sum(Exp(Slice(w, 0, 6, 10))), Sum(Sin(Slice(w, 0, 0, 3)))), Sum(Tanh(Slice(w, 0, 4, 6))))
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Update = momentum
	p, err := Compile(g, s)
	if err != nil {
		t.Fatal(err)
	}
	count := map[kernels.Op]int{}
	for i := range p.kernel.Instrs {
		count[p.kernel.Instrs[i].Op]++
	}
	if count[kernels.Concat] != 1 || count[kernels.Pad] != 0 {
		t.Errorf("%d concatenations and %d pads, 1 and 0 wanted", count[kernels.Concat], count[kernels.Pad])
	}
}
