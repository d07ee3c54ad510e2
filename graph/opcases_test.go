package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"elbo/kernels"
)

// opCase applies one op of the table to parameters of the given shapes. Elements are drawn
// from dom (one row per parameter; the last row repeats).
type opCase struct {
	name   string
	op     kernels.Op
	shapes []kernels.Shape
	dom    []kernels.Domain
	apply  func(g *Graph, p []*Node) *Node
	flat   bool // no gradient flows to any parameter
	refuse bool // differentiating is an error
	once   bool // the gradient cannot be differentiated again
}

// builtCase is a case with a scalar loss Σ weight·y over its result.
type builtCase struct {
	g      *Graph
	params []*Node
	init   [][]float64
	y      *Node
	loss   *Node
}

// build makes the case's graph with seeded parameter values.
func (c *opCase) build(dt kernels.DType, seed uint64) (*builtCase, error) {
	rng := rand.New(rand.NewPCG(seed, 1))
	b := &builtCase{}
	var err error
	b.g, err = Build(dt, func(g *Graph) {
		for i, s := range c.shapes {
			d := c.dom[min(i, len(c.dom)-1)]
			x := make([]float64, s.Size())
			for k := range x {
				// The middle nine tenths leave room for finite differences.
				x[k] = d.Lo + (d.Hi-d.Lo)*(0.05+0.9*rng.Float64())
			}
			b.init = append(b.init, x)
			b.params = append(b.params, g.Param(fmt.Sprint("p", i), x, s...))
		}
		b.y = c.apply(g, b.params)
		y := ToFloat(b.y)
		w := make([]float64, ShapeOf(y).Size())
		for k := range w {
			w[k] = 0.5 + rng.Float64()
		}
		b.loss = Sum(Mul(y, g.ConstTensor(w, ShapeOf(y)...)))
	})
	return b, err
}

// elementwiseCases derives cases from the op table: operands of equal shapes, and each
// pattern of broadcasting.
func elementwiseCases() []opCase {
	patterns := map[int][][]kernels.Shape{
		1: {{{2, 3}}, {{}}},
		2: {{{2, 3}, {2, 3}}, {{2, 3}, {3}}, {{}, {2, 3}}, {{2, 1}, {1, 3}}, {{}, {}}},
		3: {{{2, 3}, {2, 3}, {2, 3}}, {{2, 3}, {3}, {}}, {{}, {2, 1}, {4, 1, 3}}},
	}
	flat := map[kernels.Op]bool{kernels.Sign: true, kernels.Floor: true, kernels.IsFinite: true,
		kernels.Lt: true, kernels.Le: true, kernels.Gt: true, kernels.Ge: true, kernels.Eq: true, kernels.Ne: true}
	refused := map[kernels.Op]bool{kernels.Tetragamma: true, kernels.GammaGrad: true}
	var out []opCase
	for _, info := range kernels.Elementwise() {
		for _, shapes := range patterns[info.Arity] {
			imm := [2]float64{1.7, 0.3}
			if info.Op == kernels.Clamp {
				imm = [2]float64{-1, 1.5}
			}
			out = append(out, opCase{
				name: fmt.Sprint(info.Name, shapes), op: info.Op, shapes: shapes, dom: info.Domain,
				apply: func(g *Graph, p []*Node) *Node { return g.Elem(info.Op, imm, p...) },
				flat:  flat[info.Op], refuse: refused[info.Op], once: info.Op == kernels.Trigamma,
			})
		}
	}
	for _, p := range []float64{0, 1, 2, 3, -0.5} {
		out = append(out, opCase{name: fmt.Sprint("powimm ", p), op: kernels.PowImm, shapes: []kernels.Shape{{4}},
			dom: []kernels.Domain{{Lo: 0.2, Hi: 3}}, apply: func(_ *Graph, x []*Node) *Node { return PowC(x[0], p) }})
	}
	return out
}

