package kernelstest

import "elbo/kernels"

// choice is an op the generator may add: when it applies to operands of given bounds, and the
// bound of its result. Slopes stay near one, so that rounding errors do not grow much.
type choice struct {
	op    kernels.Op
	imm   [2]float64
	exact bool // jumps: operands must be inputs, whose values all devices share
	bound func(a, b, c float64) (float64, bool)
}

const mostBound = 8

func flat(y float64) func(a, b, c float64) (float64, bool) {
	return func(_, _, _ float64) (float64, bool) { return y, true }
}

func limited(f func(a, b, c float64) float64) func(a, b, c float64) (float64, bool) {
	return func(a, b, c float64) (float64, bool) { y := f(a, b, c); return y, y <= mostBound }
}

var choices = []choice{
	{op: kernels.Neg, bound: limited(func(a, _, _ float64) float64 { return a })},
	{op: kernels.Abs, bound: limited(func(a, _, _ float64) float64 { return a })},
	{op: kernels.Tanh, bound: flat(1)},
	{op: kernels.Sigmoid, bound: flat(1)},
	{op: kernels.Softplus, bound: limited(func(a, _, _ float64) float64 { return a + 0.7 })},
	{op: kernels.LogSigmoid, bound: limited(func(a, _, _ float64) float64 { return a + 0.7 })},
	{op: kernels.Sin, bound: flat(1)},
	{op: kernels.Cos, bound: flat(1)},
	{op: kernels.Atan, bound: flat(1.6)},
	{op: kernels.Erf, bound: flat(1)},
	{op: kernels.Erfc, bound: flat(2)},
	{op: kernels.NormCDF, bound: flat(1)},
	{op: kernels.Exp, bound: func(a, _, _ float64) (float64, bool) { return 7.4, a <= 2 }},
	{op: kernels.Expm1, bound: func(a, _, _ float64) (float64, bool) { return 6.4, a <= 2 }},
	{op: kernels.Square, bound: limited(func(a, _, _ float64) float64 { return a * a })},
	{
		op: kernels.Affine, imm: [2]float64{0.7, -0.2},
		bound: limited(func(a, _, _ float64) float64 { return 0.7*a + 0.2 }),
	},
	{op: kernels.Clamp, imm: [2]float64{-1, 1.5}, bound: flat(1.5)},
	{op: kernels.Floor, exact: true, bound: flat(2)},
	{op: kernels.Sign, exact: true, bound: flat(1)},
	{op: kernels.IsFinite, bound: flat(1)},
	{op: kernels.Add, bound: limited(func(a, b, _ float64) float64 { return a + b })},
	{op: kernels.Sub, bound: limited(func(a, b, _ float64) float64 { return a + b })},
	{op: kernels.Mul, bound: limited(func(a, b, _ float64) float64 { return a * b })},
	{op: kernels.Max, bound: limited(func(a, b, _ float64) float64 { return max(a, b) })},
	{op: kernels.Min, bound: limited(func(a, b, _ float64) float64 { return max(a, b) })},
	{op: kernels.Axpy, imm: [2]float64{-0.5, 0}, bound: limited(func(a, b, _ float64) float64 { return a/2 + b })},
	{op: kernels.Lt, exact: true, bound: flat(1)},
	{op: kernels.Ge, exact: true, bound: flat(1)},
	{op: kernels.Ne, exact: true, bound: flat(1)},
	{op: kernels.FMA, bound: limited(func(a, b, c float64) float64 { return a*b + c })},
}

// addOp appends a random op whose result stays bounded; after many refusals it gives up.
func (s *sketch) addOp() {
	for range 50 {
		c := choices[s.r.IntN(len(choices))]
		if s.r.IntN(12) == 0 && s.addWhere() {
			return
		}
		code := kernels.FusedOp{Op: c.op, Imm0: c.imm[0], Imm1: c.imm[1]}
		var b [3]float64
		for i := range kernels.Info(c.op).Arity {
			n := len(s.bound)
			if c.exact {
				n = len(s.ins)
			}
			code.Args[i] = int16(n - 1 - s.r.IntN(n)*s.r.IntN(n)/n) // later registers more often
			b[i] = s.bound[code.Args[i]]
		}
		if y, ok := c.bound(b[0], b[1], b[2]); ok {
			s.code, s.bound = append(s.code, code), append(s.bound, y)
			return
		}
	}
}