// structuralCases covers every other op that can be a node.
func structuralCases() []opCase {
	all := []kernels.Domain{{Lo: -2, Hi: 2}}
	var out []opCase
	add := func(op kernels.Op, shapes []kernels.Shape, f func(g *Graph, p []*Node) *Node) *opCase {
		name := fmt.Sprint(op, shapes, len(out))
		out = append(out, opCase{name: name, op: op, shapes: shapes, dom: all, apply: f})
		return &out[len(out)-1]
	}
	one := func(op kernels.Op, s kernels.Shape, f func(x *Node) *Node) *opCase {
		return add(op, []kernels.Shape{s}, func(_ *Graph, p []*Node) *Node { return f(p[0]) })
	}
	source := func(op kernels.Op, f func(g *Graph) *Node) {
		add(op, nil, func(g *Graph, _ []*Node) *Node { return f(g) }).flat = true
	}

	one(kernels.Copy, kernels.Shape{3}, func(x *Node) *Node { return BroadcastTo(x, 2, 3) })
	one(kernels.Copy, kernels.Shape{2, 1, 3}, func(x *Node) *Node { return BroadcastTo(x, 4, 2, 5, 3) })
	one(kernels.Copy, kernels.Shape{}, func(x *Node) *Node { return BroadcastTo(x, 2, 2) })
	one(kernels.View, kernels.Shape{2, 6}, func(x *Node) *Node { return Reshape(x, 3, 4) })
	one(kernels.View, kernels.Shape{1}, func(x *Node) *Node { return Reshape(x) })
	one(kernels.View, kernels.Shape{2, 2}, StopGrad).flat = true
	one(kernels.Transpose, kernels.Shape{2, 3}, func(x *Node) *Node { return Transpose(x) })
	one(kernels.Transpose, kernels.Shape{2, 3, 4}, func(x *Node) *Node { return Transpose(x, 1, 2, 0) })
	one(kernels.Slice, kernels.Shape{5, 2}, func(x *Node) *Node { return Slice(x, 0, 1, 4) })
	one(kernels.Slice, kernels.Shape{2, 3, 4}, func(x *Node) *Node { return Slice(x, -1, 3, 4) })
	one(kernels.Pad, kernels.Shape{2, 2}, func(x *Node) *Node { return Pad(x, 1, 1, 5) })
	add(kernels.Concat, []kernels.Shape{{2, 1}, {2, 3}, {2, 2}},
		func(_ *Graph, p []*Node) *Node { return Concat(1, p...) })
	add(kernels.Concat, []kernels.Shape{{3}, {3}}, func(_ *Graph, p []*Node) *Node { return Stack(0, p...) })
	for _, axes := range [][]int{nil, {0}, {1}, {2}, {0, 2}, {1, 2}} {
		one(kernels.SumReduce, kernels.Shape{2, 3, 4}, func(x *Node) *Node { return Sum(x, axes...) })
		one(kernels.MaxReduce, kernels.Shape{2, 3, 4}, func(x *Node) *Node { return MaxAxis(x, axes...) })
	}
	one(kernels.SumReduce, kernels.Shape{2, 3}, func(x *Node) *Node { return Add(SumKeep(x, 1), Mean(x, 0)) })
	for axis := range 3 {
		one(kernels.CumSum, kernels.Shape{2, 3, 4}, func(x *Node) *Node { return CumSum(x, axis, axis == 1) })
	}
	for _, ta := range []bool{false, true} {
		for _, tb := range []bool{false, true} {
			a, b := kernels.Shape{2, 3}, kernels.Shape{3, 4}
			if ta {
				a = kernels.Shape{3, 2}
			}
			if tb {
				b = kernels.Shape{4, 3}
			}
			mul := func(_ *Graph, p []*Node) *Node { return MatMulT(p[0], p[1], ta, tb) }
			add(kernels.MatMul, []kernels.Shape{a, b}, mul)
			add(kernels.MatMul, []kernels.Shape{append(kernels.Shape{2}, a...), append(kernels.Shape{2}, b...)}, mul)
			if !ta {
				add(kernels.MatMul, []kernels.Shape{{3}, b}, mul)
			}
			if !tb {
				add(kernels.MatMul, []kernels.Shape{a, {3}}, mul)
			}
		}
	}
	add(kernels.MatMul, []kernels.Shape{{3}, {3}}, func(_ *Graph, p []*Node) *Node { return MatMul(p[0], p[1]) })
	rows := func(g *Graph) *Node { return ToInt(g.ConstTensor([]float64{2, 0, 2, 1}, 4)) }
	for _, s := range []kernels.Shape{{3}, {3, 2}} {
		add(kernels.Gather, []kernels.Shape{s}, func(g *Graph, p []*Node) *Node { return Gather(p[0], rows(g)) })
		src := s.Clone()
		src[0] = 4
		add(kernels.ScatterAdd, []kernels.Shape{src}, func(g *Graph, p []*Node) *Node { return ScatterAdd(rows(g), p[0], 5) })
	}
	one(kernels.Tril, kernels.Shape{3, 3}, func(x *Node) *Node { return Tril(x, 0) })
	one(kernels.Tril, kernels.Shape{2, 3, 4}, func(x *Node) *Node { return Tril(x, -1) })
	one(kernels.Tril, kernels.Shape{3, 3}, func(x *Node) *Node { return Tril(x, 1) })
	one(kernels.Diag, kernels.Shape{2, 3, 3}, Diag)
	one(kernels.DiagEmbed, kernels.Shape{2, 3}, DiagEmbed)
	one(kernels.Cholesky, kernels.Shape{3, 3}, func(x *Node) *Node { return Cholesky(dominant(x, 6)) })
	one(kernels.Cholesky, kernels.Shape{1, 1}, func(x *Node) *Node { return Cholesky(dominant(x, 6)) })
	for _, trans := range []bool{false, true} {
		for _, s := range []kernels.Shape{{3}, {3, 2}} {
			add(kernels.TriSolve, []kernels.Shape{{3, 3}, s}, func(_ *Graph, p []*Node) *Node {
				return TriSolve(dominant(p[0], 4), p[1], trans)
			})
		}
	}
	one(kernels.ToInt, kernels.Shape{3}, ToInt).flat = true
	one(kernels.ToFloat, kernels.Shape{3}, func(x *Node) *Node { return ToFloat(ToInt(x)) }).flat = true
	for _, c := range windowShapes {
		one(kernels.Im2Col, c.image, func(x *Node) *Node { return Im2Col(x, c.w) })
		s := c.image
		oh, ow, err := c.w.Out(s[1], s[2])
		if err != nil {
			panic(err)
		}
		one(kernels.Col2Im, kernels.Shape{s[0] * oh * ow, c.w.Size() * s[3]}, func(x *Node) *Node {
			return Col2Im(x, c.w, s[0], s[1], s[2], s[3])
		})
	}
	source(kernels.UniformRows, func(g *Graph) *Node {
		return UniformRows("r", ToInt(g.ConstTensor([]float64{5, 0, 5}, 3)), 130)
	})
	source(kernels.Iota, func(g *Graph) *Node { return Iota(g, 2, 3) })
	source(kernels.Step, func(g *Graph) *Node { return AddC(g.Step(), 1) })
	source(kernels.RandUniform, func(g *Graph) *Node { return g.Uniform01("u", 5) })
	source(kernels.RandNormal, func(g *Graph) *Node { return g.Normal01("n", 2, 3) })
	source(kernels.BatchIndex, func(g *Graph) *Node { return g.BatchIndex("b", 10, 4) })
	return out
}