// addWhere chooses between two registers by the sign of an input.
func (s *sketch) addWhere() bool {
	test := kernels.FusedOp{Op: kernels.Ge, Args: [3]int16{int16(s.r.IntN(len(s.ins))), int16(s.r.IntN(len(s.ins)))}}
	s.code, s.bound = append(s.code, test), append(s.bound, 1)
	n := len(s.bound)
	a, b := s.r.IntN(n), s.r.IntN(n)
	s.code = append(s.code, kernels.FusedOp{Op: kernels.Where, Args: [3]int16{int16(n - 1), int16(a), int16(b)}})
	s.bound = append(s.bound, max(s.bound[a], s.bound[b]))
	return true
}

// inputs adds the operands' slots.
func (s *sketch) inputs(b *Builder) []kernels.ValueID {
	var ids []kernels.ValueID
	for i := range s.ins {
		in := &s.ins[i]
		name := "in" + string(rune('0'+i))
		if in.state {
			ids = append(ids, b.State(name, in.data, in.shape(s.space)...))
		} else {
			ids = append(ids, b.Input(name, in.data, in.shape(s.space)...))
		}
	}
	return ids
}

// fused writes the sketch as one group; states are updated in place.
func (s *sketch) fused() Generated {
	b := NewBuilder(s.name+" fused", s.dt)
	ids := s.inputs(b)
	space := s.space
	f := &kernels.Fused{Shape: space, Code: s.code}
	if len(space) == 0 {
		f.Shape = kernels.Shape{1}
	}
	for i := range s.ins {
		f.Ins = append(f.Ins, kernels.Operand{Strides: padded(s.ins[i].strides(space))})
	}
	var outs []Out
	for _, o := range s.outs {
		kept := sketchInput{keep: make([]bool, len(space)), axes: make([]int, len(space))}
		for a := range space {
			kept.keep[a], kept.axes[a] = !o.summed[a], a
		}
		out := Out{kept.shape(space), NoValue}
		if o.over >= 0 {
			kept = s.ins[o.over]
			out = Out{kept.shape(space), ids[o.over]}
		}
		f.Outs = append(f.Outs, kernels.FusedOut{Reg: int16(o.reg), Strides: padded(kept.strides(space)), Reduce: o.sums()})
		outs = append(outs, out)
	}
	for i, id := range b.Fused(f, outs, ids...) {
		if s.outs[i].over < 0 {
			b.Output("out"+string(rune('0'+i)), id)
		}
	}
	return Generated{b.p.Name, b.Program(), b.Feed, s.reduces()}
}

func padded(strides []int) []int {
	if len(strides) == 0 {
		return []int{0}
	}
	return strides
}

func (o *sketchOut) sums() bool {
	for _, a := range o.summed {
		if a {
			return true
		}
	}
	return false
}

func (s *sketch) reduces() bool {
	for i := range s.outs {
		if s.outs[i].sums() {
			return true
		}
	}
	return false
}

// plain writes the sketch as single instructions on broadcast values in scratch memory.
func (s *sketch) plain() Generated {
	b := NewBuilder(s.name+" plain", s.dt)
	ids := s.inputs(b)
	regs := make([]kernels.ValueID, 0, len(s.bound))
	for i, id := range ids {
		order := make([]int, len(s.space))
		for k, a := range s.ins[i].axes {
			order[a] = k
		}
		regs = append(regs, b.Apply(kernels.Transpose, kernels.Attr{Axes: order}, id))
	}
	for _, c := range s.code {
		var args []kernels.ValueID
		for j := range kernels.Info(c.Op).Arity {
			args = append(args, regs[c.Args[j]])
		}
		regs = append(regs, b.Elem(c.Op, [2]float64{c.Imm0, c.Imm1}, args...))
	}
	for i, o := range s.outs {
		v := b.Apply(kernels.Copy, kernels.Attr{Shape: s.space}, regs[o.reg])
		switch {
		case o.over >= 0:
			b.Update(ids[o.over], b.Apply(kernels.Transpose, kernels.Attr{Axes: s.ins[o.over].axes}, v))
		case o.sums():
			b.Output("out"+string(rune('0'+i)), b.Apply(kernels.SumReduce, kernels.Attr{Axes: o.axes()}, v))
		default:
			b.Output("out"+string(rune('0'+i)), v)
		}
	}
	return Generated{b.p.Name, b.Program(), b.Feed, s.reduces()}
}

func (o *sketchOut) axes() []int {
	var out []int
	for a, summed := range o.summed {
		if summed {
			out = append(out, a)
		}
	}
	return out
}