// dominant adds c to the diagonal.
func dominant(x *Node, c float64) *Node {
	g := GraphOf(x)
	n := ShapeOf(x)[0]
	return Add(x, DiagEmbed(g.ConstTensor([]float64{c}, n)))
}

// compositeCases covers the functions made of several ops.
func compositeCases() []opCase {
	all := []kernels.Domain{{Lo: -2, Hi: 2}}
	var out []opCase
	add := func(name string, shapes []kernels.Shape, f func(p []*Node) *Node) {
		out = append(out, opCase{name: name, shapes: shapes, dom: all,
			apply: func(_ *Graph, p []*Node) *Node { return f(p) }})
	}
	m := []kernels.Shape{{2, 3}}
	add("logsumexp all", m, func(p []*Node) *Node { return LogSumExp(p[0]) })
	add("logsumexp 0", m, func(p []*Node) *Node { return LogSumExp(p[0], 0) })
	add("softmax", m, func(p []*Node) *Node { return Softmax(p[0], -1) })
	add("logsoftmax", m, func(p []*Node) *Node { return LogSoftmax(p[0], 0) })
	add("logaddexp", []kernels.Shape{{2, 3}, {3}}, func(p []*Node) *Node { return LogAddExp(p[0], p[1]) })
	add("outer", []kernels.Shape{{2}, {3}}, func(p []*Node) *Node { return Outer(p[0], p[1]) })
	add("dot", []kernels.Shape{{3}, {3}}, func(p []*Node) *Node { return Dot(p[0], p[1]) })
	add("logdettri", []kernels.Shape{{3, 3}}, func(p []*Node) *Node { return LogDetTri(dominant(p[0], 4)) })
	add("shared", m, func(p []*Node) *Node {
		e := Exp(p[0])
		return Add(Mul(e, e), Mul(e, Sum(e, 0)))
	})
	return out
}

func allCases() []opCase {
	return slices.Concat(elementwiseCases(), structuralCases(), compositeCases(), windowCases())
}

// closeTo compares with a tolerance relative to max(1, |want|); NaN is close to nothing.
func closeTo(got, want, tol float64) bool {
	return math.Abs(got-want) <= tol*max(1, math.Abs(want))
}
